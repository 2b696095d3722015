// The command line as scripts and people use it: answers, exit codes, and what it does with bad input.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {createServer} from 'node:http';
import {once} from 'node:events';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, describe, test} from 'node:test';
import {publicJwk} from '../vectors/signing.mjs';
import {Program, binary, endOf, run, temporaryFolder} from '../support/program.mjs';
import {KeyServer} from '../support/key_server.mjs';
import {RuntimeApi, arn, tokenEvent} from '../support/runtime_api.mjs';
import {accessClaims, audience, issuer, makeToken, nowSeconds, withBadSignature} from '../support/tokens.mjs';
import {used} from '../support/used_tokens.mjs';

const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
const file = (name, content) => {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
};

const jwks = file('keys.json', JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'}), publicJwk('p256', {kid: 'p1'})]}));
const config = file('portcullis.yaml', `issuers:
  - issuer: ${issuer}
    jwks_file: ${jwks}
    audience: ${audience}
    algorithms: [RS256]
    token: auth0-access
routes:
  - route: "POST /api/public"
    access: public
  - route: "POST /api/private"
    access: authenticated
  - route: "GET /orders/{id}"
    access: { all: ["scope:read:orders"] }
  - route: "ANY /admin/{path+}"
    access: { all: ["permission:admin"] }
  - route: "GET /staff"
    access: { any: ["role:staff", "client:batch"], none: ["claim:/suspended=true"] }
  - route: "GET /vault"
    access: { max_age: 5m, acr: [gold] }
  - route: "GET /tried"
    access: { all: ["scope:none:has"] }
    mode: report
default: deny
lambda: { policy: routes, cache: 0s }
`);
const closedPort = 'http://127.0.0.1:9/';  // discard: nothing listens
const unreachable = file('unreachable.yaml', `development: true
issuers:
  - issuer: ${closedPort}
    jwks_uri: ${closedPort}.well-known/jwks.json
    audience: ${audience}
    algorithms: [RS256]
    token: auth0-access
routes:
  - route: "POST /api/private"
    access: authenticated
default: deny
lambda: { policy: routes, cache: 0s }
`);

const token = (more = {}, rest = {}) => makeToken({header: {kid: 'k1'}, claims: accessClaims(more), ...rest});
const portcullis = (args, more = {}) => run('portcullis', args, {cwd: folder, ...more});
const lines = (text) => text.split('\n').filter(Boolean);
const jsonLines = (text) => lines(text).map((line) => JSON.parse(line));
const byFlags = ['--jwks', jwks, '--issuer', issuer, '--audience', audience];

/** One sentence to the user and nothing else. */
function assertComplaint(result, code, pattern) {
  assert.equal(result.signal, null, 'no crash');
  assert.equal(result.code, code, result.stderr);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^portcullis: [^\n]+\n$/);
  if (pattern) assert.match(result.stderr, pattern);
}

describe('verify', () => {
  const members = ['valid', 'reason', 'detail', 'status', 'challenge', 'issuer', 'alg', 'kid', 'claims'];
  const rows = [
    {name: 'a good token', make: () => token(), code: 0, valid: true, reason: 'ok', status: 200},
    {name: 'a changed signature', make: () => withBadSignature(token()), code: 1, valid: false, reason: 'bad_signature', status: 401},
    {name: 'an expired token', make: () => token({exp: nowSeconds() - 600}), code: 1, valid: false, reason: 'expired', status: 401},
    {name: 'another audience', make: () => token({aud: 'https://other.example.com'}), code: 1, valid: false, reason: 'bad_aud', status: 401},
    {name: 'another issuer', make: () => token({iss: 'https://other.example.com/'}), code: 1, valid: false, reason: 'bad_iss', status: 401},
    {name: 'an unknown kid', make: () => token({}, {header: {kid: 'k9'}}), code: 1, valid: false, reason: 'unknown_kid', status: 401},
    {name: 'HS256', make: () => token({}, {alg: 'HS256', key: 'secret'}), code: 1, valid: false, reason: 'alg_not_allowed', status: 401},
    {name: 'an ID token', make: () => token({aud: 'demoClient', scope: undefined, nonce: 'n'}), code: 1, valid: false, reason: 'wrong_token_type', status: 401},
    {name: 'an opaque token', make: () => used('3xampleOpaqueT0kenOf32Characters'), code: 1, valid: false, reason: 'not_jws', status: 401},
  ];
  for (const {name, make, code, valid, reason, status} of rows)
    test(`${name} is ${reason}: exit ${code}, by configuration and by flags, as - and @FILE and argument`, async () => {
      const compact = make();
      const kept = file('token.txt', `${compact}\n`);
      const ways = [
        {args: ['-', '--config', config], input: `${compact}\n`},
        {args: [`@${kept}`, '--config', config]},
        {args: [compact, '--config', config]},
        {args: ['-', ...byFlags], input: compact},
        {args: ['-', ...byFlags, '--alg', 'RS256'], input: `${compact}\r\n`},
        {args: ['-'], input: compact, env: {PORTCULLIS_CONFIG: config}},
        {args: ['-'], input: compact},  // ./portcullis.yaml
      ];
      for (const {args, input, env} of ways) {
        const result = await portcullis(['verify', '--json', ...args], {input, env});
        assert.equal(result.code, code, result.stderr);
        assert.equal(result.stderr, '');
        const [verdict, ...more] = jsonLines(result.stdout);
        assert.deepEqual(more, []);
        assert.deepEqual(Object.keys(verdict), members);
        assert.equal(verdict.valid, valid);
        assert.equal(verdict.reason, reason);
        assert.equal(verdict.status, status);
        if (valid) {
          assert.equal(verdict.challenge, null);
          assert.equal(verdict.issuer, issuer);
          assert.equal(verdict.alg, 'RS256');
          assert.equal(verdict.kid, 'k1');
          assert.deepEqual(verdict.claims, JSON.parse(Buffer.from(compact.split('.')[1], 'base64url')));
        } else {
          assert.match(verdict.challenge, /^Bearer .*error="invalid_token"/);
          for (const member of ['issuer', 'alg', 'kid', 'claims']) assert.equal(verdict[member], null, member);
          assert.ok(!verdict.detail.includes(compact.slice(-20)), 'the detail holds nothing of the token');
        }
      }
      const words = await portcullis(['verify', '-', '--config', config], {input: compact});
      assert.equal(words.code, code);
      assert.ok(words.stdout.includes(valid ? 'valid' : reason), 'said in words');
    });

  test('--at moves the clock, in seconds and as RFC 3339', async () => {
    const compact = token({iat: 1767225540, exp: 1767229200});
    for (const [at, code] of [['1767225600', 0], ['2026-01-01T00:00:00Z', 0], ['1767225600.5', 0], ['2027-01-01T00:00:00Z', 1], ['1600000000', 1]])
      assert.equal((await portcullis(['verify', '-', '--at', at, '--config', config], {input: compact})).code, code, at);
    assertComplaint(await portcullis(['verify', '-', '--at', 'noon', '--config', config], {input: compact}), 2, /--at/);
  });

  test('--alg decides which algorithms count', async () => {
    const es256 = token({}, {alg: 'ES256', key: 'p256', header: {kid: 'p1'}});
    assert.equal((await portcullis(['verify', '-', ...byFlags], {input: es256})).code, 1);
    assert.equal((await portcullis(['verify', '-', ...byFlags, '--alg', 'ES256'], {input: es256})).code, 0);
    assert.equal((await portcullis(['verify', '-', ...byFlags, '--alg', 'ES256'], {input: token()})).code, 1);
    assert.equal((await portcullis(['verify', '-', ...byFlags, '--alg', 'ES256', '--alg', 'RS256'], {input: token()})).code, 0);
  });

  test('--signature-only says that nothing else was checked', async () => {
    const expired = token({exp: 1});
    const words = await portcullis(['verify', '-', '--signature-only', '--jwks', jwks], {input: expired});
    assert.equal(words.code, 0);
    assert.equal(words.stdout, 'signature good, nothing else checked\n');
    const json = await portcullis(['verify', '-', '--signature-only', '--jwks', jwks, '--json'], {input: expired});
    const {signature, valid} = JSON.parse(json.stdout);
    assert.deepEqual({signature, valid}, {signature: 'good', valid: null});
    const bad = await portcullis(['verify', '-', '--signature-only', '--jwks', jwks, '--json'], {input: withBadSignature(expired)});
    assert.equal(bad.code, 1);
    assert.deepEqual([JSON.parse(bad.stdout).signature, JSON.parse(bad.stdout).valid], ['bad', null]);
  });

  test('keys out of reach: undecided, exit 3, never a verdict', async () => {
    const compact = token({iss: closedPort});
    const result = await portcullis(['verify', '-', '--json', '--config', unreachable], {input: compact});
    assert.equal(result.code, 3);
    const {valid, reason, status, challenge} = JSON.parse(result.stdout);
    assert.deepEqual({valid, reason, status, challenge}, {valid: null, reason: 'keys_unavailable', status: 503, challenge: null});
    const batch = await portcullis(['verify', '--batch', '--config', unreachable], {input: JSON.stringify({token: compact})});
    assert.equal(batch.code, 0, 'every line got its result');
    assert.equal(JSON.parse(batch.stdout).status, 503);
  });
});

