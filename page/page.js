// The start, and which button does what.
import {breaks, expectation, outcome} from './break_it.js';
import {Burst} from './burst.js';
import {loadConfig, pageUrl} from './config.js';
import {makeCopy} from './copy.js';
import {showWaitingSteps} from './decision.js';
import {byId, element, setText, show} from './dom.js';
import {Exchange} from './exchange.js';
import {LiveList} from './live.js';
import {startOwnTenant} from './own_tenant.js';
import {Reports} from './reports.js';
import {LoginProblem, openSession} from './session.js';
import {TokenView} from './token_view.js';

const mine = 'The access token that this page sends with your calls:';
const none = 'Log in, and the access token that this page sends is explained here, claim by claim.';

async function start() {
  showWaitingSteps();
  show('starting', true);
  try {
    const config = await loadConfig();
    const page = new Page(config);
    page.wire();
    await page.openSession();
  } catch (error) {
    fail(error.message);
  }
}

function fail(message) {
  setText('message', message);
  show('starting', false);
  document.querySelector('main').dataset.state = 'failed';
}

class Page {
  #config;
  #session = null;
  #token;
  #exchange;
  #live;
  #burst;

  constructor(config) {
    this.#config = config;
    this.#token = new TokenView(config);
    const reports = new Reports(config.apiOrigin);
    this.#exchange = new Exchange(reports);
    this.#burst = new Burst(config.apiOrigin, reports);
    this.#live = new LiveList(reports, (report) => this.#showReport(report));
  }

  wire() {
    const {publicUrl, privateUrl, ordersUrl, adminUrl, local, tenant} = this.#config;
    setText('place', local ? 'local world' : new URL(tenant).host);
    show('break-real-tenant', !local);
    const calls = [['call-public', 'POST', publicUrl], ['call-protected', 'POST', privateUrl], ['call-orders', 'GET', ordersUrl], ['call-admin', 'GET', adminUrl]];
    for (const [id, method, url] of calls) byId(id).addEventListener('click', () => this.#call(method, url));
    for (const broken of breaks) byId(broken.id).addEventListener('click', () => this.#break(broken));
    byId('log-in').addEventListener('click', () => this.#leave('log-in', () => this.#session.logIn()));
    byId('log-out').addEventListener('click', () => this.#leave('log-out', () => this.#session.logOut()));
    byId('token-mine').addEventListener('click', () => this.#told(() => this.#showMine()));
    makeCopy(byId('token-copy'), () => this.#token.raw);
    globalThis.addEventListener('pageshow', (event) => { if (event.persisted) this.#showPerson(); });
    startOwnTenant(this.#config);
    this.#live.start();
    this.#burst.start(() => this.#session.accessToken(), (work) => this.#told(work));
  }

  async openSession() {
    this.#session = await openSession(this.#config);
    const problem = await this.#session.arrive();
    if (this.#session.user) await this.#told(() => this.#showMine());
    const user = this.#session.user;
    setText('message', problem && (user ? `${problem} You are logged in all the same, as ${nameOf(user)}.` : `${problem} Log in to try again.`));
    if (!problem) this.#mindTheAddress();
    this.#showPerson();
  }

  // The tenant's cookie and its list of addresses know the page by one name only.
  #mindTheAddress() {
    const known = new URL(pageUrl());
    const api = new URL(this.#config.privateUrl);
    if (!this.#config.local || known.hostname === api.hostname || known.port !== api.port) return;
    const better = `${api.origin}${known.pathname}`;
    setText('message', 'The local tenant knows this page by one name only. Open it as ');
    byId('message').append(element('a', {href: better}, better));
  }

  #showPerson() {
    const user = this.#session.user;
    show('starting', false);
    show('visitor', !user);
    show('member', Boolean(user));
    show('next', Boolean(user) || !this.#config.local);
    show('people', this.#config.local && !user);
    show('calls-note', !user);
    setText('welcome', user ? `Welcome ${nameOf(user)}` : '');
    setText('member-detail', user && user.email && user.email !== nameOf(user) ? user.email : '');
    for (const id of ['log-in', 'log-out']) byId(id).disabled = false;
    this.#showBreaks();
    this.#burst.allow(Boolean(user));
    if (!user) this.#token.clear(none);
    document.querySelector('main').dataset.state = user ? 'logged-in' : 'logged-out';
  }

  #showBreaks() {
    const loggedIn = Boolean(this.#session.user);
    show('break-log-in', !loggedIn);
    for (const {id, localOnly} of breaks) {
      const forReal = localOnly && !this.#config.local;
      const reasons = [...(loggedIn ? [] : ['break-log-in']), ...(forReal ? ['break-real-tenant'] : [])];
      byId(id).disabled = reasons.length > 0;
      byId(id).setAttribute('aria-describedby', reasons.join(' '));
    }
  }

  async #showMine() {
    this.#token.show(await this.#session.accessToken(), mine);
    show('token-mine', false);
  }

  #call(method, url) {
    return this.#told(async () => {
      const done = await this.#exchange.run(async () => {
        if (!this.#session?.user) return {method, url};
        await this.#showMine();
        return {method, url, token: this.#token.raw};
      });
      if (!done) return;
      show('broken', false);
      bringAnswerIntoView();
    });
  }

  #break(broken) {
    return this.#told(async () => {
      const {privateUrl, ordersUrl} = this.#config;
      const done = await this.#exchange.run(async () => {
        const token = await broken.make(this.#session, this.#config);
        this.#announceBreak(broken, token);
        return broken.orders ? {method: 'GET', url: ordersUrl, token} : {method: 'POST', url: privateUrl, token};
      });
      if (!done) return;
      setText('broken-outcome', outcome(broken, done.answer.status, done.reason));
      goToAnswer();
    });
  }

  #announceBreak(broken, token) {
    setText('broken-name', `Broken on purpose: ${broken.name}`);
    setText('broken-what', `${broken.what} ${expectation(broken)}`);
    setText('broken-outcome', '');
    show('broken', true);
    this.#token.show(token, `The broken token that was just sent (${broken.name}):`);
    show('token-mine', true);
  }

  async #showReport(report) {
    await this.#exchange.showReport(report);
    show('broken', false);
    goToAnswer();
  }

  // One click, one login: a second would make the first one's answer worthless.
  #leave(id, work) {
    byId(id).disabled = true;
    return this.#told(work).finally(() => { byId(id).disabled = false; });
  }

  async #told(work) {
    setText('message', '');
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LoginProblem)) {
        setText('message', 'Something in this page went wrong. Reload it; the browser’s console says more.');
        throw error;
      }
      setText('message', error.message);
      this.#showPerson();
    }
  }
}

const nameOf = (user) => user.name ?? user.nickname ?? user.email ?? user.sub;

// Buttons stay where the hand is, with as much of the answer below them as there is room for.
function bringAnswerIntoView() {
  const calls = byId('calls');
  if (calls.getBoundingClientRect().top > 0 && byId('answer').getBoundingClientRect().bottom > innerHeight) calls.scrollIntoView({block: 'start'});
}

function goToAnswer() {
  const heading = byId('answer-heading');
  heading.focus({preventScroll: true});
  heading.scrollIntoView({block: 'start'});  // smooth or not: the style sheet knows what people want
}

start();
