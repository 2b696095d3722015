// What the suites of the tenant share: a world each, and what openid-client throws when it is refused.
import assert from 'node:assert/strict';
import {after, before} from 'node:test';
import {HttpBrowser} from './http_browser.mjs';
import {endOf, temporaryFolder} from './program.mjs';
import {beginLogin, finishLogin, logIn, pageClient} from './tenant_login.mjs';
import {startWorld} from './world.mjs';

export const minute = 60;
export const hour = 60 * minute;
export const day = 24 * hour;
export const awkwardState = 'a b&c=d#é+%25"<>';  // comes back as it is (RFC 6749 §4.1.2)

// One after the other uses the same keys: to make some takes longer than most suites.
export const sharedState = temporaryFolder((remove) => process.on('exit', remove));

/** A world for a suite, with a client and a browser for each login. */
export function worldOf({state = sharedState, args} = {}) {
  const atEnd = endOf(after);
  const suite = {state};
  before(async () => {
    suite.world = await startWorld(atEnd, {state, args});
    suite.newBrowser = () => new HttpBrowser(suite.world.tenant);
    suite.newLogin = async (parameters) => {
      const [client, browser] = [await pageClient(suite.world), suite.newBrowser()];
      return {client, browser, tokens: await logIn(client, browser, parameters)};
    };
  });
  return suite;
}

/** What openid-client throws when the tenant refused: `status` of the answer, where there was one. */
export const refusedAs = (error, status) => (thrown) => {
  assert.equal(thrown.name, 'OPError', thrown.message);
  assert.equal(thrown.error, error);
  if (status) assert.equal(thrown.response.statusCode, status);
  return true;
};
/** What openid-client throws when it refuses what the tenant gave. */
export const doubtedAs = (message) => ({name: 'RPError', message});
/** Whether the tenant did it: false when it refused in just this way. */
export const unlessRefused = (asked, ...refusal) => asked.then(() => true, (thrown) => !refusedAs(...refusal)(thrown));

/** Whether the browser is logged in: asked without a person (OIDC Core §3.1.2.1). */
export async function loggedIn(client, browser, parameters = {}) {
  const login = beginLogin(client, {prompt: 'none', ...parameters});
  const {location, status} = await browser.open(login.address);
  assert.equal(status, 303);
  return unlessRefused(finishLogin(client, login, location), 'login_required');
}

export function assertAdvises(page, status, happened, advice = /./) {
  assert.equal(page.status, status);
  assert.equal(page.location, null);
  assert.match(page.text, happened);
  assert.match(page.text.split('<h2>What to do</h2>')[1] ?? assert.fail('no advice'), advice);
}
