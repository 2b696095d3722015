// bootstrap as the Lambda service meets it: gateway.md §9.1, what it logs, and how it comes by its keys.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, test} from 'node:test';
import {b64, publicJwk} from '../vectors/signing.mjs';
import {Program, temporaryFolder} from '../support/program.mjs';
import {KeyServer} from '../support/key_server.mjs';
import {RuntimeApi, arn, tokenEvent} from '../support/runtime_api.mjs';
import {accessClaims, makeToken, withBadSignature} from '../support/tokens.mjs';
import {used} from '../support/used_tokens.mjs';
import {eventually} from '../support/world.mjs';

const k1 = publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'});
const k2 = publicJwk('k2', {kid: 'k2', use: 'sig', alg: 'RS256'});

const configFor = (issuer, more = '') => `development: true
issuers:
  - issuer: ${issuer}
    jwks_uri: ${issuer}.well-known/jwks.json
    audience: https://api.example.com
    algorithms: [RS256]
    token: auth0-access
${more}routes:
  - route: "POST /api/private"
    access: authenticated
  - route: "GET /orders"
    access: { all: ["scope:read:orders"] }
default: deny
lambda: { policy: routes, cache: 0s }
`;

/** A key server, a Runtime API and an authorizer that uses both. */
async function startAuthorizer(t, {env = {}, keyServer, workers = 1, configure = configFor} = {}) {
  const keys = keyServer ?? await KeyServer.start(t, [k1]);
  const file = path.join(temporaryFolder(t.after.bind(t)), 'portcullis.yaml');
  writeFileSync(file, configure(keys.issuer));
  const api = await RuntimeApi.start(t);
  const program = new Program('bootstrap', [], {
    env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', PORTCULLIS_CONFIG: file, PORTCULLIS_DEVELOPMENT: '1', ...env},
  });
  t.after(() => program.stop('SIGKILL'));
  await api.idle(workers);
  const token = (more = {}) => makeToken({header: {kid: more.kid ?? 'k1'}, claims: accessClaims({iss: keys.issuer, ...more.claims}), key: more.key ?? 'k1', sign: more.sign});
  return {keys, api, program, token, good: (more) => api.invoke(tokenEvent(`Bearer ${token(more)}`))};
}

const assertAllowed = (answer) => {
  assert.equal(answer.kind, 'response', answer.kind === 'error' ? answer.json.errorMessage : '');
  assert.equal(answer.json.principalId, 'auth0|u1');
  assert.ok(answer.json.policyDocument.Statement.some(({Effect}) => Effect === 'Allow'));
};
const assertUnauthorized = (answer) => {
  assert.equal(answer.kind, 'error');
  assert.equal(answer.json.errorMessage, 'Unauthorized');
};
/** An error that the gateway makes a 500 of, never a 401. */
const assertFault = (answer) => {
  assert.equal(answer.kind, 'error');
  assert.notEqual(answer.json.errorMessage, 'Unauthorized');
  assert.ok(answer.json.errorMessage.length > 0);
  assert.deepEqual(Object.keys(answer.json), ['errorMessage', 'errorType', 'stackTrace']);
  assert.match(answer.headers['lambda-runtime-function-error-type'], /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/);
};

