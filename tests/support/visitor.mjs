// What a person does on the page and sees there.
import assert from 'node:assert/strict';

export const people = {
  ada: {email: 'ada@example.com', password: 'lovelace', greeting: 'Welcome Ada Lovelace'},
  grace: {email: 'grace@example.com', password: 'hopper', greeting: 'Welcome Grace Hopper'},
};

export class Visitor {
  #newest = 0;  // of the live list's rows

  /** @param tab a tab of a Visit  @param address of the page */
  constructor(tab, address) {
    this.tab = tab;
    this.address = address;
    this.navigations = [];
    tab.on('framenavigated', (frame) => {
      if (frame === tab.mainFrame()) this.navigations.push(frame.url());
    });
  }

  /** @returns what the page finds: 'logged-in', 'logged-out' or 'failed' */
  async open(rest = '') {
    await this.tab.goto(this.address + rest);
    return this.#found();
  }

  async reload() {
    await this.tab.reload();
    return this.#found();
  }

  async #found() {
    const main = this.tab.locator('main[data-state]:not([data-state=starting])');
    await this.#seen('the page and who is logged in', main.waitFor());
    return main.getAttribute('data-state');
  }

  /** Waits for the page to be in this state. */
  becomes(state) {
    return this.#seen(`the page ${state}`, this.tab.locator(`main[data-state=${state}]`).waitFor());
  }

  async text(id) {
    return (await this.tab.locator(`#${id}`).textContent()).trim();
  }

  visible(id) {
    return this.tab.locator(`#${id}`).isVisible();
  }

  /** For a failure's message: what the page, or the tenant's page, shows at this moment. */
  told() {
    return this.tab.evaluate(() => {
      const shown = (selector) => [...document.querySelectorAll(selector)].map((each) => each.textContent.trim()).join(' ');
      const named = [['message', '#message, [role=alert]:not(#message)'], ['status', '#answer-status'], ['reason', '#decision-reason'], ['heading', 'h1']];
      return `shown at ${location.origin + location.pathname}: ${named.map(([name, selector]) => `${name} “${shown(selector)}”`).join(', ')}`;
    }).catch((error) => `the tab cannot be asked: ${error.message}`);
  }

  async #seen(what, waiting) {
    try {
      return await waiting;
    } catch (error) {
      throw new Error(`${what}: ${error.message.split('\n')[0]}; ${await this.told()}`);
    }
  }

  /** Presses a button that calls the API (or `act`s otherwise), and waits for the answer and its decision. */
  async call(id, act = () => this.tab.locator(`#${id}`).click()) {
    const answer = this.tab.locator('#answer');
    const before = Number(await answer.getAttribute('data-request'));
    await this.#seen(`pressing ${id}`, act());
    await this.#seen(`the answer after ${id}`, this.tab.locator(`#answer[data-request="${before + 1}"]`).waitFor());
    const shown = {told: await this.told()};
    for (const name of ['status', 'body', 'headers']) shown[name] = await this.text(`answer-${name}`);
    for (const name of ['verdict', 'reason', 'sentence', 'advice']) shown[name] = await this.text(`decision-${name}`);
    shown.steps = await this.tab.locator('#decision-steps li').evaluateAll((rows) =>
      rows.map((row) => ({step: row.dataset.step, verdict: row.dataset.verdict, text: row.textContent.trim(), place: row.querySelector('.rule-place')?.title})));
    return shown;
  }

  /** Presses the button that calls until the limit, and waits for the end. @returns what was shown of each answer */
  async burst() {
    const started = performance.now();
    await this.#seen('pressing limit-burst', this.tab.locator('#limit-burst').click());
    await this.#seen('the end of the burst', this.tab.locator('#limits[aria-busy=false]').waitFor());
    const seconds = (performance.now() - started) / 1000;
    const answers = await this.tab.locator('#limit-calls li').evaluateAll((rows) =>
      rows.map((row) => Object.fromEntries([['status', '.code'], ['left', '.left'], ['told', '.told']].map(([name, part]) => [name, row.querySelector(part).textContent]))));
    const state = await this.text('limit-state');
    return {answers, state, seconds, told: `shown: “${state}” ${JSON.stringify(answers)}; ${await this.told()}`};
  }

  async leaveToLogIn() {
    await this.#seen('pressing log-in', this.tab.locator('#log-in').click());
    await this.#seen('the login page', this.tab.locator('#password').waitFor());
  }

  /** Fills the tenant's form and sends it. */
  async giveNames({email, password}) {
    await this.tab.locator('#email').fill(email);
    await this.tab.locator('#password').fill(password);
    await this.#seen('sending the form', this.tab.getByRole('button', {name: 'Log in'}).click());
  }

  async logIn(person) {
    await this.leaveToLogIn();
    await this.giveNames(person);
    await this.becomes('logged-in');
    assert.equal(await this.text('welcome'), person.greeting, await this.told());
  }

  async logOut() {
    await this.#seen('pressing log-out', this.tab.locator('#log-out').click());
    await this.#seen('the login button', this.tab.locator('#log-in').waitFor());
    await this.becomes('logged-out');
  }

  /** Waits for a new row on top of the live list that speaks of this request. */
  async newestRow(method, path, status) {
    const wanted = {after: this.#newest, texts: {method, path, code: String(status)}};
    const row = this.tab.waitForFunction(({after, texts}) => {
      const top = document.querySelector('#live-rows li');
      const fits = top && Number(top.dataset.sequence) > after && Object.entries(texts).every(([part, text]) => top.querySelector(`.${part}`).textContent === text);
      return fits && Number(top.dataset.sequence);
    }, wanted);
    this.#newest = await (await this.#seen(`${method} ${path} ${status} in the live list`, row)).jsonValue();
  }

  /** Presses Tab until the element with this id (or class) has the focus; every stop on the way must be visible as such. */
  async tabTo(selector, most = 40) {
    for (let presses = 0; presses < most; ++presses) {
      await this.tab.keyboard.press('Tab');
      const {there, ringed, name} = await this.tab.evaluate((wanted) => {
        const focused = document.activeElement;
        return {there: focused.matches(wanted), ringed: getComputedStyle(focused).outlineStyle !== 'none', name: focused.id || focused.tagName};
      }, selector);
      assert.ok(ringed, `the focus can be seen on ${name}`);
      if (there) return;
    }
    assert.fail(`${selector} has no focus after ${most} presses of Tab; ${await this.told()}`);
  }
}
