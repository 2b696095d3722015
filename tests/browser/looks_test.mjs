// How the page and the tenant's pages look: axe-core finds nothing serious, nothing sticks out, and pictures are kept.
import assert from 'node:assert/strict';
import {mkdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, before, describe} from 'node:test';
import {startBrowser, testVisit} from '../support/browser.mjs';
import {startPageWorld} from '../support/page_world.mjs';
import {endOf, root} from '../support/program.mjs';
import {Visitor, people} from '../support/visitor.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const pictures = path.join(root, 'build/screens');
const sizes = {phone: {width: 390, height: 844}, desk: {width: 1440, height: 900}};
const schemes = ['light', 'dark'];

const atEnd = endOf(after);
let browser;
let place;
before(async () => {
  mkdirSync(pictures, {recursive: true});
  browser = await startBrowser(atEnd);
  place = await startPageWorld(atEnd, 'the gateway');
});

const sights = [
  {name: 'logged-out', go: () => {}},
  {name: 'answer', go: async (visitor) => {
    await visitor.logIn(people.grace);
    await visitor.call('call-protected');
    await visitor.call('call-admin');
    await visitor.burst();
  }},
  {name: 'broken-token', go: async (visitor) => {
    await visitor.logIn(people.ada);
    await visitor.call('break-expired');
  }},
  {name: 'login-problem', go: (visitor) => visitor.open('?code=abc&state=forged')},
  {name: 'login', go: (visitor) => visitor.leaveToLogIn()},
  {name: 'wrong-password', go: async (visitor) => {
    await visitor.leaveToLogIn();
    await visitor.giveNames({...people.ada, password: 'wrong'});
    await visitor.tab.locator('[role=alert]').waitFor();
  }},
  {name: 'tenant-problem', go: async ({tab}) => {
    await tab.goto(`${place.tenant}/authorize?client_id=demo-spa&response_type=code&redirect_uri=https%3A%2F%2Fexample.org%2F`);
    await tab.getByRole('heading', {name: 'What to do'}).waitFor();
  }},
];

/** What axe-core finds that keeps people out, a line each. */
async function barriers(tab) {
  const {violations} = await tab.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  return violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
    .flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id} at ${target.join(' ')}: ${failureSummary.replaceAll(/\s+/g, ' ')}`));
}

describe('to look at', () => {
  // axe-core is put into the page, which its policy forbids: here alone the policy is off.
  const setting = {browser: () => browser, origins: () => place.origins, options: {bypassCSP: true}};
  for (const {name, go} of sights)
    testVisit(name, setting, async (visit, t) => {
      const visitor = new Visitor(await visit.tab(), place.address);
      await visitor.open();
      await go(visitor);
      const {tab} = visitor;
      await tab.addScriptTag({path: axe});
      for (const [size, viewport] of Object.entries(sizes))
        for (const colorScheme of schemes)
          await t.test(`${name} on a ${size} in ${colorScheme}`, async () => {
            await tab.setViewportSize(viewport);
            await tab.emulateMedia({colorScheme});
            await tab.screenshot({path: path.join(pictures, `${name}-${size}-${colorScheme}.png`), fullPage: true});
            assert.deepEqual(await barriers(tab), []);
            assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out sideways');
          });
    });
});
