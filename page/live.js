// The list of requests as they happen.
import {kindOf} from './answer.js';
import {byId, clockTime, element, setText, show} from './dom.js';
import {timeOf} from './reports.js';

const mostRows = 50;
const shortestPause = 1_000, longestPause = 30_000;

export class LiveList {
  #reports;
  #choose;
  #latest = 0;
  #stop = null;

  /// @param choose is told the report of a row that somebody clicks
  constructor(reports, choose) {
    this.#reports = reports;
    this.#choose = choose;
  }

  /// Follows as long as the page is looked at. Where there is no such list nothing is shown.
  async start() {
    const first = await this.#reports.first();
    if (!first) return;
    this.#take(first);
    show('live', true);
    document.addEventListener('visibilitychange', () => this.#follow());
    globalThis.addEventListener('pagehide', () => this.#stop?.abort());
    globalThis.addEventListener('pageshow', () => this.#follow());
    this.#follow();
  }

  async #follow() {
    this.#stop?.abort();
    if (document.hidden) return;
    const stop = new AbortController();
    this.#stop = stop;
    let pause = shortestPause;
    while (!stop.signal.aborted) {
      try {
        const found = await this.#reports.after(this.#latest, stop.signal);
        if (!found) return this.#end();
        if (found.latest < this.#latest) this.#startOver(await this.#reports.latest(stop.signal));
        else this.#announce(this.#take(found));
        setText('live-state', '');
        pause = shortestPause;
      } catch {
        if (stop.signal.aborted) return;
        setText('live-state', 'The local world does not answer; trying again …');
        await waited(pause, stop.signal);
        pause = Math.min(pause * 2, longestPause);
      }
    }
  }

  /// @returns the newest report that was added
  #take({latest, decisions}) {
    this.#latest = latest;
    const rows = byId('live-rows');
    rows.prepend(...decisions.slice(-mostRows).reverse().map((report) => this.#row(report)));
    while (rows.children.length > mostRows) rows.lastChild.remove();
    show('live-none', rows.children.length === 0);
    return decisions.at(-1);
  }

  // The world was started anew and counts from the beginning.
  #startOver(found) {
    byId('live-rows').replaceChildren();
    if (found) this.#take(found);
    else this.#latest = 0;
  }

  #end() {
    this.#stop = null;
    show('live', false);
  }

  #announce(report) {
    if (report) byId('live-latest').textContent = [report.method, report.path, report.status, report.reason].join(' ');
  }

  #row(report) {
    const missing = report.missing.length ? `needs ${report.missing.join(', ')}` : '';
    const cached = report.asked === 'cached' ? ' (cached)' : '';
    const time = timeOf(report);
    const button = element('button', {type: 'button', class: 'row'},
      element('time', {datetime: time.toISOString()}, clockTime(time)), ' ',
      element('span', {class: 'method'}, report.method), ' ',
      element('span', {class: 'path'}, report.path), ' ',
      element('span', {class: 'code', 'data-kind': kindOf(report.status)}, String(report.status)), ' ',
      element('span', {class: 'why'}, report.reason + cached), ' ',
      element('span', {class: 'missing'}, missing));
    button.addEventListener('click', () => this.#choose(report));
    return element('li', {'data-sequence': report.sequence}, button);
  }
}

function waited(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, {once: true});
  });
}
