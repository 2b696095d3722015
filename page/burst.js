// Into a limit and out again: call after call until the API says 429, the wait it asks for, and one call more.
import {call} from './calls.js';
import {byId, element, setText, show} from './dom.js';
import {kindOf} from './answer.js';

const mostCalls = 40;
const longestWait = 60;  // seconds; beyond it nobody looks at a countdown
const tick = 100;

export class Burst {
  #url;
  #reports;
  #running = false;

  /// @param reports of the local world: where there is none, this stays hidden
  constructor(apiOrigin, reports) {
    this.#url = `${apiOrigin}/proxied/api/orders`;
    this.#reports = reports;
  }

  /// @param token gets the caller's token  @param told does some work and tells what goes wrong with it
  async start(token, told) {
    byId('limit-burst').addEventListener('click', () => told(() => this.#run(token)));
    if (!(await this.#reports.first())) return;
    for (const id of ['limits', 'next-limits']) show(id, true);
  }

  allow(loggedIn) {
    show('limit-log-in', !loggedIn);
    byId('limit-burst').disabled = !loggedIn;
  }

  // The button keeps the focus while it works, so it is not disabled meanwhile.
  async #run(token) {
    if (this.#running) return;
    this.#running = true;
    byId('limits').setAttribute('aria-busy', 'true');
    byId('limit-calls').replaceChildren();
    say('Calling …');
    try {
      await this.#untilRecovered(await token());
    } finally {
      this.#running = false;
      byId('limits').setAttribute('aria-busy', 'false');
    }
  }

  async #untilRecovered(token) {
    const refused = await this.#untilRefused(token);
    if (!refused) return;
    const wait = secondsOf(refused);
    if (!(wait <= longestWait)) return say(wait ? `Refused with 429. The wait is ${wait} s: press again then.` : 'Refused with 429, and not told how long to wait.');
    say(`The limit is reached: 429, wait ${wait} s …`);
    await countedDown(wait);
    const answer = await this.#call(token);
    say(answer.status === 200
      ? `Reached, waited ${wait} s as Retry-After said, and allowed again.`
      : `After ${wait} s the answer was ${answer.status ?? 'hidden by the browser'}: others may call with the same limit.`);
  }

  /// @returns the answer 429, or nothing where something else ended it
  async #untilRefused(token) {
    for (let calls = 0; calls < mostCalls; ++calls) {
      const answer = await this.#call(token);
      if (answer.status === 429) return answer;
      if (answer.status !== 200) {
        say(answer.hidden ? answer.cause : `The answer was ${answer.status}, which says nothing about a limit. The list below has why.`);
        return null;
      }
    }
    say(`${mostCalls} calls and no limit.`);
    return null;
  }

  async #call(token) {
    const answer = await call({method: 'GET', url: this.#url, token});
    const left = showLeft(answer);
    const told = answer.status === 429 ? `Retry-After: ${headerOf(answer, 'retry-after') ?? 'not told'}` : `RateLimit: ${headerOf(answer, 'ratelimit') ?? 'not told'}`;
    byId('limit-calls').append(element('li', {'data-status': answer.status ?? 0},
      element('span', {class: 'code', 'data-kind': answer.hidden ? 'none' : kindOf(answer.status)}, String(answer.status ?? '–')), ' ',
      element('span', {class: 'left'}, left === null ? '' : `${left} left`), ' ',
      element('code', {class: 'told'}, told)));
    return answer;
  }
}

/// The time goes by for eyes only: who listens is told the wait once.
async function countedDown(seconds) {
  const end = performance.now() + seconds * 1000;
  for (let left = seconds * 1000; left > 0; left = end - performance.now()) {
    setText('limit-countdown', `${(left / 1000).toFixed(1)} s`);
    await new Promise((resolve) => { setTimeout(resolve, Math.min(tick, left)); });
  }
  setText('limit-countdown', '');
}

/// @returns how many calls are left, or null where the answer does not say
function showLeft(answer) {
  const left = answer.status === 429 ? 0 : numberOf(headerOf(answer, 'ratelimit'), 'r');
  const most = numberOf(headerOf(answer, 'ratelimit-policy'), 'pc-burst') ?? numberOf(headerOf(answer, 'ratelimit-policy'), 'q');
  if (left === null || most === null) return left;
  const meter = byId('limit-left');
  meter.setAttribute('aria-valuemax', most);
  meter.setAttribute('aria-valuenow', left);
  meter.setAttribute('aria-valuetext', `${left} of ${most} calls left`);
  meter.style.setProperty('--left', left / most);
  setText('limit-left-text', `${left} of ${most} calls left`);
  return left;
}

const say = (sentence) => setText('limit-state', sentence);
const headerOf = (answer, name) => new Map(answer.headers ?? []).get(name) ?? null;

/// A parameter of a list's first member (RFC 9651 §3.1.2): `"per-user";r=4;t=1`.
function numberOf(list, parameter) {
  const found = new RegExp(`^"[^"]*"(?:;[a-z0-9-]+=[^;,]+)*?;${parameter}=(\\d+)`).exec(list ?? '');
  return found ? Number(found[1]) : null;
}

/// @returns NaN where there is none
const secondsOf = (answer) => Number.parseInt(headerOf(answer, 'retry-after'), 10);
