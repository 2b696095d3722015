// What the local world tells about each request. A deployed API tells nothing: then `exists` is false.

const listPatience = 30_000;  // the world answers a waiting poll after 20 s
const onePatience = 2_000;
const pauses = [0, 100, 400];  // a report may come a moment after its answer

export class Reports {
  #base;
  #first;

  constructor(apiOrigin) {
    this.#base = `${apiOrigin}/_portcullis/decisions`;
    this.#first = this.#get('', onePatience).then((found) => (isList(found) ? found : null), () => null);
  }

  /// The newest reports, or null where there is no such endpoint.
  first() {
    return this.#first;
  }

  /// @returns the report, or null
  async of(requestId) {
    if (!requestId || !(await this.#first)) return null;
    for (const pause of pauses) {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      try {
        const report = await this.#get(`/${encodeURIComponent(requestId)}`, onePatience);
        if (report) return report;
      } catch {
        return null;
      }
    }
    return null;
  }

  /// Waits for requests newer than `sequence`.
  /// @returns null where the endpoint is gone. @throws when the world does not answer, or `signal` says stop
  async after(sequence, signal) {
    const found = await this.#get(`?after=${sequence}`, listPatience, signal);
    return isList(found) ? found : null;
  }

  async latest(signal) {
    const found = await this.#get('', listPatience, signal);
    return isList(found) ? found : null;
  }

  async #get(rest, patience, stop) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), patience);
    const onStop = () => limit.abort();
    stop?.addEventListener('abort', onStop);
    if (stop?.aborted) limit.abort();
    try {
      const answer = await fetch(this.#base + rest, {cache: 'no-store', credentials: 'omit', signal: limit.signal});
      return answer.ok ? await answer.json() : null;
    } finally {
      clearTimeout(timer);
      stop?.removeEventListener('abort', onStop);
    }
  }
}

/// `time` is in nanoseconds since 1970.
export const timeOf = (report) => new Date(report.time / 1e6);

const isList = (found) => Array.isArray(found?.decisions) && Number.isFinite(found.latest);