describe('verify --batch', () => {
  test('one result a line in order; bad lines do not stop it; the clock may go back', async () => {
    const now = nowSeconds();
    const rows = [
      [JSON.stringify({token: token()}), {valid: true, reason: 'ok'}],
      ['{', null],
      ['', null],
      ['[]', null],
      ['"text"', null],
      ['{}', null],
      ['{"token":42}', null],
      ['{"token":"a","token":"b"}', null],
      [JSON.stringify({token: token(), at: 'noon'}), null],
      [JSON.stringify({token: token(), at: now + 86400}), {valid: false, reason: 'expired'}],
      [JSON.stringify({token: token(), at: now + 0.25}), {valid: true, reason: 'ok'}],
      [JSON.stringify({token: token({nbf: now}), at: new Date((now - 3600) * 1000).toISOString()}), {valid: false, reason: 'not_yet'}],
      [JSON.stringify({token: token(), at: null}), {valid: true, reason: 'ok'}],
      [JSON.stringify({token: ''}), {valid: false, reason: 'malformed'}],
      [JSON.stringify({token: withBadSignature(token())}), {valid: false, reason: 'bad_signature'}],
    ];
    for (const end of ['\n', '']) {
      const result = await portcullis(['verify', '--batch', '--config', config], {input: rows.map(([line]) => line).join('\n') + end});
      assert.equal(result.code, 0, result.stderr);
      const results = jsonLines(result.stdout);
      assert.equal(results.length, rows.length);
      rows.forEach(([line, expected], i) => {
        if (expected) {
          assert.deepEqual({valid: results[i].valid, reason: results[i].reason}, expected, `line ${i + 1}`);
        } else {
          assert.deepEqual(Object.keys(results[i]), ['error'], `line ${i + 1}: ${line.slice(0, 20)}`);
          assert.equal(results[i].error.line, i + 1);
          assert.equal(typeof results[i].error.message, 'string');
        }
      });
    }
  });

  test('nothing in, nothing out', async () => {
    const result = await portcullis(['verify', '--batch', '--config', config]);
    assert.deepEqual([result.code, result.stdout, result.stderr], [0, '', '']);
  });
});

