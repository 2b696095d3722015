// The page as a person meets it, in a real browser: logging in, calling, being refused and seeing why.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {startBrowser, testVisit} from '../support/browser.mjs';
import {startPageWorld} from '../support/page_world.mjs';
import {endOf} from '../support/program.mjs';
import {Visitor, people} from '../support/visitor.mjs';
import {eventually} from '../support/world.mjs';

const atEnd = endOf(after);
let browser;
before(async () => {
  browser = await startBrowser(atEnd);
});

/** Presses a button and holds what is shown against what is expected; a refusal must say what to do. */
async function answers(visitor, id, {status, reason, body, missing, verdict = status < 400 ? 'Allowed' : 'Refused', row = ['POST', '/dev/api/private']}) {
  const shown = await visitor.call(id);
  assert.match(shown.status, new RegExp(`^${status} `), shown.told);
  assert.match(shown.body, body, shown.told);
  assert.match(shown.reason, reason, shown.told);
  assert.equal(shown.verdict, verdict, shown.told);
  assert.ok(shown.sentence, `a sentence; ${shown.told}`);
  assert.match(shown.headers, /x-amzn-requestid/, shown.told);
  if (status >= 400) assert.ok(shown.advice, `what to do; ${shown.told}`);
  if (missing) assert.ok(shown.steps.some((step) => step.text.includes(missing)), `${missing} among the steps; ${shown.told}`);
  await visitor.newestRow(...row, status);
  return shown;
}

const unauthorized = /"message": "Unauthorized"/;
const publicCall = {status: 200, reason: /^ok$/, body: /Hi ⊂◉‿◉つ from Public API/, row: ['POST', '/dev/api/public']};
const protectedCall = {status: 200, reason: /^ok$/, body: /Only logged in users can see this/};
const refusedCall = {status: 401, reason: /^no_credentials$/, body: unauthorized};

const broken = [
  {id: 'break-expired', status: 401, reason: /^expired$/, body: unauthorized},
  {id: 'break-audience', status: 401, reason: /^bad_aud$/, body: unauthorized},
  {id: 'break-opaque', status: 401, reason: /^not_jws$/, body: unauthorized},
  {id: 'break-alg-none', status: 401, reason: /^(alg_not_allowed|malformed)$/, body: unauthorized},
  {id: 'break-unknown-key', status: 401, reason: /^unknown_kid$/, body: unauthorized},
  {id: 'break-id-token', status: 401, reason: /^(bad_aud|wrong_token_type)$/, body: unauthorized},
  {id: 'break-permission', status: 403, reason: /^(insufficient_scope|forbidden)$/, body: /message/i, missing: 'read:orders', row: ['GET', '/dev/api/orders']},
];

/** The refusal, the step that found the fault, and the rule that was to be fulfilled. */
async function refusesBroken(visitor, {id, ...expected}) {
  const shown = await answers(visitor, id, expected);
  assert.ok(shown.steps.some(({verdict}) => verdict === 'failed'), `a step that failed; ${shown.told}`);
  assert.ok(shown.steps.some(({place}) => /\.yaml:\d+/.test(place ?? '')), `the rule's place; ${shown.told}`);
  assert.match(await visitor.text('broken-outcome'), /^As expected/, shown.told);
}

/** The limit runs down answer by answer, ends in 429 with its wait, and after the wait the next call passes. */
async function runsIntoTheLimit({visitor}) {
  const {answers: calls, state, seconds, told} = await visitor.burst();
  const refused = calls.findIndex(({status}) => status === '429');
  assert.ok(refused >= 5, `five at once are allowed; ${told}`);
  assert.deepEqual(calls.map(({status}) => status), [...Array(refused).fill('200'), '429', '200'], told);
  assert.equal(calls[0].left, '4 left', told);
  assert.equal(calls[refused - 1].left, '0 left', told);
  assert.match(calls[0].told, /^RateLimit: "per-user";r=4;t=1$/, told);
  assert.equal(calls[refused].told, 'Retry-After: 1', told);
  assert.ok(seconds >= 1, `waited for ${seconds} s; ${told}`);
  assert.match(state, /allowed again/, told);
  await visitor.newestRow('GET', '/proxied/api/orders', 200);
  const refusal = visitor.tab.locator('#live-rows button', {hasText: '429'}).first();
  const shown = await visitor.call('the row of the 429', () => refusal.click());
  assert.equal(shown.reason, 'rate_limited', shown.told);
  assert.match(shown.advice, /Retry-After/, shown.told);
}

