// The local world as a person meets it: started, asked over HTTP, its programs looked at, ended.
import assert from 'node:assert/strict';
import {X509Certificate, createPublicKey} from 'node:crypto';
import {once} from 'node:events';
import {request as httpRequest} from 'node:http';
import {createServer} from 'node:net';
import {realpathSync, statSync} from 'node:fs';
import {after, before, describe, test} from 'node:test';
import {createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify} from 'jose';
import {binary, endOf, run, temporaryFolder} from '../support/program.mjs';
import {withBadSignature} from '../support/tokens.mjs';
import {alive, childrenOf, eventually, startWorld} from '../support/world.mjs';

const api = 'https://api.example.com';

/** A page of another origin can read the answer, and which request it answers. */
function assertReadable(response) {
  assert.ok(response.headers.get('access-control-allow-origin'));
  for (const name of ['x-amzn-requestid', 'x-amzn-errortype'])
    assert.ok(response.headers.get('access-control-expose-headers')?.toLowerCase().split(/, */).includes(name), name);
  assert.ok(response.headers.get('x-amzn-requestid'));
}

/** Asks for a WebSocket as a browser does. `said`: what the server says on it before it closes. */
async function openWebSocket(world, {origin, protocols}) {
  const url = new URL(world.starting.find((line) => line.startsWith('socket ')).split(/\s+/)[1].replace(/^ws/, 'http'));
  const request = httpRequest(url, {headers: {
    Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...(origin ? {Origin: origin} : {}), ...(protocols ? {'Sec-WebSocket-Protocol': protocols.join(', ')} : {}),
  }});
  request.end();
  const refused = once(request, 'response').then(([response]) => ({status: response.statusCode, headers: response.resume().headers}));
  const opened = once(request, 'upgrade').then(async ([response, socket, head]) => {
    const chunks = [head];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket.resume(), 'close');
    return {status: response.statusCode, headers: response.headers, said: Buffer.concat(chunks)};
  });
  return Promise.race([refused, opened]);
}

const outcomesOfGrace = [['public', 200], ['private', 200], ['orders', 200], ['admin', 403], ['nothing', 404]];

