// What the gateway's port serves beside the API: the page, and what became of requests.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {endOf, run, temporaryFolder} from '../support/program.mjs';
import {startWorld} from '../support/world.mjs';

describe('the page', () => {
  const folder = (t) => {
    const page = temporaryFolder(t.after.bind(t));
    writeFileSync(join(page, 'index.html'), '<!doctype html><title>the page</title>');
    writeFileSync(join(page, 'page.js'), 'export {};');
    return page;
  };
  const start = (t, args) => startWorld(t.after.bind(t), {state: temporaryFolder(t.after.bind(t)), args: ['--port', '0', '--tenant-port', '0', ...args]});

  test('is served from its directory, in a tight policy, and only what changed is sent anew', async (t) => {
    const world = await start(t, ['--page', folder(t)]);
    for (const [path, type] of [['', 'text/html'], ['?code=a&state=b', 'text/html'], ['page.js', 'text/javascript']]) {
      const response = await fetch(world.page + path);
      assert.equal(response.status, 200);
      assert.ok(response.headers.get('content-type').startsWith(type));
      assert.equal(response.headers.get('content-security-policy'), "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; " +
        `img-src 'self'; connect-src 'self' ${world.tenant.slice(0, -1)}; frame-src ${world.tenant.slice(0, -1)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`);
      const again = await fetch(world.page + path, {headers: {'If-None-Match': response.headers.get('etag')}});
      assert.equal(again.status, 304);
    }
    const head = await fetch(world.page, {method: 'HEAD'});
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
    assert.equal((await fetch(`${world.page}favicon.ico`)).status, 404);
    assert.ok(!world.program.lines.some((line) => line.includes('not built')));
  });

  test('is said to be missing where it is, and the API answers all the same', async (t) => {
    const page = temporaryFolder(t.after.bind(t));
    const world = await start(t, ['--page', page]);
    await world.program.line(/^portcullis-dev: the page is not built/);
    assert.match(await (await fetch(world.page)).text(), /make run/);
    assert.equal((await world.call('public')).status, 200);
  });

  test('logs in at a real tenant that was named, and the API takes that one\'s tokens only', async (t) => {
    const audience = 'my "API": #1 \\ {x}';
    const world = await start(t, ['--page', folder(t), '--auth0-domain', 'https://example.invalid/', '--auth0-client-id', 'client', '--auth0-audience', audience]);
    assert.equal(world.tenant, 'https://example.invalid/');
    assert.ok(!world.starting.some((line) => line.includes('lovelace')), 'its people are not the stand-in\'s');
    const config = await (await fetch(`${world.page}config.json`)).json();
    assert.equal(config.AUTH0_DOMAIN, 'example.invalid');
    assert.equal(config.AUTH0_CLIENT_ID, 'client');
    assert.equal(config.AUTH0_AUDIENCE, audience);
    assert.match((await fetch(world.page)).headers.get('content-security-policy'), /connect-src 'self' https:\/\/example\.invalid; frame-src https:\/\/example\.invalid;/);
    world.tenant = world.starting.find((line) => line.startsWith('stand-in ')).split(/ +/)[1];
    assert.equal((await world.call('public')).status, 200);
    assert.equal((await world.call('private', {token: await world.token()})).status, 401);
    assert.match(await world.lineOfLastCall(), / 401 +bad_iss$/);
  });
});

