// A real browser: one for a test file, a fresh context for each visit, and everything recorded that it sends and says.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {chromium} from 'playwright-core';
import {keepOutput} from './program.mjs';
import {used} from './used_tokens.mjs';

const patience = 8_000;  // for one thing to appear
const shortestSecret = 16;  // shorter pieces of a token occur by chance

/** Debian's Chromium, or the one that $CHROMIUM names. `after` is the end of the test file or suite. */
export async function startBrowser(after) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    chromiumSandbox: process.getuid() !== 0,  // Chromium has no sandbox for root
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  after(() => browser.close());
  return browser;
}

/** A test that is a visit: `work(visit, t)`; afterwards nothing must have gone, or been said, where it should not. */
export function testVisit(name, {browser, origins, options}, work) {
  test(name, async (t) => {
    const visit = new Visit(await browser().newContext({reducedMotion: 'reduce', ...options}));
    try {
      await work(visit, t);
      await visit.keptToItself(origins());
    } finally {
      await visit.end();
    }
  });
}

/** One person's browser with its tabs. */
export class Visit {
  requests = [];  // {method, url, body, from: the address of the page at that time, navigation}
  said = [];  // {type, text, url}: console and uncaught errors
  tokens = new Set();
  #context;
  #reading = [];

  constructor(context) {
    this.#context = context;
    context.setDefaultTimeout(patience);
    context.on('request', (request) => this.requests.push(recorded(request)));
    context.on('response', (response) => {
      if (new URL(response.url()).pathname === '/oauth/token') this.#reading.push(this.#noteTokens(response));
    });
    context.on('console', (message) => this.said.push({type: message.type(), text: message.text(), url: message.location().url}));
    context.on('weberror', (error) => this.said.push({type: 'error', text: String(error.error()), url: ''}));
  }

  tab() {
    return this.#context.newPage();
  }

  async #noteTokens(response) {
    const answer = await response.json();
    for (const name of ['access_token', 'id_token', 'refresh_token']) if (answer[name]) this.tokens.add(used(answer[name]));
  }

  requestsTo(path) {
    return this.requests.filter(({method, url}) => method !== 'OPTIONS' && new URL(url).pathname === path);
  }

  /** Requests went to `origins` only, no token is to be read anywhere, and the console has nothing to complain of. */
  async keptToItself(origins) {
    await Promise.all(this.#reading);
    const elsewhere = this.requests.map(({url}) => url).filter((url) => !origins.includes(new URL(url).origin));
    assert.deepEqual(elsewhere, [], 'requests to other origins');
    assert.deepEqual(this.said.filter(isComplaint), [], 'errors in the console');
    const places = {
      'an address': this.requests.map(({url, from}) => `${url} ${from}`).join('\n'),
      'the console': this.said.map(({text}) => text).join('\n'),
      ...await this.#stored(),
    };
    for (const [place, text] of Object.entries(places))
      for (const secret of this.#secrets()) assert.ok(!text.includes(secret), `a piece of a token stands in ${place}`);
  }

  async #stored() {
    const texts = await Promise.all(this.#context.pages().filter((page) => /^http/.test(page.url())).map((page) =>
      page.evaluate(() => JSON.stringify({local: {...localStorage}, session: {...sessionStorage}, title: document.title}))));
    return {'storage or title': texts.join('\n')};
  }

  // A header is no secret.
  #secrets() {
    return [...this.tokens].flatMap((token) => token.split('.').slice(token.startsWith('eyJ') ? 1 : 0)).filter((piece) => piece.length >= shortestSecret);
  }

  async end() {
    await Promise.allSettled(this.#reading);
    keepOutput('console', this.said.map(({type, text, url}) => `${type} ${text} ${url}\n`).join(''));
    await this.#context.close();
  }
}

function recorded(request) {
  const navigation = request.isNavigationRequest();
  return {method: request.method(), url: request.url(), body: request.postData(), from: navigation ? '' : addressOf(request), navigation};
}

// A request of a worker has no frame.
function addressOf(request) {
  try {
    return request.frame().url();
  } catch {
    return '';
  }
}

// The browser's own line about an answer of 400 or more is no complaint where a person was refused.
function isComplaint({type, text, url}) {
  if (type !== 'error') return false;
  const refusal = /^Failed to load resource: the server responded with a status of [45]\d\d/.test(text);
  return !(refusal && /^\/((dev|proxied)\/api\/|u\/login$|authorize$)/.test(new URL(url).pathname));
}
