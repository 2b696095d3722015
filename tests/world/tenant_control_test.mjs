// The local tenant when its clock moves, its keys rotate, it fails, or others can reach it.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request as httpRequest} from 'node:http';
import {after, afterEach, before, describe, test} from 'node:test';
import {decodeProtectedHeader} from 'jose';
import {endOf, run, temporaryFolder} from '../support/program.mjs';
import {arn, tokenEvent} from '../support/runtime_api.mjs';
import {TenantControl} from '../support/tenant_control.mjs';
import {audience, beginLogin, comeBack, finishLogin, pageClient, people} from '../support/tenant_login.mjs';
import {minute, hour, day, worldOf, refusedAs, doubtedAs, unlessRefused, loggedIn} from '../support/tenant_suite.mjs';
import {withBadSignature} from '../support/tokens.mjs';
import {startWorld} from '../support/world.mjs';

describe('a tenant whose clock is moved', () => {
  const suite = worldOf();
  const withoutOpenid = {scope: 'offline_access'};  // ID tokens of other times are the client's to refuse
  let control;
  before(() => (control = new TenantControl(suite.world, suite.state)));
  afterEach(() => control.clock(0));

  for (const [hours, status, reason] of [[-23, 200, / 200 /], [-25, 401, / 401 +expired/], [1, 401, / 401 +not_yet/]])
    test(`an access token made at ${hours} h from now gets ${status}, one by its refresh token now 200`, async () => {
      await control.clock(hours * hour);
      const {client, tokens} = await suite.newLogin(withoutOpenid);
      assert.equal((await suite.world.call('private', {token: tokens.access_token})).status, status);
      assert.match(await suite.world.lineOfLastCall(), reason);
      await control.clock(0);
      const {access_token: token} = await client.refresh(tokens.refresh_token);
      assert.equal((await suite.world.call('private', {token})).status, 200);
    });

  test('an ID token is good for ten hours for the client, and later for a logout still', async () => {
    await control.clock(-9 * hour);
    await suite.newLogin();
    await control.clock(-11 * hour);
    await assert.rejects(suite.newLogin(), doubtedAs(/^JWT expired/));
    await control.clock(0);
    const {client, browser, tokens} = await suite.newLogin();
    await control.clock(11 * hour);
    const left = await browser.open(client.endSessionUrl({id_token_hint: tokens, post_logout_redirect_uri: suite.world.ready}));
    assert.equal(left.location, `${suite.world.ready}/`);
  });

  test('a login longer ago than max_age is asked for again (OIDC Core §3.1.2.1)', async () => {
    const {client, browser} = await suite.newLogin();
    const young = {max_age: 100};
    const login = beginLogin(client, young);
    const tokens = await finishLogin(client, login, (await browser.open(login.address)).location, young);
    assert.ok(Number.isInteger(tokens.claims().auth_time));
    await control.clock(2 * minute);
    assert.equal((await browser.open(beginLogin(client, young).address)).status, 200);
    const silent = beginLogin(client, {...young, prompt: 'none'});
    await assert.rejects(finishLogin(client, silent, (await browser.open(silent.address)).location), refusedAs('login_required'));
    assert.equal((await browser.open(beginLogin(client, {max_age: 1_000}).address)).status, 303);
  });

  /** Each begins something; what it gives tells whether that still works, by using it. */
  const begin = {
    async 'session'() {
      const {client, browser} = await suite.newLogin(withoutOpenid);
      return () => loggedIn(client, browser, withoutOpenid);
    },
    async 'refresh token'() {
      let {client, tokens} = await suite.newLogin(withoutOpenid);
      return () => unlessRefused(client.refresh(tokens.refresh_token).then((next) => (tokens = next)), 'invalid_grant', 403);
    },
    async 'JWT at userinfo'() {
      const {client, tokens} = await suite.newLogin();
      return () => unlessRefused(client.userinfo(tokens), 'invalid_token', 401);
    },
    async 'opaque token at userinfo'() {
      const {client, tokens} = await suite.newLogin({audience: undefined});
      return () => unlessRefused(client.userinfo(tokens), 'invalid_token', 401);
    },
    async 'login\'s code'() {
      const client = await pageClient(suite.world);
      const login = beginLogin(client, withoutOpenid);
      const callback = await comeBack(suite.newBrowser(), login);
      return () => unlessRefused(finishLogin(client, login, callback), 'invalid_grant', 400);
    },
    async 'login form'() {
      const [client, browser] = [await pageClient(suite.world), suite.newBrowser()];
      const page = await browser.open(beginLogin(client).address);
      return async () => (await browser.submit(page, people.ada)).status === 303;
    },
  };

  const lifetimes = [
    {what: 'session', end: 3 * day, in: '3 days without use'},
    {what: 'session', uses: [2 * day, 4 * day, 6 * day], end: 7 * day, in: '7 days however used'},
    {what: 'refresh token', end: 15 * day, in: '15 days without use'},
    {what: 'refresh token', uses: [14 * day, 28 * day], end: 30 * day, in: '30 days however used'},
    {what: 'JWT at userinfo', end: day, in: '24 hours'},
    {what: 'opaque token at userinfo', end: day, in: '24 hours'},
    {what: 'login\'s code', end: 10 * minute, in: '10 minutes'},
    {what: 'login form', end: hour, in: '60 minutes'},
  ];
  for (const {what, uses = [], end, in: time} of lifetimes)
    test(`${what}: good until ${time} have passed, then refused`, async () => {
      for (const [last, expected] of [[end - minute, true], [end + 1, false]]) {
        await control.clock(0);
        const works = await begin[what]();
        for (const offset of uses) {
          await control.clock(offset);
          assert.ok(await works(), `${offset} s`);
        }
        await control.clock(last);
        assert.equal(await works(), expected, `${last} s`);
      }
    });
});