describe('the Runtime API', () => {
  test('RT-01: one answer for each event, to its own id, then the next', async (t) => {
    const {api, good} = await startAuthorizer(t);
    for (let i = 0; i < 3; ++i) {
      const answer = await (i === 1 ? api.invoke(tokenEvent('Bearer')) : good());
      await api.idle();
      assert.deepEqual(api.calls.filter(({id}) => id === answer.id).map(({path}) => path), [`/2018-06-01/runtime/invocation/${answer.id}/${answer.kind}`]);
    }
    const kinds = api.calls.map(({path}) => path.split('/').at(-1));
    assert.deepEqual(kinds, ['next', 'response', 'next', 'error', 'next', 'response', 'next']);
    for (const call of api.calls) assert.match(call.headers['user-agent'], /^portcullis\//);
    for (const call of api.calls.filter(({method}) => method === 'POST')) {
      assert.equal(call.headers['content-type'], 'application/json');
      assert.equal(Number(call.headers['content-length']), Buffer.byteLength(call.body));
      assert.ok(!('transfer-encoding' in call.headers) && !('expect' in call.headers));
    }
  });

  test('RT-03: a connection that died while idle is replaced, and no event is lost', async (t) => {
    const {api, good, program} = await startAuthorizer(t);
    assertAllowed(await good());
    for (let i = 0; i < 3; ++i) {
      await api.idle();
      const before = api.calls.length;
      api.server.closeAllConnections();
      await api.until(() => api.calls.length > before && api.waiting.length === 1, 'next on a new connection');
      assertAllowed(await good());
    }
    assert.ok(program.running);
  });

  test('RT-04: proxy variables do not count for the Runtime API', async (t) => {
    const dead = 'http://127.0.0.1:1';
    const {good} = await startAuthorizer(t, {env: {http_proxy: dead, HTTP_PROXY: dead, all_proxy: dead, ALL_PROXY: dead, no_proxy: ''}});
    assertAllowed(await good());
  });

  test('RT-05: events that are none are faults, not Unauthorized, and the process lives', async (t) => {
    const {api, good, program} = await startAuthorizer(t);
    const events = {'an array': '[]', 'a text': '"x"', 'a number': '1', 'null': 'null', 'half an object': '{', 'nothing': '', 'blanks': ' '.repeat(6 * 1024 * 1024), 'no UTF-8': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      'deep': '['.repeat(100_000), 'an object without type': '{}', 'another type': '{"type":"X"}', 'no methodArn': '{"type":"TOKEN","authorizationToken":"Bearer x"}', 'methodArn that is none': '{"type":"TOKEN","authorizationToken":"Bearer x","methodArn":"arn"}'};
    for (const [name, event] of Object.entries(events)) await t.test(name, async () => assertFault(await api.invoke(event, {raw: true})));
    assertAllowed(await good());
    assert.ok(program.running);
  });

  test('RT-07: a deadline that has passed is a fault, without a fetch; in time the same event fetches and is allowed', async (t) => {
    const {keys, api, token} = await startAuthorizer(t);
    keys.keys = [k1, k2];
    const before = keys.fetches;
    const event = tokenEvent(`Bearer ${token({kid: 'k2', key: 'k2'})}`);
    assertFault(await api.invoke(event, {budget: -1_000}));
    await api.idle();
    assert.equal(keys.fetches, before);
    assertAllowed(await api.invoke(event));
    assert.equal(keys.fetches, before + 1);
  });

  test('RT-08: an answer that is too large for the service is followed by an error or the end, never silence', async (t) => {
    const {api, token, program} = await startAuthorizer(t);
    api.answers.push(413);
    const answer = api.invoke(tokenEvent(`Bearer ${token()}`));
    const first = await Promise.race([answer, program.ended]);
    if (first.kind) assertFault(first);
    else assert.notEqual(first.code, 0);
  });

  for (const kind of ['response', 'error'])
    test(`RT-09: 500 to a ${kind} ends the process with a status that is not 0`, async (t) => {
      const {api, token, program} = await startAuthorizer(t);
      api.answers.push(500);
      api.invoke(tokenEvent(kind === 'response' ? `Bearer ${token()}` : 'Bearer')).catch(() => {});
      const {code, signal} = await program.ended;
      assert.equal(signal, null);
      assert.notEqual(code, 0);
    });

  const badStarts = [
    {name: 'a misspelt key', configure: (issuer) => configFor(issuer).replace('audience:', 'audiance:'), says: /audiance/},
    {name: 'a plain http issuer without development', configure: (issuer) => configFor(issuer).replace('development: true\n', ''), env: {PORTCULLIS_DEVELOPMENT: ''}, says: /http/},
    {name: 'no algorithms', configure: (issuer) => configFor(issuer).replace('[RS256]', '[]'), says: /:6:\d+: the list is empty/},
    {name: 'max_age beside a cache', configure: (issuer) => configFor(issuer).replace('access: authenticated', 'access: { max_age: 5m }').replace(/cache: \w+/, 'cache: 60s'), says: /max_age.*cache: 0/},
    {name: 'sender beside a cache', configure: (issuer) => configFor(issuer).replace('access: authenticated', 'access: { sender: dpop }').replace(/cache: \w+/, 'cache: 60s'), says: /sender.*cache: 0/},
    {name: 'a DPoP nonce that no client could learn', configure: (issuer) => `${configFor(issuer)}\ndpop: { nonce: required }\n`, says: /DPoP-Nonce/},
    {name: 'no routes', configure: (issuer) => configFor(issuer).replace(/routes:[^]*default/, 'default'), says: /routes/},
    {name: 'an unknown handler', env: {_HANDLER: 'index.handler'}, type: 'Runtime.NoSuchHandler', says: /authorizer, public or private/},
    {name: 'no handler', env: {_HANDLER: ''}, type: 'Runtime.NoSuchHandler', says: /authorizer, public or private/},
    {name: 'a missing file', env: {PORTCULLIS_CONFIG: '/nowhere/portcullis.yaml'}, says: /nowhere/},
    {name: 'file and environment that both name an issuer', env: {AUTH0_DOMAIN: 'example.eu.auth0.com', AUTH0_AUDIENCE: 'x'}, says: /AUTH0/},
  ];
  for (const {name, configure = configFor, env = {}, type = 'Runtime.ConfigInvalid', says} of badStarts)
    test(`RT-10: ${name} is one init error and the end, without a next`, async (t) => {
      const keys = await KeyServer.start(t, [k1]);
      const file = path.join(temporaryFolder(t.after.bind(t)), 'portcullis.yaml');
      writeFileSync(file, configure(keys.issuer));
      const api = await RuntimeApi.start(t);
      const program = new Program('bootstrap', [], {env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', PORTCULLIS_CONFIG: file, PORTCULLIS_DEVELOPMENT: '1', ...env}});
      t.after(() => program.stop());
      const {code, signal} = await program.ended;
      assert.equal(signal, null);
      assert.notEqual(code, 0);
      assert.deepEqual(api.calls.map((call) => call.path), ['/2018-06-01/runtime/init/error']);
      assert.equal(api.calls[0].headers['lambda-runtime-function-error-type'], type);
      assert.match(JSON.parse(api.calls[0].body).errorMessage, says);
    });

  test('RT-11: keys out of reach at the start do not keep it from asking for events', async (t) => {
    const keys = await KeyServer.start(t, [k1]);
    await keys.stop();
    const began = Date.now();
    await startAuthorizer(t, {keyServer: keys});  // waits for next
    assert.ok(Date.now() - began < 3_000);
  });

  test('RT-11: nor does a key server that accepts and says nothing', async (t) => {
    const keys = await KeyServer.start(t, [k1]);
    keys.http.removeAllListeners('request');
    keys.http.on('request', () => {});
    const began = Date.now();
    const {api, token} = await startAuthorizer(t, {keyServer: keys});
    assert.ok(Date.now() - began < 3_000);
    const asked = Date.now();
    assertFault(await api.invoke(tokenEvent(`Bearer ${token()}`), {budget: 1_500}));
    assert.ok(Date.now() - asked < 1_500, 'answered within the deadline');
  });

  test('RT-12: SIGTERM ends an idle process at once, with 0', async (t) => {
    const {program, good, api} = await startAuthorizer(t);
    await good();
    await api.idle();
    const began = Date.now();
    const {code, signal} = await program.stop('SIGTERM');
    assert.deepEqual({code, signal}, {code: 0, signal: null});
    assert.ok(Date.now() - began < 300);
  });

  test('SIGTERM while busy: the answer is still given, then the end, with 0', async (t) => {
    const {keys, api, good, program} = await startAuthorizer(t);
    const held = [];
    keys.http.removeAllListeners('request');
    keys.http.on('request', (request, response) => held.push(response));
    const answer = good({kid: 'k2', key: 'k2'});
    await eventually(() => held.length > 0, 'the fetch');
    program.child.kill('SIGTERM');
    held[0].writeHead(200, {'Content-Type': 'application/json'}).end(JSON.stringify({keys: [k1, k2]}));
    assertAllowed(await answer);
    const {code, signal} = await program.ended;
    assert.deepEqual({code, signal}, {code: 0, signal: null});
    assert.equal(api.waiting.length, 0);
  });

  test('RT-13: header names in any case', async (t) => {
    const {api, good} = await startAuthorizer(t);
    for (const id of ['lambda-runtime-aws-request-id', 'LAMBDA-RUNTIME-AWS-REQUEST-ID', 'lAmBdA-rUnTiMe-AwS-rEqUeSt-Id']) {
      api.idHeader = id;
      api.deadlineHeader = id.startsWith('L') ? 'LAMBDA-RUNTIME-DEADLINE-MS' : 'lambda-runtime-deadline-ms';
      assertAllowed(await good());
    }
    assertFault(await api.invoke(tokenEvent('Bearer'), {budget: -1_000}));  // the deadline was read
  });

  test('RT-14: the trace id of one event is not that of the next', async (t) => {
    // What a process sets by setenv is not in /proc; only that nothing of it goes wrong can be seen from here.
    const {api, token, program} = await startAuthorizer(t);
    const event = () => tokenEvent(`Bearer ${token()}`);
    const trace = 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1';
    assertAllowed(await api.invoke(event(), {headers: {'Lambda-Runtime-Trace-Id': trace}}));
    const answer = await api.invoke(event());
    assertAllowed(answer);
    await api.idle();
    for (const line of program.lines.filter((text) => text.includes(answer.id))) assert.ok(!line.includes('1-5bef4de7'), 'the first trace id is not told with the second event');
  });

  test('RT-15: AWS_LAMBDA_MAX_CONCURRENCY=4 is four calls of next, and every answer has its own id', async (t) => {
    const {api, token} = await startAuthorizer(t, {env: {AWS_LAMBDA_MAX_CONCURRENCY: '4'}, workers: 4});
    assert.equal(api.waiting.length, 4);
    const events = Array.from({length: 40}, (_, i) => ({sub: `auth0|u${i}`, event: tokenEvent(`Bearer ${token({claims: {sub: `auth0|u${i}`}})}`)}));
    const answers = await Promise.all(events.map(({event}) => api.invoke(event)));
    assert.deepEqual(answers.map(({json}) => json.principalId), events.map(({sub}) => sub));
    await api.idle(4);
    assert.equal(api.waiting.length, 4);
  });
});

describe('RT-17 and C015: what is logged', () => {
  for (const level of ['error', 'warn', 'info', 'debug'])
    test(`at ${level}, lines are JSON with level and time and hold nothing of a token`, async (t) => {
      const {api, token, program} = await startAuthorizer(t, {env: {PORTCULLIS_LOG: level, AWS_LAMBDA_LOG_FORMAT: 'JSON'}});
      const good = token();
      const bad = withBadSignature(token());
      const long = used(`${token()}.${'A'.repeat(9_000)}`).slice(0, 9_000);
      const request = (value) => ({
        type: 'REQUEST', methodArn: arn('GET/orders'), path: '/orders', httpMethod: 'GET', headers: {Authorization: value, Cookie: `token=${good}`},
        multiValueHeaders: {Authorization: [value], Cookie: [`token=${good}`]}, requestContext: {stage: 'dev', identity: {sourceIp: '192.0.2.1'}},
      });
      const events = [
        ['a', JSON.stringify(tokenEvent(`Bearer ${good}`)), 'response'],
        ['b', JSON.stringify(request(`Bearer ${good}`)), 'response'],
        ['c', JSON.stringify(tokenEvent(`Bearer ${bad}`)), 'error', 'bad_signature'],
        ['d', JSON.stringify(tokenEvent(`Bearer ${long}`)), 'error'],
        ['e', JSON.stringify(tokenEvent(`Bearer ${good}\r\nX: y`)), 'error'],
        ['f', `not JSON but ${good}`, 'error'],
        ['a kid of the client\'s making', JSON.stringify(tokenEvent(`Bearer ${token({kid: 'x\n{"level":"ERROR"}\r\nfoo'})}`)), 'error', 'unknown_kid'],
        ['a sub with line ends', JSON.stringify(tokenEvent(`Bearer ${token({claims: {sub: 'a\r\n{"level":"ERROR"}'}})}`)), 'response'],
      ];
      const secrets = [good, bad, long].flatMap((text) => text.split('.').slice(1)).map((piece) => piece.slice(0, 40));
      const answers = [];
      for (const [name, event, kind, reason] of events) {
        const answer = await api.invoke(event, {raw: true});
        assert.equal(answer.kind, kind, name);
        if (kind === 'error') for (const secret of secrets) assert.ok(!answer.body.includes(secret), `the answer to ${name} shows a token`);
        answers.push({name, id: answer.id, kind, reason});
      }
      await program.stop('SIGTERM');
      const lines = program.lines.map((line) => ({text: line, json: JSON.parse(line)}));
      for (const {text, json} of lines) {
        assert.match(json.level, /^(ERROR|WARN|INFO|DEBUG)$/);
        assert.match(json.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.ok(['ERROR', 'WARN', 'INFO', 'DEBUG'].indexOf(json.level) <= ['error', 'warn', 'info', 'debug'].indexOf(level), json.level);
        for (const secret of secrets) assert.ok(!text.includes(secret), `the line ${json.msg} shows a token`);
        if (json.kid) assert.ok(json.kid.length <= 64);
      }
      for (const {name, id, kind, reason} of answers) {
        const decisions = lines.filter(({json}) => json.requestId === id && json.msg === 'decision');
        const wanted = kind === 'response' ? ['info', 'debug'].includes(level) : name === 'f' || level !== 'error';
        assert.equal(decisions.length, wanted ? 1 : 0, `lines about ${name}`);
        if (wanted && reason) assert.equal(decisions[0].json.reason, reason);
      }
    });

  test('every line of an invocation has its request id', async (t) => {
    const {good, program} = await startAuthorizer(t, {env: {PORTCULLIS_LOG: 'debug', PORTCULLIS_TRACE: '1'}});
    const from = program.lines.length;
    const {id} = await good();
    await program.line((line) => line.includes(id) && line.includes('"trace"'));
    for (const line of program.lines.slice(from)) assert.equal(JSON.parse(line).requestId, id);
  });

  test('the trace is for development alone', async (t) => {
    const {api, good, program} = await startAuthorizer(t);
    await good();
    await api.idle();
    assert.ok(!program.lines.some((line) => JSON.parse(line).msg === 'trace'));
  });

  test('the start line tells issuers, audiences, algorithms, keys and routes', async (t) => {
    const {keys, program} = await startAuthorizer(t);
    const start = JSON.parse(await program.line(/"msg":"start"/));
    const [issuer] = start.issuers;
    assert.equal(issuer.issuer, keys.issuer);
    assert.deepEqual(issuer.audiences, ['https://api.example.com']);
    assert.deepEqual(issuer.algorithms, ['RS256']);
    assert.equal(issuer.keys, 1);
    assert.deepEqual(start.routes, {public: 0, authenticated: 1, with_requirements: 1, default: 'deny'});
    assert.deepEqual(start.not_enforced, []);
  });
});

describe('keys from a JWKS', () => {
  test('a server that is down is a fault, never Unauthorized or an allow; when it is back, so is the good answer', async (t) => {
    const keys = await KeyServer.start(t, [k1]);
    const {port} = keys;
    await keys.stop();
    const {api, token, good} = await startAuthorizer(t, {keyServer: keys});
    const down = await good();
    assertFault(down);
    assert.match(down.json.errorMessage, /keys_unavailable/);
    // Without the keys nothing is known of a forged token either; what needs no key is still Unauthorized.
    assertFault(await api.invoke(tokenEvent(`Bearer ${withBadSignature(token())}`)));
    assertUnauthorized(await api.invoke(tokenEvent('Bearer')));
    assertUnauthorized(await good({claims: {iss: 'https://other.example.com/'}}));
    await KeyServer.start(t, [k1], port);
    await eventually(async () => (await good()).kind === 'response', 'an allow after the return of the keys', 40_000);
  });

  for (const [name, break_] of [['500', (keys) => (keys.status = 500)], ['404', (keys) => (keys.status = 404)], ['a redirect', (keys) => ((keys.status = 302), (keys.headers = {Location: keys.issuer}))], ['a set without keys', (keys) => (keys.keys = [])]])
    test(`${name} instead of keys is no allow`, async (t) => {
      const keys = await KeyServer.start(t, [k1]);
      break_(keys);
      const {good} = await startAuthorizer(t, {keyServer: keys});
      const answer = await good();
      assert.equal(answer.kind, 'error');
      if (name !== 'a set without keys') assertFault(answer);
    });

  test('found by the issuer\'s metadata at the start; the start line compares the clocks', async (t) => {
    const keys = await KeyServer.start(t, [k1]);
    keys.publishMetadata();
    keys.headers = {Date: new Date(Date.now() - 3_600_000).toUTCString()};
    const {good, program} = await startAuthorizer(t, {keyServer: keys, configure: (issuer) => configFor(issuer).replace(/ +jwks_uri.*\n/, '')});
    assertAllowed(await good());
    assert.deepEqual([keys.fetches, keys.lastRequest.url], [2, '/keys']);
    const lines = program.lines.map((line) => JSON.parse(line));
    const [{key_source: source, clock_offset_s: offset}] = lines.find(({msg}) => msg === 'start').issuers;
    assert.equal(source, `${keys.issuer}keys`);
    assert.ok(offset >= -3_602 && offset <= -3_598, `${offset}`);
    assert.deepEqual(lines.filter(({msg}) => msg === 'clock').map(({level, issuer, offset_s: told}) => [level, issuer, told]), [['WARN', keys.issuer, offset]]);
  });

  test('somebody else\'s metadata gives no keys', async (t) => {
    const keys = await KeyServer.start(t, [k1]);
    keys.publishMetadata();
    keys.documents['/.well-known/openid-configuration'].issuer = 'https://evil.example/';
    const {good, program} = await startAuthorizer(t, {keyServer: keys, configure: (issuer) => configFor(issuer).replace(/ +jwks_uri.*\n/, '')});
    assertFault(await good());
    assert.match(program.lines.find((line) => JSON.parse(line).msg === 'start'), /is not that of/);
  });

  test('fetched once at the start, then kept', async (t) => {
    const {keys, good} = await startAuthorizer(t);
    for (let i = 0; i < 20; ++i) assertAllowed(await good());
    assert.equal(keys.fetches, 1);
    assert.equal(keys.lastRequest.url, '/.well-known/jwks.json');
    assert.ok(!('authorization' in keys.lastRequest.headers));
  });

  test('C009 1 to 3: a flood of unknown kids fetches at most once, and good tokens do not wait', async (t) => {
    const {keys, api, token, good, program} = await startAuthorizer(t, {env: {AWS_LAMBDA_MAX_CONCURRENCY: '20'}, workers: 20});
    assertAllowed(await good());
    assert.equal(keys.fetches, 1);
    const header = (kid) => b64(JSON.stringify({alg: 'RS256', typ: 'JWT', kid}));
    const payload = b64(JSON.stringify(accessClaims({iss: keys.issuer})));
    const junk = Array.from({length: 500}, (_, i) => used(`${header(`made-up-${i}-${Math.random()}`)}.${payload}.${b64(Buffer.alloc(256, i))}`));
    const answers = await Promise.all(junk.map((text) => api.invoke(tokenEvent(`Bearer ${text}`))));
    answers.forEach(assertUnauthorized);
    const reasons = program.lines.map((line) => JSON.parse(line)).filter(({msg, outcome}) => msg === 'decision' && outcome === 'deny').map(({reason}) => reason);
    assert.deepEqual([...new Set(reasons)], ['unknown_kid']);
    assert.ok(keys.fetches <= 2, `${keys.fetches} fetches`);
    const before = keys.fetches;
    assertAllowed(await good());
    assert.equal(keys.fetches, before);
  });

  test('a rotated key is fetched when a token first names it', async (t) => {
    const {keys, good} = await startAuthorizer(t);
    assertAllowed(await good());
    keys.keys = [k1, k2];
    assertAllowed(await good({kid: 'k2', key: 'k2'}));
    assert.equal(keys.fetches, 2);
    assertUnauthorized(await good({kid: 'k2', key: 'stranger'}));
    assertAllowed(await good());
    assert.equal(keys.fetches, 2);
  });
});
