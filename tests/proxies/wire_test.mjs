// Traefik and Envoy, which Debian does not have, played by requests as their documentation says they send them; and what
// no proxy sends, but somebody may: gateway.md §8.1, §9.7; case C033.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {ask, freePort, listens} from '../support/proxies.mjs';
import {Program, endOf, temporaryFolder, within} from '../support/program.mjs';
import {accessClaims, makeToken} from '../support/tokens.mjs';
import {publicJwk} from '../vectors/signing.mjs';

describe('portcullis and requests as proxies send them', () => {
  const atEnd = endOf(after);
  const folder = temporaryFolder(atEnd);
  let port, serve;

  before(async () => {
    writeFileSync(path.join(folder, 'jwks.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
    port = await freePort();
    const config = path.join(folder, 'portcullis.yaml');
    writeFileSync(config, JSON.stringify({
      issuers: [{domain: 'example.eu.auth0.com', audience: 'https://api.example.com', algorithms: ['RS256'], token: 'auth0-access', jwks_file: 'jwks.json'}],
      routes: [
        {route: 'GET /public', access: 'public'},
        {route: 'GET /orders', access: {all: ['scope:read:orders']}},
        {route: 'POST /orders', access: {all: ['scope:read:orders']}},
        {route: 'HEAD /orders', access: {all: ['scope:write:orders']}},
        {route: 'GET /by-address', access: 'public', limit: ['five']},
      ],
      default: 'deny',
      limits: {five: {rate: '5/hour', by: 'address'}},
      serve: {listen: `127.0.0.1:${port}`, admin: `unix:${folder}/admin`, proxies: ['127.0.0.1/32', '10.0.0.0/8']},
    }));
    serve = new Program('portcullis', ['serve', '--config', config]);
    atEnd(() => serve.stop());
    await Promise.race([listens(port), serve.ended.then(() => assert.fail(serve.lines.join('\n')))]);
  });

  const token = makeToken({header: {kid: 'k1'}, claims: accessClaims()});
  const authorization = ['Authorization', `Bearer ${token}`];

  /** As Traefik's ForwardAuth with trustForwardHeader: false and authRequestHeaders asks. */
  const traefik = (method, uri, headers = [], address = '203.0.113.1') => ask(port, {path: '/auth/traefik', headers: [
    ['User-Agent', 'Go-http-client/1.1'], ...headers, ['X-Forwarded-For', address], ['X-Forwarded-Host', 'api.example.com'], ['X-Forwarded-Method', method],
    ['X-Forwarded-Port', '80'], ['X-Forwarded-Proto', 'http'], ['X-Forwarded-Server', 'gateway'], ['X-Forwarded-Uri', uri], ['Accept-Encoding', 'gzip']]});
  /** As Envoy's ext_authz with path_prefix: the method is the client's, the path stands behind the prefix. */
  const envoy = (method, uri, headers = [], address = '203.0.113.1, 10.0.0.1') => ask(port, {method, path: `/auth/envoy${uri}`, host: 'api.example.com', headers: [
    ['Content-Length', '0'], ...headers, ['X-Forwarded-For', address], ['X-Forwarded-Proto', 'http'], ['X-Envoy-Internal', 'true']]});

  for (const [name, send] of Object.entries({traefik, envoy}))
    describe(`as ${name} asks`, () => {
      test('allowed: 200, nothing in the body, every identity header once', async () => {
        const answer = await send('GET', '/orders?x=/public', [authorization]);
        assert.deepEqual([answer.status, answer.body], [200, '']);
        assert.deepEqual(answer.all.filter(([one]) => one.startsWith('x-auth-')), [
          ['x-auth-subject', 'auth0|u1'], ['x-auth-client', 'demoClient'], ['x-auth-scope', 'read:orders'], ['x-auth-issuer', 'https://example.eu.auth0.com/']]);
        assert.equal(answer.headers['cache-control'], 'no-store');
      });
      test('public: every identity header says that there is nobody', async () => {
        const answer = await send('GET', '/public');
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.all.filter(([one]) => one.startsWith('x-auth-')).map(([, value]) => value), ['-', '-', '-', '-']);
      });
      test('no token: 401 with a challenge and a sentence', async () => {
        const answer = await send('GET', '/orders');
        assert.equal(answer.status, 401);
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="api"');
        assert.deepEqual(JSON.parse(answer.body), {message: 'The request carries no token.'});
      });
      test('FA-08, FA-29 and FA-30: the rule of its method, HEAD too, which has no body', async () => {
        assert.equal((await send('POST', '/orders', [authorization])).status, 200);
        const head = await send('HEAD', '/orders', [authorization]);
        assert.deepEqual([head.status, head.headers['www-authenticate'].includes('write:orders')], [403, true]);
        if (name === 'envoy') assert.equal(head.body, '');
        assert.equal((await send('OPTIONS', '/orders', [authorization])).status, 403);
      });
      test('FA-18 to FA-20: the path alone decides', async () => {
        for (const [uri, status] of [['/public?x=/orders', 200], ['/orders?x=/public', 401], ['/Public', 401], ['/public/', 401], ['/nowhere', 401],
          ['/public/../orders', 400], ['//public', 400], ['/public;x', 400], ['/%70ublic', 400], ['', 400]])
          assert.equal((await send('GET', uri)).status, status, uri);
      });
      test('FA-31 and FA-34: two tokens, or one joined of two, are refused', async () => {
        assert.equal((await send('GET', '/orders', [authorization, authorization])).status, 400);
        assert.equal((await send('GET', '/orders', [['Authorization', `Bearer ${token},Bearer ${token}`]])).status, 400);
      });
      test('FA-07: headers of other dialects are not read', async () => {
        const lies = [['X-Original-URI', '/public'], ['X-Original-Method', 'GET'], ...(name === 'envoy' ? [['X-Forwarded-Uri', '/public'], ['X-Forwarded-Method', 'GET']] : [])];
        assert.equal((await send('GET', '/orders', lies)).status, 401);
      });
      test('C035: one bucket for one client, however it changes what it says', async () => {
        const client = name === 'envoy' ? '203.0.113.9' : '203.0.113.8';
        const statuses = [];
        for (let i = 1; i <= 8; ++i) statuses.push((await send('GET', '/by-address', [], `1.2.3.${i}, ${client}${i % 2 ? '' : ', 10.0.0.7'}`)).status);
        assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
        const limited = await send('GET', '/by-address', [], `${client}:5000`);
        assert.equal(limited.status, 429);
        assert.ok(Number(limited.headers['retry-after']) > 0);
        assert.equal(limited.headers['content-type'], 'application/problem+json');
        assert.equal(JSON.parse(limited.body).status, 429);
        for (const junk of ['unknown', `${client}, ${'x'.repeat(300)}`, '']) assert.equal((await send('GET', '/by-address', [], junk)).status, 500, junk);
        await serve.line(/X-Forwarded-For/);
      });
    });

  test('FA-06: a header that is there twice decides nothing', async () => {
    assert.equal((await traefik('GET', '/public', [['X-Forwarded-Uri', '/public']])).status, 500);
    assert.equal((await traefik('GET', '/public', [['X-Forwarded-Method', 'GET']])).status, 500);
  });

  test('FA-09: a method that is not made of capital letters is 403, even on a public path', async () => {
    for (const method of ['get', 'GET X', 'G'.repeat(100)]) assert.equal((await traefik(method, '/public')).status, 403, method);
  });

  test('FA-32: the query of our own path says nothing', async () => {
    const headers = [['X-Forwarded-For', '203.0.113.1'], ['X-Forwarded-Method', 'GET'], ['X-Forwarded-Uri', '/orders']];
    assert.equal((await ask(port, {path: '/auth/caddy?uri=/public&x=1', headers})).status, 401);
  });

  // Announced bodies that never come, on a connection that stays open: the decision needs the header only.
  const told = `Host: x\r\nX-Forwarded-For: 203.0.113.1\r\nX-Forwarded-Method: POST\r\nX-Forwarded-Uri: /orders\r\nAuthorization: Bearer ${token}\r\n`;
  const rows = {
    a: {sent: `GET /auth/traefik HTTP/1.1\r\n${told}Content-Length: 77\r\n\r\n`, status: 200},
    b: {sent: `GET /auth/traefik HTTP/1.1\r\n${told}Transfer-Encoding: chunked\r\n\r\n`, status: 200},
    c: {sent: `HEAD /auth/traefik HTTP/1.1\r\n${told}\r\n`, status: 200},
    d: {sent: `POST /auth/traefik HTTP/1.1\r\n${told}Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n`, status: 200},
    e: {sent: `GET /auth/traefik HTTP/1.1\r\n${told}Content-Length: 77\r\n\r\n`, then: `GET /admin HTTP/1.1\r\n${'X'.repeat(56)}`, status: 200},
    f: {sent: `GET /auth/traefik HTTP/1.1\r\n${told}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, status: 400},
    g: {sent: `GET /auth/traefik HTTP/1.1\r\n${told}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, status: 400},
  };
  for (const [row, {sent, then, status}] of Object.entries(rows))
    test(`C033 ${row}: is answered from the header`, async () => {
      const socket = net.connect(port, '127.0.0.1');
      let text = '';
      const headerEnds = new Promise((resolve) => socket.on('data', (bytes) => (text += bytes, text.includes('\r\n\r\n') && resolve())));
      await once(socket, 'connect');
      socket.on('error', () => {}).write(sent);
      await within(5_000, 'an answer', headerEnds);
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
      if (then) {
        const ended = once(socket, 'close');
        socket.end(then);
        await within(5_000, 'the end', ended);
      }
      socket.destroy();
      assert.equal(text.match(/HTTP\/1\.1 \d/g).length, 1, 'one answer to one request');
    });
});