describe('a tenant whose keys are rotated', () => {
  const suite = worldOf();
  let control;
  before(() => (control = new TenantControl(suite.world, suite.state)));
  const kid = (tokens) => decodeProtectedHeader(tokens.id_token).kid;
  const published = async () => (await (await fetch(`${suite.world.tenant}.well-known/jwks.json`)).json()).keys.map((key) => key.kid);
  /** Whether a client that fetches the keys now takes this ID token. */
  const verify = async ({tokens}) => (await pageClient(suite.world)).validateIdToken(tokens, tokens.claims().nonce, 'token');

  test('new tokens have the key that was published before, and those of the old key stay good', async () => {
    const old = await suite.newLogin();
    const announced = await published();
    await control.rotateKeys();
    const login = beginLogin(old.client);  // knows the keys of before
    const fresh = {tokens: await finishLogin(old.client, login, await comeBack(suite.newBrowser(), login))};
    assert.notEqual(kid(fresh.tokens), kid(old.tokens));
    assert.ok(announced.includes(kid(fresh.tokens)));
    const now = await published();
    for (const each of [old, fresh]) {
      assert.ok(now.includes(kid(each.tokens)));
      await verify(each);
      assert.equal((await suite.world.call('private', {token: each.tokens.access_token})).status, 200);
    }
  });

  test('a revoked key is published no more, and clients refuse its tokens', async () => {
    const old = await suite.newLogin();
    await verify(old);
    await control.rotateKeys({revoke: 'previous'});
    const fresh = await suite.newLogin();
    const now = await published();
    assert.ok(now.includes(kid(fresh.tokens)));
    assert.ok(!now.includes(kid(old.tokens)));
    await verify(fresh);
    await assert.rejects(verify(old), doubtedAs(/^no valid key found/));
  });
});

describe('a tenant that is made to fail', () => {
  const suite = worldOf();
  let control;
  before(() => (control = new TenantControl(suite.world, suite.state)));

  for (const at of ['/oauth/token', '/.well-known/jwks.json'])
    test(`${at} with 503 fails the login in the client, until it ends`, async () => {
      await suite.newLogin();
      await control.fault(at, 503);
      await assert.rejects(suite.newLogin(), refusedAs('temporarily_unavailable', 503));
      await control.fault(at, 0);
      await suite.newLogin();
    });

  const orders = [['clock', {offset: 0}], ['rotate', {}], ['faults', {path: '/userinfo', status: 0}]];
  const strangers = [
    ['without the secret', () => ({credentials: null})],
    ['with another secret', () => ({credentials: `Bearer ${control.secret.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))}`})],
    ['with an empty secret', () => ({credentials: 'Bearer '})],
    ['by another scheme', () => ({credentials: `Basic ${control.secret}`})],
    ['by GET', () => ({method: 'GET'})],
  ];
  for (const [who, how] of strangers)
    test(`${who} there is nothing to control`, async () => {
      for (const [what, fields] of orders) {
        assert.equal((await control.ask(what, fields, how())).status, 404, what);
        assert.equal((await control.ask(what, fields)).status, 204, what);
      }
    });

  for (const [host, status] of [['localhost', 204], ['127.0.0.1', 204], ['rebound.example.com', 404]])
    test(`for the Host ${host} with the secret: ${status}`, async () => {
      const request = httpRequest(new URL('clock', control.prefix), {
        method: 'POST',
        headers: {'Host': host, 'Authorization': `Bearer ${control.secret}`, 'Content-Type': 'application/x-www-form-urlencoded'},
      }).end('offset=0');
      const [response] = await once(request, 'response');
      response.resume();
      assert.equal(response.statusCode, status);
    });

  for (const [what, fields] of [['clock', {offset: 'tomorrow'}], ['clock', {offset: 1e12}], ['rotate', {revoke: 'all'}], ['faults', {path: 'userinfo', status: 503}], ['faults', {path: '/userinfo', status: 200}]])
    test(`${what} with ${new URLSearchParams(fields)} is an error that says what may be sent`, async () => {
      const answer = await control.ask(what, fields);
      assert.equal(answer.status, 400);
      assert.equal((await answer.json()).error, 'invalid_request');
    });
});