/** The address of the page when it called the API, for each call. */
const addressesAtCalls = (visit) => visit.requests.filter(({url}) => new URL(url).pathname.startsWith('/dev/api/')).map(({from}) => from);

const story = [
  ['opens the page and is nobody', async ({visitor}) => {
    assert.equal(await visitor.open(), 'logged-out');
    assert.ok(await visitor.visible('log-in'));
    assert.ok(!(await visitor.visible('message')), await visitor.told());
    assert.ok(!(await visitor.visible('log-out')));
  }],
  ['calls the public API', ({visitor}) => answers(visitor, 'call-public', publicCall)],
  ['is refused at the protected one, and reads the 401', async ({visitor}) => {
    const {headers} = await answers(visitor, 'call-protected', refusedCall);
    assert.match(headers, /UnauthorizedException/);
    for (const id of ['break-expired', 'limit-burst']) assert.ok(await visitor.tab.locator(`#${id}`).isDisabled(), id);
  }],
  ['logs in as ada and is greeted', async ({visitor, visit}) => {
    await visitor.logIn(people.ada);
    assert.equal(visitor.tab.url(), visitor.address);
    assert.ok(visit.requests.some(({url, navigation}) => navigation && /[?&]code=.*&state=|[?&]state=.*&code=/.test(url)), 'code and state came back');
  }],
  ['is allowed at the protected API, and sees why', async ({visitor, visit}) => {
    const {steps, told} = await answers(visitor, 'call-protected', protectedCall);
    for (const step of ['token', 'keys', 'signature', 'claims', 'requirement']) assert.equal(steps.find((each) => each.step === step)?.verdict, 'passed', `${step}; ${told}`);
    assert.ok(addressesAtCalls(visit).length > 0);
    for (const address of addressesAtCalls(visit)) assert.ok(!/[?&](code|state)=/.test(address), 'no code or state in the address');
  }],
  ['may do as ada what ada may', async ({visitor}) => {
    await answers(visitor, 'call-orders', {status: 200, reason: /^ok$/, body: /orders for auth0\|/, row: ['GET', '/dev/api/orders']});
    await answers(visitor, 'call-admin', {status: 200, reason: /^ok$/, body: /admin for auth0\|/, row: ['GET', '/dev/api/admin']});
  }],
  ['runs into the limit of the orders, waits as long as it is told, and is allowed again', runsIntoTheLimit],
  ['sees what is in the token, and how long it is good', async ({visitor}) => {
    const claims = await visitor.text('token-claims');
    for (const claim of ['iss', 'sub', 'aud', 'azp', 'scope', 'permissions', 'iat', 'exp']) assert.ok(claims.includes(claim), claim);
    assert.match(await visitor.text('token-countdown'), /^expires in /);
  }],
  ['reloads and is still logged in', async ({visitor}) => {
    assert.equal(await visitor.reload(), 'logged-in');
    assert.equal(await visitor.text('welcome'), people.ada.greeting, await visitor.told());
    await answers(visitor, 'call-protected', protectedCall);
  }],
  ['logs out, and in again as grace', async ({visitor}) => {
    await visitor.logOut();
    await visitor.logIn(people.grace);
  }],
  ['is refused as grace at admin, and reads the 403 and what was missing', ({visitor}) =>
    answers(visitor, 'call-admin', {status: 403, reason: /^insufficient_scope$/, body: /message/i, missing: 'permission:admin', row: ['GET', '/dev/api/admin']})],
  ...broken.map((each) => [`breaks the token with ${each.id}, and sees which step caught it`, ({visitor}) => refusesBroken(visitor, each)]),
  ['sees other people\'s requests as they happen, and why they ended so', async ({visitor, place}) => {
    await place.call('orders');
    await visitor.newestRow('GET', '/dev/api/orders', 401);
    const {reason, told} = await visitor.call('the newest row', () => visitor.tab.locator('#live-rows button').first().click());
    assert.equal(reason, 'no_credentials', told);
  }],
  ['reads the answer when the authorizer has crashed', async ({visitor, place}) => {
    await place.crashAuthorizer();
    await visitor.reload();  // a new token, for which the gateway has no answer yet
    await answers(visitor, 'call-protected', {status: 500, reason: /./, verdict: 'Not decided', body: /"message": null/});
    place.mendAuthorizer();  // it is started again after a pause
    await eventually(async () => /^200 /.test((await visitor.call('call-protected')).status), 'a call that is allowed again');
  }],
  ['logs out, and is refused again', async ({visitor}) => {
    await visitor.logOut();
    await answers(visitor, 'call-protected', refusedCall);
    assert.equal(await visitor.reload(), 'logged-out');
    await answers(visitor, 'call-protected', refusedCall);
  }],
];

