// Logins that go wrong or are not what they seem, in a real browser: each ends with something a person can go on from.
import assert from 'node:assert/strict';
import {after, before, describe} from 'node:test';
import {startBrowser, testVisit} from '../support/browser.mjs';
import {startPageWorld} from '../support/page_world.mjs';
import {endOf} from '../support/program.mjs';
import {Visitor, people} from '../support/visitor.mjs';

const atEnd = endOf(after);
let browser;
let place;
before(async () => {
  browser = await startBrowser(atEnd);
  place = await startPageWorld(atEnd, 'the gateway');
});
const visits = (name, work) => testVisit(name, {browser: () => browser, origins: () => place.origins}, work);
const start = async (visit) => new Visitor(await visit.tab(), place.address);

const exchanges = (visit) => visit.requestsTo('/oauth/token').filter(({body}) => body.includes('authorization_code'));

/** The address that the tenant sent this browser back to, with its code and state. */
const callbackOf = (visit) => new URL(visit.requests.findLast(({url, navigation}) => navigation && url.startsWith(place.address) && new URL(url).searchParams.has('code')).url);

/** A message, a login button that works, and nothing that went on by itself. */
async function canTryAgain(visitor, says) {
  assert.ok(await visitor.visible('message'), await visitor.told());
  assert.match(await visitor.text('message'), says, await visitor.told());
  assert.equal(await visitor.tab.locator('#message *').count(), 0, 'text only, no markup');
  const {length} = visitor.navigations;
  await visitor.tab.waitForTimeout(300);  // a loop would go on by now
  assert.equal(visitor.navigations.length, length, 'no redirect by itself');
  assert.equal(visitor.tab.url(), visitor.address);
  await visitor.logIn(people.ada);
  assert.ok(!(await visitor.visible('message')), await visitor.told());
}

describe('an address with words that look like a login\'s answer', () => {
  const ordinary = ['?code=success', '?supportSignUp=true&message=verified&success=true&code=success', '?state=abc', '?error=access_denied&error_description=no', '?decode=1&restate=2', '#code=abc&state=def'];
  for (const rest of ordinary)
    visits(`${rest} is the ordinary page`, async (visit) => {
      const visitor = await start(visit);
      assert.equal(await visitor.open(rest), 'logged-out');
      assert.ok(!(await visitor.visible('message')), await visitor.told());
      assert.equal(new Set(visitor.navigations).size, 1, 'no redirect');
      assert.equal(visit.requestsTo('/oauth/token').length, 0);
      assert.ok(await visitor.visible('log-in'));
    });

  const forged = [
    {rest: '?code=abc&state=forged', says: /^The login could not be completed/},
    {rest: '?error=access_denied&error_description=%3Cb%3Eno%3C%2Fb%3E&state=x', says: /^The login could not be completed.*<b>no<\/b>/},
    {rest: '?error=access_denied&error_description=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&state=x', says: /<img src=x onerror=alert\(1\)>/},
  ];
  for (const {rest, says} of forged) {
    visits(`${rest} without a login is said to be none`, async (visit) => {
      const visitor = await start(visit);
      assert.equal(await visitor.open(rest), 'logged-out');
      assert.equal(visit.requestsTo('/oauth/token').length, 0);
      await canTryAgain(visitor, says);
    });
    visits(`${rest} while a login is under way is not its answer`, async (visit) => {
      const visitor = await start(visit);
      await visitor.open();
      await visitor.leaveToLogIn();
      assert.equal(await visitor.open(rest), 'logged-out');
      assert.equal(visit.requestsTo('/oauth/token').length, 0);
      await canTryAgain(visitor, /^The login could not be completed/);
    });
  }

  visits('the tenant\'s refusal of a login that is under way is told in its own words', async (visit) => {
    const visitor = await start(visit);
    await visitor.open();
    await visitor.leaveToLogIn();
    const {searchParams} = new URL(visit.requests.findLast(({url}) => new URL(url).pathname === '/authorize').url);
    await visitor.open(`?error=access_denied&error_description=%3Cb%3Eno%3C%2Fb%3E&state=${encodeURIComponent(searchParams.get('state'))}`);
    await canTryAgain(visitor, /^The login could not be completed.*access_denied.*<b>no<\/b>/);
  });

  visits('a login\'s answer whose state was changed is refused', async (visit) => {
    const visitor = await start(visit);
    await visitor.open();
    await visitor.leaveToLogIn();
    await visitor.tab.route(/\/u\/login\?/, async (route) => {
      const response = await route.fetch({maxRedirects: 0});
      const location = new URL(response.headers().location);
      const state = location.searchParams.get('state');
      location.searchParams.set('state', (state.startsWith('A') ? 'B' : 'A') + state.slice(1));
      await route.fulfill({response, headers: {...response.headers(), location: location.href}});
    });
    await visitor.giveNames(people.ada);
    await visitor.becomes('logged-out');
    assert.ok(callbackOf(visit).searchParams.get('code'), 'a good code came');
    assert.equal(exchanges(visit).length, 0, 'the code was not used');
    assert.ok(await visitor.visible('message'), await visitor.told());
    assert.match(await visitor.text('message'), /^The login could not be completed/);
    assert.ok(await visitor.visible('log-in'));
  });
});