describe('decide', () => {
  const members = ['outcome', 'enforced', 'status', 'reason', 'detail', 'route', 'principal', 'issuer', 'claims', 'limit', 'headers', 'identity', 'response'];
  const bearerOf = (claims) => ({Authorization: `Bearer ${token(claims)}`});
  const bearer = () => bearerOf({});
  const requests = [
    {line: 'POST /api/public', code: 0, outcome: 'allow', status: 200, reason: 'ok', route: 'POST /api/public', principal: null},
    {line: 'POST /api/private', code: 1, outcome: 'deny', status: 401, reason: 'no_credentials', challenge: 'Bearer realm="api"'},
    {line: 'POST /api/private', headers: bearer, code: 0, outcome: 'allow', status: 200, reason: 'ok', route: 'POST /api/private', principal: 'auth0|u1'},
    {line: 'GET /orders/1?x=/admin', headers: bearer, code: 0, outcome: 'allow', status: 200, reason: 'ok', route: 'GET /orders/{id}', principal: 'auth0|u1'},
    {line: 'GET /admin/a/b', headers: bearer, code: 1, outcome: 'deny', status: 403, reason: /^(forbidden|insufficient_scope)$/, route: 'ANY /admin/{path+}'},
    {line: 'GET /staff', headers: bearer, code: 1, outcome: 'deny', status: 403, reason: 'forbidden', route: 'GET /staff'},
    {line: 'GET /staff', headers: () => bearerOf({roles: ['staff']}), code: 0, outcome: 'allow', status: 200, reason: 'ok', route: 'GET /staff'},
    {line: 'GET /staff', headers: () => bearerOf({roles: ['staff'], suspended: true}), code: 1, outcome: 'deny', status: 403, reason: 'forbidden', route: 'GET /staff'},
    {line: 'GET /vault', headers: bearer, code: 1, outcome: 'deny', status: 401, reason: 'step_up', route: 'GET /vault', challenge: /error="insufficient_user_authentication".*, acr_values="gold", max_age="300"$/},
    {line: 'GET /vault', headers: () => bearerOf({auth_time: nowSeconds() - 60, acr: 'gold'}), code: 0, outcome: 'allow', status: 200, reason: 'ok', route: 'GET /vault'},
    {line: 'GET /tried', headers: bearer, code: 0, outcome: 'deny', enforced: false, status: 403, reason: 'insufficient_scope', route: 'GET /tried', principal: 'auth0|u1'},
    {line: 'GET /tried', code: 0, outcome: 'deny', enforced: false, status: 401, reason: 'no_credentials', route: 'GET /tried', principal: null},
    {line: 'GET /nowhere', headers: bearer, code: 1, outcome: 'deny', status: 403, reason: 'no_route'},
    {line: 'GET /nowhere', code: 1, outcome: 'deny', status: 401, reason: 'no_credentials', challenge: 'Bearer realm="api"'},
    {line: 'GET /nowhere', headers: () => ({Authorization: `Bearer ${withBadSignature(token())}`}), code: 1, outcome: 'deny', status: 401, reason: 'bad_signature', challenge: /error="invalid_token"/},
    {line: 'POST /api/../api/private', headers: bearer, code: 1, outcome: 'deny', status: 400, reason: 'bad_request', challenge: /error="invalid_request"/},
    {line: 'POST /api/private', headers: () => ({Authorization: 'Basic dXNlcjpwYXNz'}), code: 1, outcome: 'deny', status: 401, reason: 'no_credentials', challenge: 'Bearer realm="api"'},
  ];
  const assertDecision = (decision, row) => {
    assert.deepEqual(Object.keys(decision), members);
    assert.equal(decision.outcome, row.outcome);
    assert.equal(decision.enforced, row.enforced ?? true);
    if (row.enforced === false) assert.deepEqual(decision.headers, {}, 'a request that passes is not challenged');
    assert.equal(decision.status, row.status);
    if (row.reason instanceof RegExp) assert.match(decision.reason, row.reason);
    else assert.equal(decision.reason, row.reason);
    if (row.route) assert.equal(decision.route, row.route);
    if ('principal' in row) assert.equal(decision.principal, row.principal);
    if (row.challenge instanceof RegExp) assert.match(decision.headers['WWW-Authenticate'], row.challenge);
    else if (row.challenge) assert.equal(decision.headers['WWW-Authenticate'], row.challenge);
    assert.equal(decision.limit, null);
    assert.equal(decision.response, null);
  };

  for (const [i, row] of requests.entries())
    test(`--request ${i + 1}: ${row.line} is ${row.outcome} ${row.status}, alone and in a batch`, async () => {
      const headers = row.headers?.() ?? {};
      const flags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      const alone = await portcullis(['decide', '--request', row.line, ...flags, '--json', '--config', config]);
      assert.equal(alone.code, row.code, alone.stderr);
      assertDecision(JSON.parse(alone.stdout), row);
      const words = await portcullis(['decide', '--request', row.line, ...flags, '--config', config]);
      assert.equal(words.code, row.code);
      assert.ok(words.stdout.length > 0);
      const [method, target] = row.line.split(' ');
      const listed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
      const input = [{request: {method, path: target, headers, address: '192.0.2.1'}}, {request: {method, path: target, headers: listed}}].map((line) => JSON.stringify(line)).join('\n');
      const batch = await portcullis(['decide', '--batch', '--config', config], {input});
      assert.equal(batch.code, 0);
      const results = jsonLines(batch.stdout);
      assert.equal(results.length, 2);
      for (const decision of results) assertDecision(decision, row);
    });

  test('--explain shows the steps, and nothing of the token', async () => {
    const compact = token();
    for (const [line, last] of [['GET /orders/1', 'allow'], ['GET /admin/a', 'deny']]) {
      const args = ['decide', '--request', line, '-H', `Authorization: Bearer ${compact}`, '--explain', '--config', config];
      const words = await portcullis(args);
      assert.ok(lines(words.stdout).length > 3, 'several steps');
      const json = JSON.parse((await portcullis([...args, '--json'])).stdout);
      assert.equal(json.outcome, last);
      assert.ok(Array.isArray(json.steps) && json.steps.length > 2);
      for (const piece of compact.split('.').slice(1)) assert.ok(!(words.stdout + JSON.stringify(json)).includes(piece), 'no piece of the token');
    }
  });

  test('a batch keeps its order over events, requests and bad lines', async () => {
    const good = `Bearer ${token()}`;
    const rows = [
      [{event: tokenEvent(good)}, {outcome: 'allow'}],
      [{request: {method: 'POST', path: '/api/private'}}, {outcome: 'deny'}],
      [{event: tokenEvent('Bearer')}, {outcome: 'deny'}],
      [{event: tokenEvent(good), request: {method: 'GET', path: '/'}}, null],
      [{neither: 1}, null],
      [{request: {method: 'GET'}}, null],
      [{request: {method: 'GET', path: '/', headers: []}}, null],
      [{request: {method: 'GET', path: '/', headers: {A: 1}}}, null],
      [{event: tokenEvent(good), at: nowSeconds() + 86400}, {outcome: 'deny'}],
      [{event: tokenEvent(good), at: nowSeconds()}, {outcome: 'allow'}],
    ];
    const result = await portcullis(['decide', '--batch', '--config', config], {input: rows.map(([line]) => `${JSON.stringify(line)}\n`).join('')});
    assert.equal(result.code, 0);
    const results = jsonLines(result.stdout);
    assert.equal(results.length, rows.length);
    rows.forEach(([line, expected], i) => {
      if (expected) assert.equal(results[i].outcome, expected.outcome, `line ${i + 1}`);
      else assert.equal(results[i].error?.line, i + 1);
      if (line.event && expected) assert.equal(results[i].response !== null, true);
    });
    assert.deepEqual(results[2].response, {errorMessage: 'Unauthorized', errorType: 'Unauthorized', stackTrace: []});
    assert.equal(results[0].response.principalId, 'auth0|u1');
  });

  test('--batch: a token bound to its sender, with proofs and certificates that others made', async () => {
    const place = file('bound.yaml', readFileSync(config, 'utf8').replace('default: deny', 'default: deny\ndpop: { nonce: required }'));
    const digest = (data) => createHash('sha256').update(data).digest('base64url');
    const {kty, crv, x, y} = publicJwk('p256');
    const byKey = token({cnf: {jkt: digest(JSON.stringify({crv, kty, x, y}))}});
    const der = Buffer.from('a certificate of nobody');
    const byCertificate = token({cnf: {'x5t#S256': digest(der)}});
    const certificate = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    const url = 'https://api.example.com/api/private';
    const prove = (jti, more = {}) => makeToken({alg: 'ES256', key: 'p256', header: {typ: 'dpop+jwt', jwk: {kty, crv, x, y}},
      claims: {jti, htm: 'POST', htu: url, iat: nowSeconds(), ath: digest(byKey), ...more}});
    const request = (Authorization, DPoP, more = {}) => ({request: {method: 'POST', path: '/api/private?page=2', url: `${url}?page=2`, headers: {Authorization, ...DPoP && {DPoP}}, ...more}});
    const ask = async (...rows) => jsonLines((await portcullis(['decide', '--batch', '--config', place],
      {input: rows.map((line) => `${JSON.stringify(line)}\n`).join('')})).stdout);

    const [asked, nobody, bearer, held, other, none] = await ask(request(`DPoP ${byKey}`, prove('1')), {request: {method: 'POST', path: '/api/private', url}},
      request(`Bearer ${byKey}`), request(`Bearer ${byCertificate}`, undefined, {certificate}),
      request(`Bearer ${byCertificate}`, undefined, {certificate: certificate.replace('YS', 'YX')}), request(`Bearer ${byCertificate}`));
    assert.equal(asked.reason, 'dpop_nonce');
    assert.equal(asked.headers['WWW-Authenticate'], 'DPoP error="use_dpop_nonce", algs="ES256"');
    assert.match(asked.headers['DPoP-Nonce'], /^[\w-]{43}$/);
    assert.equal(asked.headers['Cache-Control'], 'no-store');
    assert.equal(nobody.headers['WWW-Authenticate'], 'Bearer realm="api", DPoP algs="ES256"');
    assert.deepEqual([bearer.reason, held.reason, other.reason, none.reason], ['dpop_missing', 'ok', 'certificate_mismatch', 'certificate_mismatch']);

    writeFileSync(place, readFileSync(place, 'utf8').replace('required', 'off'));
    const twice = prove('2');
    const rows = await ask(request(`DPoP ${byKey}`, twice), request(`DPoP ${byKey}`, twice), request(`DPoP ${byKey}`, [prove('3'), prove('4')]),
      request(`DPoP ${byKey}`, prove('5', {htm: 'GET'})), request(`DPoP ${byKey}`, prove('6', {iat: nowSeconds() - 400})), request(`DPoP ${byKey}`, prove('7')));
    assert.deepEqual(rows.map(({reason}) => reason), ['ok', 'dpop_replayed', 'dpop_invalid', 'dpop_invalid', 'dpop_invalid', 'ok']);
    const pem = file('client.pem', certificate);
    const single = await portcullis(['decide', '--request', 'POST /api/private', '-H', `Authorization: Bearer ${byCertificate}`, '--certificate', pem, '--json', '--config', place]);
    assert.deepEqual([single.code, JSON.parse(single.stdout).reason], [0, 'ok']);
  });

  test('keys out of reach: outcome error, status 503, exit 3, and the Lambda\'s error is not Unauthorized', async () => {
    const header = `Bearer ${token({iss: closedPort})}`;
    const request = await portcullis(['decide', '--request', 'POST /api/private', '-H', `Authorization: ${header}`, '--json', '--config', unreachable]);
    assert.equal(request.code, 3);
    const {outcome, status, reason} = JSON.parse(request.stdout);
    assert.deepEqual({outcome, status, reason}, {outcome: 'error', status: 503, reason: 'keys_unavailable'});
    const event = await portcullis(['decide', '--event', '-', '--config', unreachable], {input: JSON.stringify(tokenEvent(header))});
    assert.equal(event.code, 3);
    assert.match(JSON.parse(event.stdout).errorMessage, /^(?!Unauthorized$)/);
  });

  test('--event prints octet for octet what the Lambda returns', async (t) => {
    const api = await RuntimeApi.start(t);
    const program = new Program('bootstrap', [], {env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', PORTCULLIS_CONFIG: config}});
    t.after(() => program.stop());
    await api.idle();
    const good = `Bearer ${token()}`;
    const requestEvent = (more) => ({
      type: 'REQUEST', methodArn: arn('GET/orders/1'), resource: '/orders/{id}', path: '/orders/1', httpMethod: 'GET',
      headers: {Authorization: good}, multiValueHeaders: {Authorization: [good]}, queryStringParameters: null, pathParameters: {id: '1'}, stageVariables: null,
      requestContext: {stage: 'dev', identity: {sourceIp: '192.0.2.1'}}, ...more,
    });
    const rows = [
      [tokenEvent(good), 0], [tokenEvent(good, 'GET/orders/1'), 0], [tokenEvent(good, 'GET/admin/x'), 1], [tokenEvent(good, 'GET/nowhere'), 1],
      [tokenEvent('Bearer'), 1], [tokenEvent(`Bearer ${withBadSignature(token())}`), 1], [tokenEvent(undefined, 'POST/api/public'), 0],
      [requestEvent({}), 0], [requestEvent({multiValueHeaders: {Authorization: [good, good]}}), 1], [requestEvent({headers: {authorization: good}, multiValueHeaders: null}), 0],
      [{}, 3], [{type: 'TOKEN'}, 3], [{type: 'OTHER', methodArn: arn('GET/')}, 3], [[], 3], [requestEvent({httpMethod: 'POST'}), 3],
    ];
    for (const [event, code] of rows) {
      const cli = await portcullis(['decide', '--event', '-', '--config', config], {input: JSON.stringify(event)});
      const lambda = await api.invoke(event);
      assert.equal(cli.stdout, `${lambda.body}\n`, JSON.stringify(event).slice(0, 60));
      assert.equal(cli.code, code, JSON.stringify(event).slice(0, 60));
      const eventFile = file('event.json', JSON.stringify(event));
      assert.equal((await portcullis(['decide', '--event', eventFile, '--config', config])).stdout, cli.stdout);
    }
  });
});

describe('check', () => {
  const good = `issuers:
  - domain: example.eu.auth0.com
    audience: ${audience}
    algorithms: [RS256]
    token: auth0-access
routes:
  - route: "GET /a/{x}"
    access: authenticated
default: deny
`;
  test('a sound file is fine, in words and as JSON', async () => {
    const place = file('good.yaml', good);
    const words = await portcullis(['check', place]);
    assert.equal(words.code, 0, words.stdout);
    assert.match(words.stdout, /ok\n$/);
    const json = await portcullis(['check', '--json', place]);
    assert.equal(json.code, 0);
    assert.equal(JSON.parse(json.stdout).ok, true);
    assert.equal((await portcullis(['check', '--config', place])).code, 0);
  });

  test('a WebSocket that no page can open is worth a warning at its route', async () => {
    const socket = good.replace('"GET /a/{x}"', '"$connect"');
    const {code, stdout} = await portcullis(['check', '--json', file('socket.yaml', socket)]);
    assert.equal(code, 0);
    const told = (text) => JSON.parse(text).findings.filter(({message}) => message.includes('cors.origins'));
    assert.deepEqual(told(stdout).map(({severity, line}) => [severity, line]), [['warning', 7]]);
    const listed = file('socket.yaml', `${socket}cors: { origins: ["https://app.example.com"] }\n`);
    assert.deepEqual(told((await portcullis(['check', '--json', listed])).stdout), []);
  });

  const faults = [
    {name: 'a misspelt key', from: 'audience:', to: 'audiance:', line: 3, column: 5, says: /audiance.*audience/},
    {name: 'a misspelt value', from: 'default: deny', to: 'default: dney', line: 9, column: 10, says: /dney.*deny|deny.*dney/},
    {name: 'no algorithms', from: '[RS256]', to: '[]', line: 4},
    {name: 'alg none', from: '[RS256]', to: '[none]', line: 4},
    {name: 'HS256 with a key set', from: '[RS256]', to: '[RS256, HS256]', says: /HS256/},
    {name: 'an empty audience', from: audience, to: '""', line: 3},
    {name: 'a key twice', from: '    token: auth0-access\n', to: '    token: auth0-access\n    token: auth0-access\n', line: 6},
    {name: 'two routes that nobody can tell apart', from: 'default: deny', to: '  - route: "GET /a/{y}"\n    access: public\ndefault: deny'},
    {name: 'an anchor', from: '[RS256]', to: '&a [RS256]', line: 4},
    {name: 'a tab', from: '    audience', to: '\taudience', line: 3},
    {name: 'no default', from: 'default: deny\n', to: ''},
    {name: 'no routes', from: /routes:[^]*default/, to: 'default'},
    {name: 'a leeway that is no duration', from: '    token: auth0-access\n', to: '    token: auth0-access\n    leeway: soon\n', line: 6},
    {name: 'max_age beside a cache', from: 'access: authenticated', to: 'access: { max_age: 5m }', line: 7, column: 12, says: /max_age.*TTL to 0.*cache: 0/},
    {name: 'mode: report beside a cache', from: 'access: authenticated', to: 'access: authenticated\n    mode: report', line: 7, column: 12, says: /mode: report.*cache: 0/},
    {name: 'a claim without a JSON pointer', from: 'access: authenticated', to: 'access: { all: ["claim:plan=gold"] }', line: 8, column: 21, says: /JSON pointer/},
    {name: 'a file cut short', from: /"GET[^]*/, to: '"GET /a'},
  ];
  for (const {name, from, to, line, column, says} of faults)
    test(`${name} is an error with its place`, async () => {
      const place = file('bad.yaml', good.replace(from, to));
      const words = await portcullis(['check', place]);
      assert.equal(words.code, 2, words.stdout);
      const error = lines(words.stdout + words.stderr).find((text) => /error/.test(text));
      assert.ok(error.startsWith(`${place}:`), error);
      if (line) assert.match(error, /bad\.yaml:\d+:\d+: error: /);
      if (line) assert.equal(Number(/bad\.yaml:(\d+):/.exec(error)[1]), line, error);
      if (column) assert.equal(Number(/bad\.yaml:\d+:(\d+):/.exec(error)[1]), column, error);
      if (says) assert.match(error, says);
      const json = await portcullis(['check', '--json', place]);
      assert.equal(json.code, 2);
      const {ok, findings} = JSON.parse(json.stdout);
      assert.equal(ok, false);
      const finding = findings.find(({severity}) => severity === 'error');
      assert.equal(finding.file, place);
      if (line) assert.equal(finding.line, line);
      if (column) assert.equal(finding.column, column);
      // and nothing decides by such a file
      const refusal = await portcullis(['verify', '-', '--config', place], {input: token()});
      assert.deepEqual([refusal.code, refusal.stdout], [2, '']);
      assert.match(refusal.stderr, /^(portcullis: [^\n]*bad\.yaml[^\n]*\n)+$/);
    });

  test('--bundle lists what goes along, and refuses what must not', async () => {
    file('local.json', readFileSync(jwks));
    const local = file('local.yaml', good.replace('    token:', '    jwks_file: ./local.json\n    token:'));
    const words = await portcullis(['check', '--bundle', local]);
    assert.equal(words.code, 0, words.stdout);
    assert.match(words.stdout, /^pack {5}local\.json$/m);
    assert.deepEqual(JSON.parse((await portcullis(['check', '--bundle', '--json', local])).stdout).pack, ['local.json']);
    assert.equal(JSON.parse((await portcullis(['check', '--json', local])).stdout).pack, null);
    const found = await portcullis(['check', '--bundle', file('by_metadata.yaml', good.replace(/issuers:[^]*?routes:/, 'issuers: [{ issuer: "https://login.example.com/", audience: a }]\nroutes:'))]);
    assert.equal(found.code, 0, found.stdout);
    assert.match(found.stdout, /warning: without jwks_uri each start asks/);
    const refused = await portcullis(['check', '--bundle', unreachable]);
    assert.equal(refused.code, 2);
    assert.match(refused.stdout, /unreachable\.yaml: error: development/);
    assert.equal((await portcullis(['check', unreachable])).code, 0);
  });

  test('--online fetches every issuer\'s keys, by its metadata where nothing else is said, and compares the clocks', async (t) => {
    const [known, asked] = [await KeyServer.start(t, [publicJwk('k1', {kid: 'k1', use: 'sig'})]), await KeyServer.start(t, [publicJwk('p256', {kid: 'p1'})])];
    asked.publishMetadata();
    const place = file('online.yaml', `development: true
issuers:
  - { issuer: "${known.issuer}", jwks_uri: "${known.issuer}any", audience: a }
  - { issuer: "${asked.issuer}", audience: b, algorithms: [ES256], token: generic }
routes: [{ route: "GET /a", access: authenticated }]
default: deny
`);
    const offline = await portcullis(['check', '--json', place]);
    assert.equal(JSON.parse(offline.stdout).online, null);
    assert.equal(known.fetches + asked.fetches, 0);

    known.headers = {Date: new Date(Date.now() + 3_600_000).toUTCString()};
    const words = await portcullis(['check', '--online', place]);
    assert.equal(words.code, 0, words.stdout + words.stderr);
    assert.match(words.stdout, /^.*online\.yaml:3:5: warning: the clock of http:\/\/127\.0\.0\.1:\d+\/ is 3(599|600|601) s ahead of this machine's: /m);
    assert.equal(words.stdout.match(/warning: the clock/g).length, 1, words.stdout);
    assert.match(words.stdout, /^ {2}key {4}k1 {3}RSA 2048 bits$/m);
    assert.match(words.stdout, new RegExp(`^issuer   ${asked.issuer}   from ${asked.issuer}keys\n  age    \\d+ s\n  clock  .*\n  key    p1   .*256 bits$`, 'm'));
    assert.deepEqual([known.fetches, asked.fetches], [1, 2]);

    known.status = 500;
    asked.keys = [publicJwk('k1', {kid: 'k1'})];  // none for ES256
    const json = await portcullis(['check', '--online', '--json', place]);
    assert.equal(json.code, 3, json.stdout);
    const {ok, findings, online} = JSON.parse(json.stdout);
    assert.equal(ok, false);
    assert.deepEqual(online.map(({keys, last_error: fault}) => [keys.length, fault]), [[0, 'HTTP status 500'], [1, null]]);
    assert.match(findings.find(({severity}) => severity === 'error').message, /^no keys of .*: HTTP status 500$/);
    assert.ok(findings.some(({severity, line, message}) => severity === 'warning' && line === 4 && /fits ES256/.test(message)), json.stdout);
    assert.equal(typeof online[0].clock_offset_s, 'number', 'an error has a Date too');
  });

  test('--online asks nobody on behalf of a bad configuration', async (t) => {
    const server = await KeyServer.start(t, []);
    const place = file('online_bad.yaml', `development: true\nissuers:\n  - { issuer: "${server.issuer}", audience: a }\ndefault: deny\n`);
    const {code} = await portcullis(['check', '--online', place]);
    assert.deepEqual([code, server.fetches], [2, 0]);
  });

  const environments = [
    {name: 'the domain and the audience', env: {AUTH0_DOMAIN: 'example.eu.auth0.com', AUTH0_AUDIENCE: audience}, code: 0},
    {name: 'the audience alone', env: {AUTH0_AUDIENCE: audience}, code: 2, says: /AUTH0_DOMAIN/},
    {name: 'audience and certificate', env: {AUTH0_DOMAIN: 'example.eu.auth0.com', AUTH0_AUDIENCE: audience, AUTH0_CLIENT_ID: 'c', AUTH0_CLIENT_PUBLIC_KEY: 'x'}, code: 2, says: /AUTH0_AUDIENCE.*AUTH0_CLIENT_PUBLIC_KEY|AUTH0_CLIENT_PUBLIC_KEY.*AUTH0_AUDIENCE/},
    {name: 'nothing', env: {}, code: 2},
  ];
  for (const {name, env, code, says} of environments)
    test(`the environment alone with ${name}: exit ${code}`, async () => {
      const result = await portcullis(['check'], {env, cwd: '/'});
      assert.equal(result.code, code, result.stdout + result.stderr);
      if (says) assert.match(result.stdout + result.stderr, says);
    });
});

describe('keys', () => {
  test('lists what can be used and says why the rest is skipped', async () => {
    const mixed = file('mixed.json', JSON.stringify({keys: [
      {kty: 'AKP', kid: 'pq1', alg: 'ML-DSA-44', pub: 'AAAA'}, null, publicJwk('k2', {kid: 'enc1', use: 'enc'}), publicJwk('k1', {kid: 'k1', use: 'sig'}),
      publicJwk('rsa1024', {kid: 'small', use: 'sig'}), {kty: 'oct', kid: 'h1', k: 'c2VjcmV0'},
    ]}));
    const place = file('mixed.yaml', `issuers:\n  - issuer: ${issuer}\n    jwks_file: ${mixed}\n    audience: ${audience}\n    algorithms: [RS256]\n    token: auth0-access\nroutes:\n  - route: "GET /a"\n    access: authenticated\ndefault: deny\n`);
    const json = await portcullis(['keys', '--json', '--config', place]);
    assert.equal(json.code, 0, json.stderr);
    const [status] = JSON.parse(json.stdout).issuers;
    assert.equal(status.issuer, issuer);
    assert.deepEqual(status.keys.map(({kid, type, bits}) => ({kid, type, bits})), [{kid: 'k1', type: 'RSA', bits: 2048}]);
    assert.equal(status.skipped.length, 5);
    const words = await portcullis(['keys', '--config', place]);
    assert.equal(words.code, 0);
    assert.match(words.stdout, /k1 +RSA/);
    for (const [input, code] of [[token(), 0], [token({}, {header: {kid: 'enc1'}, key: 'k2'}), 1], [token({}, {header: {}}), 1], [token({}, {header: {kid: 'small'}, key: 'rsa1024'}), 1]])
      assert.equal((await portcullis(['verify', '-', '--config', place], {input})).code, code);
  });

  test('out of reach: exit 3, and it says so', async () => {
    const result = await portcullis(['keys', '--config', unreachable]);
    assert.equal(result.code, 3);
    assert.match(result.stdout, /error/);
  });

  test('--export is for keys that are fetched, over https only', async () => {
    assertComplaint(await portcullis(['keys', '--export', '--config', config]), 2, /nothing to export/);
    assertComplaint(await portcullis(['keys', '--export', '--config', unreachable]), 3, /https only/);
  });
});

describe('token', () => {
  const rows = [
    {name: 'no world is running', args: ['--tenant', closedPort], code: 3, says: /portcullis dev/},
    {name: 'a tenant elsewhere', args: ['--tenant', 'https://example.com/'], code: 2, says: /--tenant/},
    {name: 'a tenant that is no URL', args: ['--tenant', 'nonsense'], code: 2, says: /--tenant/},
    {name: 'an unknown person', args: ['--user', 'mallory'], code: 2, says: /ada@example\.com/},
    {name: 'a lifetime that is none', args: ['--lifetime', 'soon'], code: 2, says: /--lifetime/},
  ];
  for (const {name, args, code, says} of rows)
    test(`${name}: exit ${code} and one sentence`, async () => assertComplaint(await portcullis(['token', ...args]), code, says));

  for (const [name, status, body] of [['refuses', 403, '{"error":"access_denied","error_description":"not you"}'], ['is a stranger', 404, '<html>'], ['talks nonsense', 200, '<html>'], ['gives no token', 200, '{}']])
    test(`what answers ${name}: one sentence, no token`, async (t) => {
      const server = createServer((request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
      t.after(() => server.close());
      await once(server, 'listening');
      const result = await portcullis(['token', '--tenant', `http://127.0.0.1:${server.address().port}`]);
      assert.notEqual(result.code, 0);
      assertComplaint(result, result.code);
    });
});

describe('version and help', () => {
  test('version tells version, build and libraries, in words and as JSON', async () => {
    const words = await portcullis(['version']);
    assert.equal(words.code, 0);
    assert.match(words.stdout, /^portcullis \d+\.\d+/);
    const json = JSON.parse((await portcullis(['version', '--json'])).stdout);
    assert.match(json.version, /^\d+\.\d+/);
    assert.match(json.crypto, /OpenSSL/);
    assert.equal((await portcullis(['--version'])).stdout, `portcullis ${json.version}\n`);
  });

  for (const command of ['', 'verify', 'decide', 'check', 'explain', 'test', 'token', 'keys', 'serve', 'healthcheck', 'version', 'dev'])
    test(`${command} --help goes to stdout with exit 0, and has an example`, async () => {
      const result = await portcullis([...(command ? [command] : []), '--help']);
      assert.equal(result.code, 0);
      assert.equal(result.stderr, '');
      assert.ok(result.stdout.length > 100);
      if (command !== 'dev') assert.match(result.stdout, new RegExp(`[ (]portcullis ${command || 'serve --'}`), 'beside the line Usage:');
    });

  test('the help of verify says why - and @FILE are better', async () => {
    assert.match((await portcullis(['verify', '--help'])).stdout.replaceAll(/\s+/g, ' '), /history/);
  });
});

describe('wrong usage is one sentence and exit 2', () => {
  const rows = [
    [[]], [['fly']], [['verify']], [['verify', '-', '--batch']], [['verify', '--batch', '--signature-only', '--jwks', jwks]],
    [['verify', '-', '--signature-only']], [['verify', '-', '--jwks', jwks]], [['verify', '-', '--jwks', jwks, '--issuer', issuer]], [['verify', '-', '--issuer', issuer]],
    [['verify', '-', ...byFlags, '--alg', 'none']], [['verify', '-', ...byFlags, '--alg', 'rs256']], [['verify', '-', ...byFlags, '--profile', 'any']],
    [['verify', '-', '--nonsense']], [['decide']], [['decide', '--event', '-', '--batch']], [['decide', '--request', 'GET']], [['decide', '--request', 'GET /', '-H', 'no colon']],
    [['decide', '--event', '-', '-H', 'A: b']], [['decide', '--event', '-', '--address', '192.0.2.1']], [['verify', '-', '--config']],
    [['check', config, '--initial-keys', jwks]], [['explain']], [['test']], [['explain', '-', '-']], [['explain', '-', '--nonsense']],
  ];
  for (const [args] of rows)
    test(`portcullis ${args.map((word) => (word.startsWith(folder) ? 'FILE' : word)).join(' ')}`, async () => assertComplaint(await portcullis(args, {input: 'x'}), 2));

  test('a missing or misspelt command is told which there are', async () => {
    assert.match((await portcullis([])).stderr, /^portcullis: a command is missing: dev, verify, .*, version\. See: portcullis --help$/m);
    assert.equal((await portcullis(['servee'])).stderr, "portcullis: there is no command 'servee'; did you mean 'serve'? See: portcullis --help\n");
    assert.equal((await portcullis(['fly'])).stderr, "portcullis: there is no command 'fly'. See: portcullis --help\n");
  });

  test('a token in the wrong place is not shown again', async () => {
    const compact = token();
    const opaque = used('3xampleOpaqueT0kenOf48CharactersThatIsAllSecret12');
    for (const args of [['verify', compact, compact], ['verify', '-', '--nonsense', compact], [compact], [opaque], ['verify', '-', `--${opaque}`], ['verify', `@${opaque}`], ['check', '--at', opaque, config], ['decide', '--request', compact]]) {
      const result = await portcullis(args, {input: compact, secret: 'all'});
      for (const piece of [compact.split('.')[1], compact.split('.')[2].slice(0, 40), opaque.slice(0, 24)])
        if (!args.some((word) => word.startsWith('@'))) assert.ok(!(result.stderr + result.stdout).includes(piece), `portcullis ${args.map((word) => (word.length > 30 ? 'TOKEN' : word)).join(' ')} shows a token`);
    }
  });
});

describe('bad input is one clear line, no crash, no hang', () => {
  const empty = file('empty', '');
  const directory = path.join(folder, 'directory');
  mkdirSync(directory, {recursive: true});
  const missing = path.join(folder, 'missing');
  const noJson = file('no.json', '{"type":');

  const rows = [
    ['verify, a missing file', ['verify', `@${missing}`, '--config', config], /missing: /],
    ['verify, a directory', ['verify', `@${directory}`, '--config', config], /directory/],
    ['verify, an empty file', ['verify', `@${empty}`, '--config', config], /empty/],
    ['verify, nothing on standard input', ['verify', '-', '--config', config], /standard input.*empty/],
    ['verify, a missing configuration', ['verify', '-', '--config', missing], /missing/],
    ['verify, a directory as configuration', ['verify', '-', '--config', directory], /directory/],
    ['verify, an empty configuration', ['verify', '-', '--config', empty], /empty/],
    ['verify, missing keys', ['verify', '-', '--jwks', missing, '--issuer', issuer, '--audience', audience], /missing: /],
    ['verify, a directory as keys', ['verify', '-', '--jwks', directory, '--issuer', issuer, '--audience', audience], /directory/],
    ['verify, empty keys', ['verify', '-', '--jwks', empty, '--issuer', issuer, '--audience', audience], /empty: /],
    ['verify, keys that are no JSON', ['verify', '-', '--jwks', noJson, '--issuer', issuer, '--audience', audience], /no\.json: /],
    ['decide, a missing event', ['decide', '--event', missing, '--config', config], /missing: /],
    ['decide, a directory as event', ['decide', '--event', directory, '--config', config], /directory/],
    ['decide, an empty event', ['decide', '--event', empty, '--config', config], /empty/],
    ['decide, an event that is no JSON', ['decide', '--event', noJson, '--config', config], /JSON/],
    ['keys, a missing configuration', ['keys', '--config', missing], /missing/],
  ];
  for (const [name, args, says] of rows)
    test(name, async () => {
      const input = args.includes('-') && name !== 'verify, nothing on standard input' ? token() : '';
      assertComplaint(await portcullis(args, {input}), 2, says);
    });

  for (const [name, place] of [['missing', missing], ['a directory', directory], ['empty', empty], ['no YAML', noJson]])
    test(`check, a file that is ${name}`, async () => {
      const result = await portcullis(['check', place]);
      assert.equal(result.code, 2);
      assert.equal(lines(result.stdout + result.stderr).length, 1, result.stdout + result.stderr);
      assert.ok((result.stdout + result.stderr).includes(path.basename(place)));
    });
});

describe('100 MB of input take bounded memory', () => {
  const mebibyte = Buffer.alloc(1 << 20, 'a');
  const flood = function* (piece = mebibyte) {
    for (let i = 0; i < 100; ++i) yield piece;
  };
  // With so much address space only, a program that keeps its input dies.
  const confined = (args, input) => run('/bin/bash', ['-c', 'ulimit -v 90000 && exec "$@"', 'bash', binary('portcullis'), ...args], {cwd: folder, input});

  test('the confinement itself lets an ordinary call through', async () => {
    assert.equal((await confined(['verify', '-', '--config', config], token())).code, 0);
  });
  test('verify -', async () => assertComplaint(await confined(['verify', '-', '--config', config], flood()), 2, /larger/));
  test('decide --event -', async () => assertComplaint(await confined(['decide', '--event', '-', '--config', config], flood()), 2, /larger/));
  for (const command of ['verify', 'decide']) {
    test(`${command} --batch, one line, and the next line is judged`, async () => {
      const next = command === 'verify' ? {token: token()} : {request: {method: 'POST', path: '/api/public'}};
      const input = function* () {
        yield* flood();
        yield `\n${JSON.stringify(next)}\n`;
      };
      const result = await confined([command, '--batch', '--config', config], input());
      assert.equal(result.code, 0, result.stderr);
      const [first, second, ...more] = jsonLines(result.stdout);
      assert.deepEqual(Object.keys(first), ['error']);
      assert.equal(first.error.line, 1);
      assert.equal(second.reason, 'ok');
      assert.deepEqual(more, []);
    });
    test(`${command} --batch, a hundred bad lines`, async () => {
      const result = await confined([command, '--batch', '--config', config], flood(Buffer.concat([mebibyte, Buffer.from('\n')])));
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(jsonLines(result.stdout).map(({error}) => error.line), Array.from({length: 100}, (_, i) => i + 1));
    });
  }
  test('check', async () => {
    const place = file('large.yaml', Buffer.alloc(100 << 20, '# a comment\n'));
    const result = await confined(['check', place], '');
    assert.equal(result.code, 2, result.stderr);
    assert.equal(lines(result.stdout + result.stderr).length, 1);
    assert.match(result.stdout + result.stderr, /larger|large/);
  });
  for (const [name, args] of [['a token file', (place) => ['verify', `@${place}`, '--config', config]], ['a key set', (place) => ['verify', '-', '--jwks', place, '--issuer', issuer, '--audience', audience]], ['an event file', (place) => ['decide', '--event', place, '--config', config]]])
    test(`${name}`, async () => {
      const place = file('large.txt', Buffer.alloc(100 << 20, 'a'));
      assertComplaint(await confined(args(place), token()), 2, /larger/);
    });
});

describe('output that cannot be delivered', () => {
  const shell = (script, input = '') => run('/bin/bash', ['-c', `set -o pipefail; ${script}`, 'bash', binary('portcullis'), config], {cwd: folder, input});
  const compact = () => token();

  for (const command of ['verify', 'decide'])
    test(`${command} --batch with a reader that leaves: exit 3 and one line`, async () => {
      const line = command === 'verify' ? {token: compact()} : {request: {method: 'POST', path: '/api/public'}};
      const input = `${JSON.stringify(line)}\n`.repeat(20_000);
      const result = await shell(`"$1" ${command} --batch --config "$2" | head -1; echo "\${PIPESTATUS[0]}"`, input);
      const [first, code] = lines(result.stdout);
      assert.equal(JSON.parse(first).reason, 'ok');
      assert.equal(code, '3');
      assert.match(result.stderr, /^portcullis: [^\n]*standard output[^\n]*\n$/);
    });

  for (const args of ['version', 'version --json', 'check "$2"', 'check --json "$2"', 'keys --config "$2"', 'verify - --config "$2"', 'decide --request "GET /" --config "$2"', 'verify - --signature-only --jwks keys.json', 'decide --list --as - --config "$2"', 'check --effective "$2"'])
    test(`${args.replaceAll('"$2"', 'FILE')} on a full device: exit 3 and one line`, async () => {
      const result = await shell(`"$1" ${args} >/dev/full`, compact());
      assert.equal(result.code, 3);
      assert.match(result.stderr, /^portcullis: [^\n]*standard output[^\n]*\n$/);
    });

  test('standard output closed: exit 3', async () => {
    assert.equal((await shell('"$1" verify - --config "$2" >&-', compact())).code, 3);
  });
  test('standard input closed: exit 2', async () => {
    const result = await shell('"$1" verify - --config "$2" <&-');
    assert.equal(result.code, 2);
    assert.match(result.stderr, /^portcullis: [^\n]+\n$/);
  });
});