for (const served of ['the gateway', 'make site'])
  describe(`with the page from ${served}`, () => {
    const afterwards = endOf(after);
    let place;
    before(async () => {
      place = await startPageWorld(afterwards, served);
    });
    const setting = {browser: () => browser, origins: () => place.origins};

    testVisit('a person', setting, async (visit, t) => {
      const visitor = new Visitor(await visit.tab(), place.address);
      let over = false;  // a step builds on those before it
      for (const [name, step] of story)
        await t.test(name, {skip: over && 'an earlier step failed'}, async () => {
          over = true;
          await step({visitor, visit, place});
          await visit.keptToItself(place.origins);
          over = false;
        });
      assert.ok(over || visit.tokens.size > 0, 'tokens were seen, so they can be looked for');
      place.keepLogs();
    });
  });

describe('with a keyboard and no mouse', () => {
  const afterwards = endOf(after);
  let place;
  before(async () => {
    place = await startPageWorld(afterwards, 'the gateway');
  });
  const setting = {browser: () => browser, origins: () => place.origins};

  testVisit('a person logs in, calls, and looks at a decision', setting, async (visit) => {
    const visitor = new Visitor(await visit.tab(), place.address);
    const {keyboard} = visitor.tab;
    await visitor.open();
    await visitor.tabTo('#log-in');
    await keyboard.press('Enter');
    await visitor.tab.locator('#email:focus').waitFor();
    await keyboard.type(people.ada.email);
    await visitor.tabTo('#password');
    await keyboard.type(people.ada.password);
    await visitor.tabTo('button[type=submit]');
    await keyboard.press('Space');
    await visitor.becomes('logged-in');
    await visitor.tabTo('#call-protected');
    assert.match((await visitor.call('call-protected by Enter', () => keyboard.press('Enter'))).status, /^200 /);
    assert.ok(await visitor.tab.locator('#call-protected:focus').count(), 'the focus stays where it was');
    await visitor.newestRow('POST', '/dev/api/private', 200);
    await visitor.tabTo('#live-rows button', 60);
    const {reason, told} = await visitor.call('the newest row by Enter', () => keyboard.press('Enter'));
    assert.equal(reason, 'ok', told);
    assert.ok(await visitor.tab.locator('#answer-heading:focus').count(), 'the focus is at what was asked for');
  });
});

describe('a page that lacks a part', () => {
  const afterwards = endOf(after);
  let place;
  let context;
  before(async () => {
    place = await startPageWorld(afterwards, 'the gateway');
    context = await browser.newContext();
    afterwards(() => context.close());
  });
  const without = async (files) => {
    const visitor = new Visitor(await context.newPage(), place.address);
    await visitor.tab.route(files, (route) => route.fulfill({status: 404}));
    return visitor;
  };

  const needed = [
    {name: 'config.json', says: /config\.json could not be loaded/},
    {name: 'auth0-spa-js.production.js', says: /auth0-spa-js\.production\.js could not be loaded/},
  ];
  for (const {name, says} of needed)
    test(`says that ${name} is missing`, async () => {
      const visitor = await without(`**/${name}`);
      assert.equal(await visitor.open(), 'failed');
      assert.match(await visitor.text('message'), says);
    });

  test('shows answers without steps and list where the API publishes no decisions, as a deployed one', async () => {
    const visitor = await without('**/_portcullis/**');
    assert.equal(await visitor.open(), 'logged-out');
    const {status, sentence, told} = await visitor.call('call-protected');
    assert.match(status, /^401 /, told);
    assert.ok(sentence, told);
    for (const id of ['live', 'decision-steps', 'message']) assert.ok(!(await visitor.visible(id)), `${id} is hidden; ${told}`);
  });
});