describe('a code that was used', () => {
  visits('is not used again by a reload of its address, and the login stays', async (visit) => {
    const visitor = await start(visit);
    await visitor.open();
    await visitor.logIn(people.ada);
    assert.equal(visitor.tab.url(), place.address);
    assert.equal(await visitor.reload(), 'logged-in');
    const {search} = callbackOf(visit);
    const code = new URLSearchParams(search).get('code');
    assert.equal(await visitor.open(search), 'logged-in');
    assert.equal(await visitor.text('welcome'), people.ada.greeting);
    assert.equal(exchanges(visit).filter(({body}) => body.includes(code)).length, 1, 'used once');
    assert.equal(visitor.tab.url(), place.address);
  });

  visits('is refused by the tenant', async (visit) => {
    const visitor = await start(visit);
    await visitor.open();
    await visitor.logIn(people.ada);
    const [{method, url, body}] = exchanges(visit);
    const response = await fetch(url, {method, body, headers: {'Content-Type': 'application/x-www-form-urlencoded'}});
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error, 'invalid_grant');
  });

  visits('is not used again by Back and Forward', async (visit) => {
    const visitor = await start(visit);
    await visitor.open();
    await visitor.logIn(people.ada);
    const code = callbackOf(visit).searchParams.get('code');
    const [sent, seen] = [visit.requests.length, visitor.navigations.length];
    await visitor.tab.goBack();
    await visitor.tab.locator('h1').waitFor();
    await visitor.tab.waitForTimeout(300);
    const told = await visitor.told();
    assert.equal(visitor.navigations.length, seen + 1, `no loop; ${told}`);
    const wayOn = visitor.tab.locator(`#log-out, #log-in, form #email, a[href^="${place.address}"]`).locator('visible=true');
    assert.ok(await wayOn.count() > 0, `a way on; ${told}`);
    await visitor.tab.goForward();
    await visitor.becomes('logged-in');
    const later = visit.requests.slice(sent);
    assert.deepEqual(later.filter(({url, body}) => `${url} ${body}`.includes(code)), [], 'no request with the used code');
  });
});

describe('two tabs', () => {
  visits('that log in at the same time are both logged in', async (visit) => {
    const [first, second] = [await start(visit), await start(visit)];
    for (const visitor of [first, second]) {
      await visitor.tab.bringToFront();
      await visitor.open();
      await visitor.leaveToLogIn();
    }
    for (const visitor of [first, second]) {
      await visitor.tab.bringToFront();
      await visitor.giveNames(people.ada);
      await visitor.becomes('logged-in');
      assert.ok(!(await visitor.visible('message')), await visitor.told());
      assert.match((await visitor.call('call-protected')).status, /^200 /);
    }
  });

  visits('one of which logs out: the other says so at its next need of a token, and can log in again', async (visit) => {
    const [first, second] = [await start(visit), await start(visit)];
    await first.tab.bringToFront();
    await first.open();
    await first.logIn(people.ada);
    await second.tab.bringToFront();
    assert.equal(await second.open(), 'logged-in');
    await first.tab.bringToFront();
    await first.logOut();
    await second.tab.bringToFront();
    await second.tab.locator('#break-audience').click();
    await second.becomes('logged-out');
    await canTryAgain(second, /log in/i);
  });
});

describe('a wrong password', () => {
  visits('is said to be wrong, and the right one logs in', async (visit) => {
    const visitor = await start(visit);
    await visitor.open();
    await visitor.leaveToLogIn();
    await visitor.giveNames({...people.ada, password: 'Lovelace'});
    const {tab} = visitor;
    await tab.locator('[role=alert]').waitFor();
    assert.match(await tab.locator('[role=alert]').textContent(), /Wrong e-mail or password.*try again/s);
    assert.equal(await tab.locator('#email').inputValue(), people.ada.email);
    assert.equal(await tab.locator('#password').inputValue(), '');
    await tab.locator('#password:focus').waitFor();  // where to type
    await visitor.giveNames(people.ada);
    await visitor.becomes('logged-in');
    assert.equal(await visitor.text('welcome'), people.ada.greeting);
  });
});