describe('the original example with the tenant\'s certificate', () => {
  const suite = worldOf();
  const elsewhere = temporaryFolder(endOf(after));
  const decide = async (token) => {
    const pem = await (await fetch(`${suite.world.tenant}pem`)).text();
    return run('portcullis', ['decide', '--event', '-'], {
      input: JSON.stringify(tokenEvent(`Bearer ${token}`)),
      env: {AUTH0_CLIENT_ID: 'demo-spa', AUTH0_CLIENT_PUBLIC_KEY: pem},
      cwd: elsewhere,  // where no portcullis.yaml lies
    });
  };

  test('allows the ID token of a login, refuses its access token and a changed ID token', async () => {
    const {tokens} = await suite.newLogin();
    const {code, stdout} = await decide(tokens.id_token);
    assert.equal(code, 0);
    const {principalId, policyDocument} = JSON.parse(stdout);
    assert.equal(principalId, 'auth0|ada');
    assert.deepEqual(policyDocument.Statement.filter(({Effect}) => Effect === 'Allow').map(({Resource}) => Resource), [[arn('*')]]);
    for (const token of [tokens.access_token, withBadSignature(tokens.id_token)]) {
      const {code, stdout} = await decide(token);
      assert.equal(code, 1);
      assert.match(stdout, /Unauthorized/);
      assert.doesNotMatch(stdout, /Allow/);
    }
  });
});

describe('a world that others can reach', () => {
  const reachable = ['--port', '0', '--tenant-port', '0', '--listen', '0.0.0.0'];
  const suite = worldOf({args: reachable});
  const near = worldOf({state: temporaryFolder(endOf(after))});
  const form = async ({world, newBrowser}) => (await newBrowser().open(beginLogin(await pageClient(world)).address)).text;

  test('shows no passwords at its login; one that nobody else reaches does', async () => {
    for (const {email, password} of Object.values(people)) {
      assert.ok((await form(near)).includes(password));
      const text = await form(suite);
      assert.match(text, /name="password"/);
      assert.ok(!text.includes(password) && !text.includes(email), email);
    }
  });

  test('knows the passwords that it printed, not those of the manual', async () => {
    const [, password] = suite.world.starting.find((line) => line.includes(`${people.ada.email} / `)).match(/ \/ (\S+)/);
    const {tokens} = await suite.newLogin({person: {email: people.ada.email, password}});
    assert.equal((await suite.world.call('private', {token: tokens.access_token})).status, 200);
    assert.ok(!(await form(suite)).includes(password));
    const client = await pageClient(suite.world);
    const browser = suite.newBrowser();
    assert.equal((await browser.submit(await browser.open(beginLogin(client).address), people.ada)).status, 400);
  });

  test('makes no odd tokens', async () => {
    const client = await pageClient(suite.world);
    for (const odd of [{lifetime: -60}, {signing_key: 'unknown'}]) {
      const login = beginLogin(client, odd);
      await assert.rejects(finishLogin(client, login, (await suite.newBrowser().open(login.address)).location), refusedAs('invalid_request'));
      assert.equal((await near.newBrowser().open(beginLogin(await pageClient(near.world), odd).address)).status, 200);
    }
  });

  test('has nothing to control, not even by the secret that an earlier world left', async (t) => {
    const state = temporaryFolder(t.after.bind(t));
    const earlier = await startWorld(t.after.bind(t), {state});
    const control = new TenantControl(earlier, state);
    await control.clock(0);
    await earlier.program.stop();
    const world = await startWorld(t.after.bind(t), {state, args: reachable});
    control.prefix = new URL('_portcullis/control/', world.tenant);
    for (const credentials of [undefined, null, 'Bearer ', 'Bearer'])
      for (const [what, fields] of [['clock', {offset: 0}], ['rotate', {}], ['faults', {path: '/userinfo', status: 503}]])
        assert.equal((await control.ask(what, fields, {credentials})).status, 404, what);
  });
});