describe('what became of a request, and whose page may know', () => {
  const atEnd = endOf(after);
  const other = 'http://localhost:5173';
  let world;
  before(async () => {
    const args = ['--port', '0', '--tenant-port', '0', '--page-origin', 'HTTP://localhost:5173/'];
    world = await startWorld(atEnd, {state: temporaryFolder(atEnd), args});
  });
  const ask = (rest, headers = {}) => fetch(`${world.ready}/_portcullis/decisions${rest}`, {headers, signal: AbortSignal.timeout(30_000)});
  const reportOf = async (response) => (await ask(`/${response.headers.get('x-amzn-requestid')}`)).json();

  test('is told by the request\'s id: who was asked, why, what to do, and step by step', async () => {
    const token = await world.token('--user', 'grace');
    const [fresh, cached, refused] = [await world.call('private', {token}), await world.call('orders', {token}), await world.call('admin', {token})];
    const first = await reportOf(fresh);
    assert.deepEqual(Object.keys(first), ['requestId', 'sequence', 'time', 'method', 'path', 'status', 'asked', 'reason',
      'sentence', 'advice', 'detail', 'missing', 'decidedBy', 'trace']);
    assert.equal(first.asked, 'fresh');
    assert.equal(first.decidedBy, first.requestId);
    assert.ok(Math.abs(first.time / 1e6 - Date.now()) < 60_000, 'nanoseconds');
    for (const step of first.trace) assert.deepEqual(Object.keys(step), ['step', 'verdict', 'text', 'place']);
    const second = await reportOf(cached);
    assert.equal(second.asked, 'cached');
    assert.equal(second.decidedBy, first.requestId);
    const third = await reportOf(refused);  // at once: its explanation may still be on its way
    assert.equal(third.asked, 'cached');
    assert.equal(third.reason, 'insufficient_scope');
    assert.deepEqual(third.missing, ['permission:admin']);
    assert.ok(third.sentence && third.advice);
    assert.equal(third.trace.at(-1).verdict, 'failed');
    const nowhere = await reportOf(await world.call('nowhere'));
    assert.equal(nowhere.asked, 'no');
    assert.equal(nowhere.decidedBy, null);
    assert.match(nowhere.sentence, /does not exist in the API/);
  });

  test('comes to those who wait for the next', async () => {
    await world.call('public');
    const {latest, decisions} = await (await ask('')).json();
    assert.equal(decisions.at(-1).sequence, latest);
    const waiting = ask(`?after=${latest}`);
    const response = await world.call('public');
    const next = await (await waiting).json();
    assert.equal(next.latest, latest + 1);
    assert.deepEqual(next.decisions.map((each) => each.requestId), [response.headers.get('x-amzn-requestid')]);
  });

  test('does not mind that one who waits goes away', async () => {
    const {latest} = await (await ask('')).json();
    const gone = new AbortController();
    const waiting = fetch(`${world.ready}/_portcullis/decisions?after=${latest}`, {signal: gone.signal});
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.abort();
    await assert.rejects(waiting);
    assert.equal((await world.call('public')).status, 200);
    assert.equal((await (await ask(`?after=${latest}`)).json()).latest, latest + 1);
  });

  test('the tenant lets the page and those of the named origins log in, and no others', async () => {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';  // RFC 7636 appendix B
    const login = (page) => fetch(`${world.tenant}authorize?${new URLSearchParams({client_id: 'demo-spa', redirect_uri: page, response_type: 'code',
      scope: 'openid', state: 's', prompt: 'none', code_challenge: challenge, code_challenge_method: 'S256'})}`, {redirect: 'manual'});
    for (const page of [world.page, `${other}/`]) {
      const response = await login(page);
      assert.ok(response.headers.get('location').startsWith(`${page}?error=login_required`));
    }
    const stranger = await login('http://localhost:51733/');
    assert.equal(stranger.headers.get('location'), null);
    assert.ok(stranger.status >= 400);
  });

  test('is readable for the page and for the origins that were named, and for no others', async () => {
    for (const origin of [world.ready, other]) {
      const response = await ask('', {Origin: origin});
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('access-control-allow-origin'), origin);
    }
    for (const origin of ['https://evil.example', 'null', 'http://localhost:51733']) {
      const response = await ask('', {Origin: origin});
      assert.equal(response.status, 404);
      assert.equal(response.headers.get('access-control-allow-origin'), null);
    }
  });
});

describe('options of the page that are wrong', () => {
  const refused = [
    {name: 'an origin with a path', args: ['--page-origin', 'http://localhost:5173/app'], says: /no path/},
    {name: 'an origin that is none', args: ['--page-origin', '*'], says: /not an origin/},
    {name: 'nine origins', args: Array(9).fill(['--page-origin', 'http://localhost:1']).flat(), says: /at most 8/},
    {name: 'a tenant without its API', args: ['--auth0-domain', 'example.invalid', '--auth0-client-id', 'x'], says: /missing: --auth0-audience$/m},
    {name: 'a tenant without https', args: ['--auth0-domain', 'http://example.invalid', '--auth0-client-id', 'x', '--auth0-audience', 'y'], says: /https/},
    {name: 'an empty path', args: ['--page', ''], says: /--page/},
  ];
  for (const {name, args, says} of refused)
    test(`${name} is wrong usage`, async () => {
      const {code, stderr} = await run('portcullis-dev', args);
      assert.equal(code, 2);
      assert.match(stderr, says);
    });
});
