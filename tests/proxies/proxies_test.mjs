// nginx, HAProxy and Caddy as Debian has them, with what `check --proxy` prints, in front of a backend that tells what
// reached it. gateway.md §8, §9.7; cases C029 and C031.
import assert from 'node:assert/strict';
import {createHash, randomUUID} from 'node:crypto';
import {statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Backend, ask, freePort, listens, pairs, startProxy} from '../support/proxies.mjs';
import {Program, endOf, temporaryFolder} from '../support/program.mjs';
import {accessClaims, makeToken, nowSeconds} from '../support/tokens.mjs';
import {b64, publicJwk, signer} from '../vectors/signing.mjs';

describe('portcullis and real proxies', () => {
  const atEnd = endOf(after);
  const folder = temporaryFolder(atEnd);
  const config = path.join(folder, 'portcullis.yaml');
  const names = ['nginx', 'haproxy', 'caddy'];
  const addresses = {nginx: '127.0.0.11', haproxy: '127.0.0.12', caddy: '127.0.0.13'};  // whose requests are counted apart
  const ports = {};
  let backend, serve, servePort;

  const identity = {subject: 'x-auth-subject', client: 'x-auth-client', scope: 'x-auth-scope', issuer: 'x-auth-issuer', organization: 'x-auth-organization'};

  before(async () => {
    writeFileSync(path.join(folder, 'jwks.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
    servePort = await freePort();
    const rest = {audience: 'https://api.example.com', algorithms: ['RS256'], token: 'auth0-access'};
    writeFileSync(config, JSON.stringify({
      issuers: [
        {domain: 'example.eu.auth0.com', ...rest, jwks_file: 'jwks.json'},
        {issuer: 'https://out-of-reach.example/', ...rest, jwks_uri: `https://127.0.0.1:${await freePort()}/keys`},
      ],
      routes: [
        {route: 'GET /api/public', access: 'public'},
        {route: 'GET /files/{path+}', access: 'public'},
        {route: 'ANY /admin/{path+}', access: {all: ['permission:admin']}},
        {route: 'GET /orders', access: {all: ['scope:read:orders']}},
        {route: 'HEAD /orders', access: {all: ['scope:read:orders']}},
        {route: 'POST /orders', access: {all: ['scope:write:orders']}},
        {route: 'OPTIONS /orders', access: 'public'},
        {route: 'GET /socket', access: 'authenticated', limit: ['once']},
        {route: 'GET /limited', access: 'authenticated', limit: ['once']},
        {route: 'GET /by-address', access: 'public', limit: ['once-an-address']},
      ],
      default: 'deny',
      limits: {once: {rate: '1/hour', by: ['principal', 'route']}, 'once-an-address': {rate: '1/hour', by: 'address'}},
      serve: {listen: `127.0.0.1:${servePort}`, admin: `unix:${folder}/admin`, proxies: ['127.0.0.1/32'],
        identity: {'X-Auth-Subject': 'sub', 'X-Auth-Client': 'client', 'X-Auth-Scope': 'scope', 'X-Auth-Issuer': 'iss', 'X-Auth-Organization': 'org_id'}},
    }));
    backend = await Backend.start(atEnd);
    serve = new Program('portcullis', ['serve', '--config', config]);
    atEnd(() => serve.running && serve.stop());
    await Promise.race([listens(servePort), serve.ended.then(() => assert.fail(serve.lines.join('\n')))]);
    for (const name of names) ports[name] = await startProxy(name, {config, folder, backend: backend.port, atEnd});
  });

  const token = (more = {}, header = {}) => makeToken({header: {kid: 'k1', ...header}, claims: accessClaims(more)});
  const bearer = (more) => ['Authorization', `Bearer ${token(more)}`];
  /** Every spelling that some backend takes for the identity headers, with a forged value. */
  const forged = Object.values(identity).flatMap((name) => [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replaceAll('-', '.'), name.replace('-', '_')]
    .map((spelling) => [spelling, 'forged'])).concat([['X-Auth-Subject', 'forged'], ['X_AUTH_SUBJECT', 'forged'], ['x-auth.subject', 'forged']]);

  const seen = (answer) => JSON.parse(answer.body);
  const whoOf = (raw) => Object.fromEntries(pairs(raw).filter(([name]) => name.startsWith('x-auth-')));
  const countOf = (answer, name) => answer.all.filter(([one]) => one === name).length;

  /** Asks, and asserts that the backend was not reached. */
  async function refused(port, request) {
    const before = backend.requests;
    const answer = await ask(port, request);
    assert.equal(backend.requests, before, `${request.method ?? 'GET'} ${request.path} reached the backend: ${answer.status}`);
    return answer;
  }

  for (const name of names)
    describe(`behind ${name}`, () => {
      const who = `auth0|${name}`;
      const get = (target, headers = [], more = {}) => ask(ports[name], {path: target, headers, ...more});
      const no = (target, headers = [], more = {}) => refused(ports[name], {path: target, headers, ...more});

      test('FA-01: an allowed request has every identity header once, and arrives as it was sent', async () => {
        const answer = await get('/orders?x=/api/public&y=%2F', [bearer({sub: who, scope: 'openid read:orders'}), ['X-Own', 'kept']]);
        assert.equal(answer.status, 200);
        const {url, headers} = seen(answer);
        assert.equal(url, '/orders?x=/api/public&y=%2F');
        assert.deepEqual(pairs(headers).filter(([one]) => one.startsWith('x-auth-')).sort(), [
          ['x-auth-client', 'demoClient'], ['x-auth-issuer', 'https://example.eu.auth0.com/'], ['x-auth-organization', '-'],
          ['x-auth-scope', 'openid read:orders'], ['x-auth-subject', who]]);
        assert.equal(Object.fromEntries(pairs(headers))['x-own'], 'kept');
      });

      test('FA-02: no token is 401 with one challenge', async () => {
        const answer = await no('/orders');
        assert.equal(answer.status, 401);
        assert.equal(countOf(answer, 'www-authenticate'), 1);
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="api"');
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.ok(JSON.parse(answer.body).message);
      });

      test('FA-03: a missing scope is 403 with its challenge', async () => {
        const answer = await no('/orders', [bearer({scope: 'openid'})]);
        assert.equal(answer.status, 403);
        assert.equal(countOf(answer, 'www-authenticate'), 1);
        assert.match(answer.headers['www-authenticate'], /error="insufficient_scope".*scope="read:orders"/);
        assert.ok(JSON.parse(answer.body).message);
      });

      test('a bad token is 401 with what is wrong with it', async () => {
        const answer = await no('/orders', [bearer({exp: nowSeconds() - 600})]);
        assert.equal(answer.status, 401);
        assert.match(answer.headers['www-authenticate'], /error="invalid_token"/);
      });

      test('C029 a, c, d and FA-23, FA-24: forged identity headers are gone in every spelling', async () => {
        const answer = await get('/orders', [bearer({sub: 'auth0|u1'}), ...forged]);
        assert.equal(answer.status, 200);
        assert.ok(!JSON.stringify(seen(answer).headers).includes('forged'), JSON.stringify(seen(answer).headers));
        assert.equal(pairs(seen(answer).headers).filter(([one]) => one === 'x-auth-subject').length, 1);
        assert.equal(whoOf(seen(answer).headers)['x-auth-subject'], 'auth0|u1');
        assert.equal(whoOf(seen(answer).headers)['x-auth-organization'], '-');
      });

      test('C029 b: so are they on a public route, where nobody is somebody', async () => {
        const answer = await get('/api/public', forged);
        assert.equal(answer.status, 200);
        assert.ok(!JSON.stringify(seen(answer).headers).includes('forged'), JSON.stringify(seen(answer).headers));
        assert.deepEqual([...new Set(Object.values(whoOf(seen(answer).headers)))], ['-']);
      });

      test('FA-25: Connection does not remove what portcullis has sent', async () => {
        const named = ['Connection', `close, ${Object.values(identity).join(', ')}`];
        const answer = await get('/orders', [bearer({sub: who}), named]);
        assert.equal(answer.status, 200);
        assert.equal(whoOf(seen(answer).headers)['x-auth-subject'], who);
        assert.doesNotMatch(Object.fromEntries(pairs(seen(answer).headers)).connection ?? '', /auth/i);
        const unnamed = await ask(ports[name], {path: '/orders', headers: [bearer({sub: who}), ['Connection', 'Authorization']]});
        if (unnamed.status === 200) assert.equal(whoOf(seen(unnamed).headers)['x-auth-subject'], who);
        else assert.equal(unnamed.status, 401);
      });

      test('FA-07: what is said of the request in other headers is not believed, and does not reach the backend', async () => {
        const lies = ['X-Original-URI', 'X-Original-Method', 'X-Forwarded-Uri', 'X-Forwarded-Method', 'X-Original-Address'].map((one) => [one, '/api/public']);
        assert.equal((await no('/orders', lies)).status, 401);
        const answer = await get('/api/public', lies);
        assert.equal(answer.status, 200);
        for (const [one, value] of pairs(seen(answer).headers)) assert.notEqual(value, '/api/public', one);
      });

      test('FA-26: the second of one an hour is 429 with Retry-After', async () => {
        const authorization = bearer({sub: who});
        const first = await get('/limited', [authorization]);
        assert.equal(first.status, 200);
        if (name !== 'caddy') assert.match(first.headers.ratelimit, /^"once";r=0/);  // which has no words for an answer's headers
        const answer = await no('/limited', [authorization]);
        assert.equal(answer.status, 429);
        assert.match(answer.headers['retry-after'], /^3(600|5\d\d)$/);
        assert.match(answer.headers.ratelimit, /^"once";r=0/);
        assert.match(answer.body, /^\{.*\}$/);
      });

      test('a limit by address counts the client, whatever it says of its address', async () => {
        const from = addresses[name];
        assert.equal((await get('/by-address', [['X-Forwarded-For', '192.0.2.1']], {from})).status, 200);
        for (const lie of ['192.0.2.2', '127.0.0.1', 'unknown', ''])
          assert.equal((await no('/by-address', [['X-Forwarded-For', lie], ['X-Original-Address', lie], ['X-Real-IP', lie]], {from})).status, 429, lie);
      });

      test('keys out of reach are 503, not 401', async () => {
        const answer = await no('/orders', [['Authorization', `Bearer ${makeToken({header: {kid: 'x'}, claims: accessClaims({iss: 'https://out-of-reach.example/'})})}`]]);
        assert.equal(answer.status, 503);
        assert.equal(countOf(answer, 'www-authenticate'), 0);
      });

      // C031 and gateway.md §8.2. What a proxy itself refuses is 400, too.
      for (const [uri, status] of [
        ['/api/public', 200], ['/api/public?next=/admin/x', 200], ['/admin/x?u=/api/public', 401], ['/admin/x#/api/public', name === 'caddy' ? 401 : 400],  // Caddy encodes it, for portcullis and for the backend
       
        ['/api/public/../../admin/x', 400], ['/files/../admin/x', 400], ['/files/%2e%2e/admin/x', 400], ['/files/..%2fadmin%2fx', 400],
        ['//api/public', 400], ['/api/public/', 401], ['/api/publicity', 401], ['/API/public', 401], ['/api/public;v=1', 400],
        ['/files/a;/../../admin/x', 400], ['/files/%252e%252e/admin/x', 400], ['/files/a%00b', 400], ['/%61pi/public', 400],
        ['/files\\..\\admin\\x', 400], ['/files/a%', 400],
        ['/files/a//b', 400], ['/files/./a', 400], ['/files/a%2Fb', 400], ['/files/a%5Cb', 400], ['/files/a%1Fb', 400], ['/files/a%7fb', 400],
        ['/files/a%2541', 400], ['/files/%zz', 400], ['/files/a%3Bb', 400], ['/files/plain%20name', 200], ['/files/a.b~c', 200],
      ])
        test(`C031 and FA-10 to FA-19: ${uri} is ${status}`, async () => {
          const answer = await (status === 200 ? get(uri) : no(uri));
          assert.equal(answer.status, status);
          if (status === 200) assert.equal(seen(answer).url, uri);
        });

      test('FA-20: what is listed nowhere is 403, with a good token', async () => assert.equal((await no('/nowhere', [bearer()])).status, 403));

      test('FA-08, FA-09 and FA-29: each method has its own rule', async () => {
        assert.equal((await no('/orders', [bearer()], {method: 'POST'})).status, 403);
        const posted = await get('/orders', [bearer({scope: 'write:orders'}), ['Content-Length', '5']], {method: 'POST', body: 'hello'});
        assert.deepEqual([posted.status, seen(posted).method, seen(posted).body], [200, 'POST', 'hello']);
        const head = await no('/orders', [], {method: 'HEAD'});
        assert.deepEqual([head.status, head.body], [401, '']);
        assert.deepEqual(await get('/orders', [bearer()], {method: 'HEAD'}).then(({status, body}) => [status, body]), [200, '']);
        assert.equal((await get('/orders', [], {method: 'OPTIONS'})).status, 200);
        assert.equal((await no('/api/public', [], {method: 'OPTIONS'})).status, 401);
        assert.equal((await no('/orders', [bearer()], {method: 'DELETE'})).status, 403);
      });

      test('FA-28: a WebSocket is asked about once, and opened', async () => {
        const handshake = [['Upgrade', 'websocket'], ['Connection', 'Upgrade, X-Auth-Subject'], ['Sec-WebSocket-Version', '13'], ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']];
        assert.equal((await no('/socket', handshake)).status, 401);
        const answer = await get('/socket', [bearer({sub: who}), ...handshake]);
        assert.equal(answer.status, 101);
        const reached = Object.fromEntries(pairs(JSON.parse(answer.headers['x-was-sent'])));
        assert.deepEqual([reached['x-auth-subject'], reached.connection.toLowerCase()], [who, 'upgrade']);
        assert.equal((await no('/socket', [bearer({sub: who}), ...handshake])).status, 429, 'the one an hour was taken by the one question');
      });

      test('64 KB of headers are refused, and do no harm', async () => {
        const padding = Array.from({length: 16}, (_, i) => [`X-Padding-${i}`, 'x'.repeat(4096)]);
        const answer = await no('/api/public', padding).catch(({code}) => ({status: code}));  // some close before all is sent
        assert.ok([400, 431, 'ECONNRESET', 'EPIPE'].includes(answer.status), answer.status);
        assert.equal((await get('/api/public')).status, 200);
      });

      test('FA-34: two tokens are refused, whichever is good', async () => {
        for (const two of [[bearer(), ['Authorization', 'Bearer x']], [['Authorization', 'Bearer x'], bearer()]])
          assert.equal((await no('/orders', two)).status, 400);
      });

      test('a sender-constrained token passes with a proof for the very URL that the client called', async () => {
        const jwk = publicJwk('p256');
        const jkt = b64(createHash('sha256').update(JSON.stringify({crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y})).digest());
        const bound = token({cnf: {jkt}, sub: who});
        const proof = (htu) => makeToken({header: {typ: 'dpop+jwt', jwk: {crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y}}, alg: 'ES256', sign: signer('p256', 'ES256'),
          claims: {jti: randomUUID(), htm: 'GET', htu, iat: nowSeconds(), ath: b64(createHash('sha256').update(bound).digest())}});
        const called = (htu) => [['Authorization', `DPoP ${bound}`], ['DPoP', proof(htu)]];
        assert.equal((await get('/orders?x=1', called(`http://127.0.0.1:${ports[name]}/orders`))).status, 200);
        const answer = await no('/orders', called(`http://127.0.0.1:${servePort}/orders`));
        assert.equal(answer.status, 401);
        assert.match(answer.headers['www-authenticate'], /^DPoP error="invalid_dpop_proof"/);
        assert.equal((await no('/orders', [['Authorization', `Bearer ${bound}`]])).status, 401);
      });

      test('what the backend says reaches the client as it is', async () => {
        for (const status of [401, 403, 429, 500, 503]) {
          const answer = await get('/api/public', [['X-Answer', String(status)]]);
          assert.deepEqual([answer.status, seen(answer).url], [status, '/api/public']);
        }
      });
    });

  describe('without a proxy, or with none of ours', () => {
    test('FA-04: whoever is no proxy is refused, and the log names the address', async () => {
      const told = [['X-Original-Method', 'GET'], ['X-Original-URI', '/api/public'], ['X-Original-Address', '192.0.2.1'], ['X-Forwarded-For', '192.0.2.1']];
      assert.equal((await ask(servePort, {path: '/auth/nginx', headers: told})).status, 200);
      assert.equal((await ask(servePort, {path: '/auth/nginx', headers: told, from: '127.0.0.99'})).status, 403);
      await serve.line(/127\.0\.0\.99/);
    });

    test('FA-05: a proxy that does not tell of the request is told so in the log', async () => {
      assert.equal((await ask(servePort, {path: '/auth/nginx', headers: [['X-Original-Method', 'GET']]})).status, 500);
      await serve.line(/X-Original-URI/);
    });
  });

  describe('when portcullis is gone', () => {
    before(() => serve.stop());
    for (const name of names)
      test(`FA-27: ${name} lets nothing through`, async () => {
        const both = [{path: '/api/public'}, {path: '/orders', headers: [bearer()]}];  // at once: HAProxy tries for three seconds
        for (const {status} of await Promise.all(both.map((request) => refused(ports[name], request)))) assert.ok([502, 503].includes(status), String(status));
      });
  });
});

// Its workers ask as a user of their own, and a connection over a full or replaced socket fails at once, not later.
describe('nginx and a Unix socket', () => {
  const atEnd = endOf(after);
  const folder = temporaryFolder(atEnd), config = path.join(folder, 'portcullis.yaml');
  let serve, port;
  const start = async () => {
    serve = new Program('portcullis', ['serve', '--config', config]);
    await serve.line(/"ready"/);
  };

  before(async () => {
    writeFileSync(path.join(folder, 'jwks.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
    writeFileSync(config, JSON.stringify({
      issuers: [{domain: 'example.eu.auth0.com', audience: 'https://api.example.com', algorithms: ['RS256'], token: 'auth0-access', jwks_file: 'jwks.json'}],
      routes: [{route: 'GET /public', access: 'public'}, {route: 'GET /private', access: 'authenticated'}], default: 'deny',
      serve: {listen: `unix:${folder}/socket`, admin: `unix:${folder}/admin`},
    }));
    await start();
    atEnd(() => serve.running && serve.stop());
    port = await startProxy('nginx', {config, folder, backend: (await Backend.start(atEnd)).port, atEnd});
  });
  const allowed = () => ask(port, {path: '/private', headers: [['Authorization', `Bearer ${makeToken({header: {kid: 'k1'}, claims: accessClaims()})}`]]});

  test('every request has its own answer, also while portcullis takes new configurations', async () => {
    assert.equal(statSync(path.join(folder, 'socket')).mode & 0o777, 0o660);
    const reloads = (async () => {
      for (let i = 0; i < 3; ++i) {
        const from = serve.lines.length;
        serve.child.kill('SIGHUP');
        await serve.line(/"reloaded"/, {from});
      }
    })();
    const statuses = async () => [(await ask(port, {path: '/public'})).status, (await ask(port, {path: '/private'})).status, (await allowed()).status];
    const asked = Array.from({length: 20}, async () => {
      for (let i = 0; i < 5; ++i) assert.deepEqual(await statuses(), [200, 401, 200]);
    });
    await Promise.all([reloads, ...asked]);
  });

  test('it finds the socket that the next portcullis puts in the place of the last one', async () => {
    await serve.stop();
    assert.equal((await ask(port, {path: '/public'})).status, 503);
    await start();
    assert.equal((await allowed()).status, 200);
  });
});