for (const authorizer of ['token', 'request'])
  describe(`the local world with a ${authorizer} authorizer`, () => {
    const atEnd = endOf(after);
    let world;
    before(async () => {
      world = await startWorld(atEnd, {state: temporaryFolder(atEnd), args: ['--port', '0', '--tenant-port', '0', '--authorizer', authorizer]});
    });

    test('prints what it offers, one thing a line, and then that it is ready', () => {
      assert.match(world.page, /^http:\/\/localhost:\d+\/$/);
      assert.match(world.tenant, /^http:\/\/localhost:\d+\/$/);
      assert.equal(world.ready, world.page.slice(0, -1));
      assert.equal(world.starting.at(-1), `ready: ${world.ready}`);
      assert.ok(world.starting.some((line) => line.startsWith('api ')), 'a line for the API');
      for (const person of ['ada@example.com / lovelace', 'grace@example.com / hopper'])
        assert.ok(world.starting.some((line) => line.includes(person)), person);
      assert.ok(world.tries.some((line) => line.includes('curl') && line.includes(new URL(world.page).port)));
    });

    for (const method of ['GET', 'POST'])
      test(`${method} public answers everybody with the exact message`, async () => {
        const response = await world.call('public', {method});
        assert.equal(response.status, 200);
        assert.equal(await response.text(), '{"message":"Hi ⊂◉‿◉つ from Public API"}');
        assertReadable(response);
      });

    test('public does not mind a bad token', async () => {
      assert.equal((await world.call('public', {method: 'POST', token: withBadSignature(await world.token())})).status, 200);
    });

    for (const path of ['private', 'orders', 'admin'])
      test(`${path} without a token is 401 with CORS headers`, async () => {
        const response = await world.call(path, {method: 'POST', headers: {Origin: 'http://localhost:1'}});
        assert.equal(response.status, 401);
        assert.deepEqual(await response.json(), {message: 'Unauthorized'});
        assertReadable(response);
        assert.equal(response.headers.get('x-amzn-errortype'), 'UnauthorizedException');
      });

    test('a preflight is answered without the authorizer', async () => {
      await world.call('private', {token: await world.token()});
      const before = world.decisions().length;
      const response = await world.call('private', {
        method: 'OPTIONS',
        headers: {Origin: 'http://localhost:1', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization'},
      });
      assert.ok([200, 204].includes(response.status), `status ${response.status}`);
      assert.ok(response.headers.get('access-control-allow-origin'));
      assert.match(response.headers.get('access-control-allow-headers'), /authorization/i);
      assert.match(response.headers.get('access-control-allow-methods'), /POST/);
      assert.equal(world.decisions().length, before);
    });

    const people = [
      {who: 'ada', path: 'private', status: 200, message: 'Hi ⊂◉‿◉つ from Private API. Only logged in users can see this'},
      {who: 'ada', path: 'orders', status: 200, message: (sub) => `orders for ${sub}`},
      {who: 'ada', path: 'admin', status: 200, message: (sub) => `admin for ${sub}`},
      {who: 'grace', path: 'private', status: 200, message: 'Hi ⊂◉‿◉つ from Private API. Only logged in users can see this'},
      {who: 'grace', path: 'orders', status: 200, message: (sub) => `orders for ${sub}`},
      {who: 'grace', path: 'admin', status: 403},
    ];
    for (const {who, path, status, message} of people)
      for (const method of ['GET', 'POST'])
        test(`${who} at ${method} ${path} gets ${status}`, async () => {
          const token = await world.token('--user', who);
          const response = await world.call(path, {method, token});
          assert.equal(response.status, status);
          assertReadable(response);
          if (message) assert.deepEqual(await response.json(), {message: typeof message === 'function' ? message(decodeJwt(token).sub) : message});
        });

    test('the line of a request that a cached policy denies says what was missing, too', async () => {
      const token = await world.token('--user', 'grace', '--lifetime', '20m');
      assert.equal((await world.call('private', {token})).status, 200);
      assert.match(await world.lineOfLastCall(), / \/dev\/api\/private +200 +ok$/);
      assert.equal((await world.call('admin', {token})).status, 403);
      // REQUEST has method and path among its identity sources, so there the authorizer decides about each route.
      const reason = authorizer === 'token' ? 'insufficient_scope \\(cached\\)' : 'insufficient_scope';
      assert.match(await world.lineOfLastCall(), new RegExp(` GET +/dev/api/admin +403 +${reason} +needs permission:admin$`));
    });

    test('the line of a denied request says what was missing', async () => {
      await world.call('admin', {token: await world.token('--user', 'grace@example.com', '--lifetime', '11m')});
      assert.match(await world.lineOfLastCall(), / GET +\/dev\/api\/admin +403 +(insufficient_scope|forbidden).*needs permission:admin$/);
    });

    const bad = [
      {name: 'a changed signature', args: [], change: withBadSignature, reason: /malformed|bad_signature/},
      {name: 'an expired token', args: ['--lifetime=-1m'], reason: /expired/},
      {name: 'another audience', args: ['--audience', 'https://other.example.com'], reason: /bad_aud/},
      {name: 'a key that nobody publishes', args: ['--unknown-key'], reason: /unknown_kid/},
    ];
    for (const {name, args, change = (token) => token, reason} of bad)
      test(`${name} is 401, and the printed line says why`, async () => {
        const token = change(await world.token(...args));
        const response = await world.call('private', {method: 'POST', token});
        assert.equal(response.status, 401);
        assert.deepEqual(await response.json(), {message: 'Unauthorized'});
        assert.ok(response.headers.get('access-control-allow-origin'));
        const line = await world.lineOfLastCall();
        assert.match(line, /^\d\d:\d\d:\d\d {2}POST \/dev\/api\/private +401 /);
        assert.match(line, reason);
      });

    test('the very last character of the signature changed is refused too', async () => {
      const token = await world.token();
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const other = alphabet[(alphabet.indexOf(token.at(-1)) + 1) % 64];  // a bit that the decoded octets do not hold
      assert.equal((await world.call('private', {token: token.slice(0, -1) + other})).status, 401);
      assert.equal((await world.call('private', {token})).status, 200);
    });

    test('functions and auth server are processes of their own that run the very programs that are deployed', async () => {
      await world.call('public');
      await world.call('private', {token: await world.token()});
      const functions = childrenOf(world.program.pid).filter(({handler}) => handler);
      const servers = childrenOf(world.program.pid).filter(({handler}) => !handler);
      assert.deepEqual(servers.map(({program}) => program), [realpathSync(binary('portcullis'))]);
      assert.deepEqual(functions.map((child) => child.handler).sort(), ['authorizer', 'private', 'public']);
      for (const child of functions) {
        assert.equal(child.program, realpathSync(binary('bootstrap')));
        assert.equal(statSync(`/proc/${child.pid}/exe`).ino, statSync(binary('bootstrap')).ino);
      }
    });

    test('one token at two protected routes is allowed at both, though the cache is on (CA-01)', async () => {
      const token = await world.token('--lifetime', '13m');
      const before = world.decisions().length;
      for (const path of ['private', 'orders', 'private']) assert.equal((await world.call(path, {token})).status, 200, path);
      const asked = await eventually(() => world.decisions().length - before, 'the decision line');
      // TOKEN caches by the token alone; REQUEST has method and path among its identity sources.
      assert.equal(asked, authorizer === 'token' ? 1 : 2);
    });

    test('a cached answer still refuses the route that the caller may not call', async () => {
      const token = await world.token('--user', 'grace', '--lifetime', '14m');
      assert.equal((await world.call('orders', {token})).status, 200);
      assert.equal((await world.call('admin', {token})).status, 403);
      assert.equal((await world.call('orders', {token})).status, 200);
    });

    for (const [stage, payload] of [['http', '2.0, simple answers'], ['http-1', '1.0']])
      test(`an HTTP API is there too, payload ${payload}: the same decisions in its own words`, async () => {
        const token = await world.token('--user', 'grace');
        for (const [path, status] of outcomesOfGrace) {
          const response = await world.call(`/${stage}/api/${path}`, {token});
          assert.equal(response.status, status, path);
          assert.ok(response.headers.get('apigw-requestid'));
          const {message} = await response.json();
          if (path === 'orders') assert.equal(message, 'orders for auth0|grace');
          if (status >= 400) assert.equal(message, status === 403 ? 'Forbidden' : 'Not Found');
        }
        assert.match(await world.lineOfLastCall(), / 404 {2}no_route/);
        const bad = await world.call(`/${stage}/api/private`, {token: withBadSignature(token)});
        assert.equal(bad.status, 403);
        assert.deepEqual(await bad.json(), {message: 'Forbidden'});
        assert.match(await world.lineOfLastCall(), / 403 {2}bad_signature/);
        const none = await world.call(`/${stage}/api/private`);
        assert.equal(none.status, 401);
        assert.deepEqual(await none.json(), {message: 'Unauthorized'});
      });

    test('a WebSocket opens with a token behind the subprotocol, is told so, and closes again', async () => {
      const token = await world.token('--user', 'grace');
      const opened = await openWebSocket(world, {origin: 'http://localhost:1', protocols: ['portcullis.bearer', token]});
      assert.equal(opened.status, 101);
      assert.equal(opened.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      assert.equal(opened.headers['sec-websocket-protocol'], 'portcullis.bearer');
      assert.match(opened.said.toString('latin1'), /^\x88.\x03\xe8the local gateway serves the handshake only$/);
      const refused = await openWebSocket(world, {protocols: ['portcullis.bearer', withBadSignature(token)]});
      assert.equal(refused.status, 401);
      assert.equal((await openWebSocket(world, {})).status, 401);
    });

    for (const handler of ['authorizer', 'private'])
      test(`a killed ${handler} function is started again`, async () => {
        const args = ['--lifetime', handler === 'private' ? '15m' : '16m'];
        const token = await world.token(...args);
        await world.call('private', {token: await world.token('--lifetime', '17m')});
        const {pid} = childrenOf(world.program.pid).find((child) => child.handler === handler);
        process.kill(pid, 'SIGKILL');
        await eventually(() => !alive(pid), `end of ${handler}`);
        // The first request may still meet the death; afterwards all is well.
        const response = await eventually(async () => {
          const got = await world.call('private', {token});
          return got.status === 200 && got;
        }, `200 from a new ${handler}`);
        assert.equal(response.status, 200);
        const now = childrenOf(world.program.pid).find((child) => child.handler === handler);
        assert.notEqual(now.pid, pid);
      });

    test('a request right after the death of the authorizer is answered as if nothing had been', async () => {
      const token = await world.token('--lifetime', '18m');
      await world.call('private', {token: await world.token('--lifetime', '19m')});
      const {pid} = childrenOf(world.program.pid).find((child) => child.handler === 'authorizer');
      process.kill(pid, 'SIGKILL');
      await eventually(() => !alive(pid), 'end of the authorizer');
      assert.equal((await world.call('private', {token})).status, 200);
    });

    test('the page\'s configuration names this tenant and these endpoints', async () => {
      const config = await (await fetch(`${world.page}config.json`)).json();
      assert.deepEqual(Object.keys(config).sort(), ['AUTH0_AUDIENCE', 'AUTH0_CLIENT_ID', 'AUTH0_DOMAIN', 'PRIVATE_ENDPOINT', 'PUBLIC_ENDPOINT']);
      assert.equal(config.AUTH0_CLIENT_ID, 'demo-spa');
      assert.equal(config.AUTH0_AUDIENCE, api);
      assert.equal(config.AUTH0_DOMAIN.replace(/\/$/, ''), world.tenant.replace(/\/$/, ''));
      assert.equal((await world.call(config.PUBLIC_ENDPOINT)).status, 200);
      assert.equal((await world.call(config.PRIVATE_ENDPOINT)).status, 401);
    });
  });

describe('the local tenant', () => {
  let world;
  let discovery;
  let published;
  const atEnd = endOf(after);
  before(async () => {
    world = await startWorld(atEnd, {state: temporaryFolder(atEnd)});
    discovery = await (await fetch(`${world.tenant}.well-known/openid-configuration`)).json();
    published = await (await fetch(discovery.jwks_uri)).json();
  });

  test('says one issuer everywhere, whatever the Host', async () => {
    assert.equal(discovery.issuer, world.tenant);
    assert.equal(discovery.jwks_uri, `${world.tenant}.well-known/jwks.json`);
    for (const member of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint']) assert.ok(discovery[member].startsWith(world.tenant), member);
    const otherHost = await (await fetch(`http://127.0.0.1:${new URL(world.tenant).port}/.well-known/openid-configuration`)).json();
    assert.deepEqual(otherHost, discovery);
    assert.equal(decodeJwt(await world.token()).iss, world.tenant);
  });

  test('publishes public keys only, and the certificate of the first is what /pem gives', async () => {
    for (const key of published.keys) {
      assert.equal(key.kty, 'RSA');
      assert.equal(key.use, 'sig');
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(secret in key), secret);
    }
    const signing = published.keys[0];
    const pem = await (await fetch(`${world.tenant}pem`)).text();
    const fromPem = new X509Certificate(pem).publicKey.export({format: 'jwk'});
    const fromJwks = createPublicKey({key: signing, format: 'jwk'}).export({format: 'jwk'});
    assert.deepEqual(fromPem, fromJwks);
    const fromChain = new X509Certificate(Buffer.from(signing.x5c[0], 'base64')).publicKey.export({format: 'jwk'});
    assert.deepEqual(fromChain, fromJwks);
    assert.equal(decodeProtectedHeader(await world.token()).kid, signing.kid);
  });

  const kinds = [
    {name: 'ada\'s access token', args: [], subject: /^auth0\|/},
    {name: 'grace\'s access token', args: ['--user', 'grace@example.com'], subject: /^auth0\|/},
    {name: 'a machine\'s access token', args: ['--client', 'demo-machine'], subject: /^demo-machine@clients$/},
  ];
  for (const {name, args, subject} of kinds)
    test(`${name} is good for npm's jose as well`, async () => {
      const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
      const token = await world.token(...args);
      const {payload, protectedHeader} = await jwtVerify(token, keys, {issuer: world.tenant, audience: api, algorithms: ['RS256']});
      assert.equal(protectedHeader.alg, 'RS256');
      assert.match(payload.sub, subject);
      assert.ok(payload.exp > payload.iat);
      assert.equal((await world.call('private', {token})).status, 200);
    });

  const bad = [
    {name: 'expired', args: ['--lifetime=-1m'], code: 'ERR_JWT_EXPIRED'},
    {name: 'for another audience', args: ['--audience', 'https://other.example.com'], code: 'ERR_JWT_CLAIM_VALIDATION_FAILED'},
    {name: 'by an unpublished key', args: ['--unknown-key'], code: 'ERR_JWKS_NO_MATCHING_KEY'},
  ];
  for (const {name, args, code} of bad)
    test(`a token ${name} is bad for npm's jose as well`, async () => {
      const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
      const verdict = jwtVerify(await world.token(...args), keys, {issuer: world.tenant, audience: api, algorithms: ['RS256']});
      await assert.rejects(verdict, (error) => error.code === code);
    });
});

describe('a usage plan in the local world', () => {
  let world;
  const atEnd = endOf(after);
  before(async () => {
    world = await startWorld(atEnd, {state: temporaryFolder(atEnd), args: ['--port', '0', '--tenant-port', '0', '--throttle', '0.01/2', '--http-api', 'policy', '--deny', 'context']});
  });

  test('a refusal that is told in a policy has its challenge', async () => {
    const expired = await world.token('--user', 'ada', '--lifetime=-5m');
    const response = await world.call('private', {token: expired});
    assert.equal(response.status, 403);
    assert.match(response.headers.get('www-authenticate'), /^Bearer error="invalid_token", error_description="The token's time is over\."$/);
    assert.match(await world.lineOfLastCall(), / 403 {2}expired/);
    assert.equal((await world.call('private', {token: withBadSignature(await world.token())})).status, 401, 'may pass, so it is not kept');
  });

  test('an HTTP API with policies in payload 2.0 knows no plans, and decides the same', async () => {
    const token = await world.token('--user', 'grace', '--lifetime', '17m');
    for (const [path, status] of outcomesOfGrace)
      assert.equal((await world.call(`/http/api/${path}`, {token})).status, status, path);
    assert.ok(world.starting.some((line) => /^http .*payload 2\.0, policies$/.test(line)));
  });

  test('throttles whoever has no plan of their own, and says so; ada has one', async () => {
    const grace = await world.token('--user', 'grace');
    const ada = await world.token('--user', 'ada');
    const statuses = [];
    for (let call = 0; call < 3; ++call) statuses.push((await world.call('private', {token: grace})).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    const refused = await world.call('private', {token: grace, headers: {Origin: 'http://localhost:1'}});
    assert.equal(refused.status, 429);
    assert.deepEqual(await refused.json(), {message: 'Too Many Requests'});
    assert.ok(refused.headers.get('access-control-allow-origin'));
    assert.match(await world.lineOfLastCall(), / 429 {2}throttled/);
    for (let call = 0; call < 5; ++call) assert.equal((await world.call('private', {token: ada})).status, 200);
    assert.equal((await world.call('public')).status, 200);
  });

  for (const args of [['--throttle', '5'], ['--throttle', '0/1'], ['--stage-throttle', 'x'], ['--quota', '-1'],
    ['--identity-expression', '('], ['--identity-expression', 'x', '--authorizer', 'request'], ['--nonsense'], ['--port', 'x']])
    test(`${args.join(' ')} is refused with a sentence`, async () => {
      const {code, stderr, stdout} = await run('portcullis-dev', args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^portcullis-dev: .{20,}\n$/);
    });
});

describe('start and end of the local world', () => {
  const allPrograms = async (world) => {
    await world.call('public');
    await world.call('private', {token: await world.token()});
    const programs = childrenOf(world.program.pid);
    assert.equal(programs.length, 4, 'three functions and the auth server');
    return programs;
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'])
    test(`${signal} leaves no program behind`, async (t) => {
      const world = await startWorld(t.after.bind(t), {state: temporaryFolder(t.after.bind(t))});
      const functions = await allPrograms(world);
      const ended = await world.program.stop(signal);
      if (signal === 'SIGKILL') assert.equal(ended.signal, signal);
      else assert.equal(ended.code, 0);
      for (const {pid, handler} of functions) await eventually(() => !alive(pid), `end of ${handler}`);
    });

  test('a second start has the same keys, another state others; the state is private', async (t) => {
    const state = temporaryFolder(t.after.bind(t));
    const keysOf = async (folder) => {
      const world = await startWorld(t.after.bind(t), {state: folder});
      const keys = await (await fetch(`${world.tenant}.well-known/jwks.json`)).text();
      await world.program.stop('SIGINT');
      return keys;
    };
    const first = await keysOf(state);
    assert.equal(await keysOf(state), first);
    assert.notEqual(await keysOf(temporaryFolder(t.after.bind(t))), first);
    assert.equal(statSync(state).mode & 0o077, 0);
  });

  test('ports that are taken give way to others, and everything printed follows', async (t) => {
    const takers = [];
    for (let i = 0; i < 2; ++i) {
      const taker = createServer().listen(0, '127.0.0.1');
      t.after(() => taker.close());
      await once(taker, 'listening');
      takers.push(taker.address().port);
    }
    const world = await startWorld(t.after.bind(t), {state: temporaryFolder(t.after.bind(t)), args: ['--port', String(takers[0]), '--tenant-port', String(takers[1])]});
    for (const port of takers) {
      await world.program.line(new RegExp(`port ${port} is taken`));
      assert.ok(!world.starting.some((line) => line.includes(`localhost:${port}`)), 'the taken port is not offered');
    }
    const port = new URL(world.page).port;
    for (const line of world.tries) assert.ok(line.includes(`localhost:${port}/`), line);
    assert.ok(world.tries.some((line) => line.includes(`--tenant ${world.tenant.replace(/\/$/, '')}`)));
    const token = await world.token();
    assert.equal(decodeJwt(token).iss, world.tenant);
    assert.equal((await world.call('private', {token})).status, 200);
    const config = await (await fetch(`${world.page}config.json`)).json();
    assert.equal(new URL(config.PRIVATE_ENDPOINT, world.page).port, port);
    assert.ok(config.AUTH0_DOMAIN.includes(new URL(world.tenant).port));
  });

  test('two worlds live side by side with one state', async (t) => {
    const state = temporaryFolder(t.after.bind(t));
    const [one, other] = [await startWorld(t.after.bind(t), {state}), await startWorld(t.after.bind(t), {state})];
    assert.notEqual(one.ready, other.ready);
    assert.notEqual(one.logs, other.logs);
    for (const world of [one, other]) assert.equal((await world.call('private', {token: await world.token()})).status, 200);
    assert.equal((await other.call('private', {token: await one.token()})).status, 401);
  });
});
