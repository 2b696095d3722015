// One table of requests through every door, decide --batch, decide --event, bootstrap and serve in the dialect of every
// proxy: the same input, configuration and clock make the same decision (design.md §1), and the Lambda says of it what
// gateway.md §3 has for its kind of API.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {connect} from 'node:net';
import {once} from 'node:events';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {publicJwk} from '../vectors/signing.mjs';
import {endOf, Program, root, run, temporaryFolder} from '../support/program.mjs';
import {RuntimeApi} from '../support/runtime_api.mjs';
import {nowSeconds} from '../support/tokens.mjs';
import {askings, kindsOfEvents, rows} from './table.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const now = nowSeconds();
const dialects = ['nginx', 'traefik', 'caddy', 'haproxy', 'envoy'];
let servedDecisions = 0;

const statuses = {ok: 200, bad_request: 400, insufficient_scope: 403, forbidden: 403, no_route: 403, rate_limited: 429, keys_unavailable: 503, store_unavailable: 503, internal: 500};
const statusOf = (reason) => statuses[reason] ?? 401;

const challenges = {
  ok: /^$/, forbidden: /^$/, no_route: /^$/, rate_limited: /^$/, keys_unavailable: /^$/, store_unavailable: /^$/, internal: /^$/,
  no_credentials: /^Bearer realm="api"(, DPoP algs="[^"]+")?$/,
  bad_request: /^Bearer error="invalid_request"/,
  insufficient_scope: /^Bearer error="insufficient_scope"/,
  step_up: /^Bearer error="insufficient_user_authentication"/,
  dpop_missing: /^DPoP .*error="invalid_dpop_proof"/,
  dpop_invalid: /^DPoP .*error="invalid_dpop_proof"/,
};
const challengeOf = (reason) => challenges[reason] ?? /^(Bearer|DPoP) error="invalid_token"/;  // in the scheme that was used

/** IAM's wildcards, and its order: a Deny wins (gateway.md §3.2). */
const matches = (pattern, arn) => new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`).test(arn);
function verdictOn(policy, arn) {
  const effects = policy.Statement.filter(({Resource}) => [Resource].flat().some((pattern) => matches(pattern, arn))).map(({Effect}) => Effect);
  return effects.includes('Deny') ? 'Deny' : effects[0] ?? 'nothing';
}

/** The keys of the configuration `fetched`, and the ways in which there are none. */
async function startKeySource() {
  const k1 = publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'});
  const answers = {
    '/good': (response) => response.end(JSON.stringify({keys: [k1]})),
    '/server-error': (response) => response.writeHead(500).end(JSON.stringify({keys: [k1]})),
    '/redirect': (response) => response.writeHead(302, {Location: '/good'}).end(),
    '/web-page': (response) => response.writeHead(200, {'Content-Type': 'text/html'}).end('<!doctype html><title>Log in</title>'),
    '/no-usable-key': (response) => response.end(JSON.stringify({keys: [{...k1, use: 'enc'}]})),
    '/oversized': (response) => response.end(JSON.stringify({keys: [k1], more: 'x'.repeat(300 * 1024)})),
    '/cut-short': (response) => response.writeHead(200, {'Content-Length': 4096}).write('{"keys":[', () => response.destroy()),
  };
  const server = createServer((request, response) => (answers[request.url] ?? ((missing) => missing.writeHead(404).end()))(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** `portcullis decide --batch`, all askings in one process. */
async function decisionsByBatch(file, all) {
  const input = all.map(({line}) => `${JSON.stringify({...line, at: now})}\n`).join('');
  const {code, stdout} = await run('portcullis', ['decide', '--batch', '--config', file], {input});
  assert.equal(code, 0);
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
}

/** The same events through one running bootstrap. @returns {{answer, logged}[]} */
async function answersOfLambda(file, events, end) {
  const api = await RuntimeApi.start();
  end(() => api.stop());
  const program = new Program('bootstrap', [], {env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', PORTCULLIS_CONFIG: file, AWS_LAMBDA_LOG_FORMAT: 'JSON'}});
  end(() => program.stop('SIGKILL'));
  const answers = await Promise.all(events.map(({line}) => api.invoke(line.event, {milliseconds: 60_000, budget: 60_000})));
  await api.idle();
  await program.stop('SIGTERM');
  const logged = new Map(program.lines.map((line) => JSON.parse(line)).filter(({msg}) => msg === 'decision').map((line) => [line.requestId, line]));
  return answers.map((answer) => ({answer, logged: logged.get(answer.id)}));
}

/**
 * The same requests through one running server, in the dialect of every proxy that could ask so.
 * @param first  requests that go before, whatever they are answered
 * @returns {Map} by asking: {dialect, status, headers, logged}[]. What HTTP itself forbids has only its status.
 */
async function answersOfServer(file, requests, first, end) {
  const own = path.join(temporaryFolder(end), 'serve.yaml');
  const absolute = readFileSync(file, 'utf8').replaceAll(/jwks_file: (?!\/)(\S+)/g, (_, name) => `jwks_file: ${path.join(path.dirname(file), name)}`);
  writeFileSync(own, `${absolute}\nserve: { listen: "127.0.0.1:0", admin: "127.0.0.1:0", proxies: [127.0.0.1/32] }\n`);
  const program = new Program('portcullis', ['serve', '--config', own], {env: {PORTCULLIS_LOG: 'debug'}});
  end(() => program.running && program.stop('SIGKILL'));
  const port = JSON.parse(await program.line(/"msg":"listening"/)).listen.split(':')[1];
  await inOneConnection(port, first.map((request) => asProxy('nginx', request, 'f'.repeat(32))));
  const answers = new Map();
  let number = 0;
  for (const dialect of dialects) {
    const asked = requests.filter(({line: {request}}) => canBeAsked(dialect, request));
    const ids = asked.map(() => (++number).toString(16).padStart(32, '0'));
    const told = await inOneConnection(port, asked.map(({line: {request}}, index) => asProxy(dialect, request, ids[index])));
    asked.forEach((asking, index) => answers.set(asking, [...(answers.get(asking) ?? []), {dialect, id: ids[index], ...told[index]}]));
  }
  await program.stop('SIGTERM');
  const logged = new Map(program.lines.filter((line) => line.includes('"msg":"decision"')).map((line) => JSON.parse(line)).map((line) => [line.trace_id, line]));
  for (const answer of [...answers.values()].flat()) answer.logged = logged.get(answer.id);
  return answers;
}

/** Whether a proxy could ask so: a line end is the end of a header field, and Envoy's question is the client's path behind ours. */
const canBeAsked = (dialect, {path: target, headers}) =>
  !Object.values(headers).flat().some((value) => /[\r\n]/.test(value)) && (dialect !== 'envoy' || target.startsWith('/'));

/** What a proxy sends about a request (gateway.md §8.3), octet for octet. */
function asProxy(dialect, {method, path: target, headers}, id) {
  const told = {
    nginx: ['X-Original-Method', 'X-Original-URI', 'X-Original-Address'], haproxy: ['X-Original-Method', 'X-Original-URI', 'X-Original-Address'],
    traefik: ['X-Forwarded-Method', 'X-Forwarded-Uri', 'X-Forwarded-For'], caddy: ['X-Forwarded-Method', 'X-Forwarded-Uri', 'X-Forwarded-For'],
  }[dialect];
  const first = told ? `GET /auth/${dialect} HTTP/1.1` : `${method} /auth/envoy${target} HTTP/1.1`;
  const fields = [['Host', 'portcullis'], ['traceparent', `00-${id}-00f067aa0ba902b7-01`], ...(told ? [[told[0], method], [told[1], target], [told[2], '198.51.100.7']] : [['X-Forwarded-For', '198.51.100.7']]),
    ...Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))];
  return Buffer.from(`${first}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
}

/** One after the other, on a connection that is opened anew where the server closed it. */
async function inOneConnection(port, requests) {
  const answers = [];
  let socket, text = '', wake;
  const connected = async () => {
    text = '';
    socket = connect(port, '127.0.0.1').setEncoding('utf8').on('error', () => {}).on('close', () => wake?.()).on('data', (more) => ((text += more), wake?.()));
    await once(socket, 'connect');
  };
  const more = () => new Promise((resolve) => (wake = resolve));
  for (const request of requests) {
    if (!socket || socket.closed || socket.readableEnded) await connected();
    socket.write(request);
    let head;
    while ((head = text.indexOf('\r\n\r\n')) < 0) await more();
    const fields = Object.fromEntries(text.slice(0, head).split('\r\n').slice(1).map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]));
    const end = head + 4 + (/^HEAD /.test(request) ? 0 : Number(fields['content-length'] ?? 0));
    while (text.length < end && !socket.closed) await more();
    answers.push({status: Number(text.slice(9, 12)), headers: fields});
    text = text.slice(end);
    if (fields.connection === 'close') socket = undefined;
  }
  socket?.destroy();
  return answers;
}

/** `portcullis decide --event`, a process for each event, a few at a time. */
async function printedForEvents(file, events) {
  const printed = [];
  for (let from = 0; from < events.length; from += 4)
    printed.push(...await Promise.all(events.slice(from, from + 4).map(({line}) => run('portcullis', ['decide', '--event', '-', '--config', file], {input: JSON.stringify(line.event)}))));
  return printed;
}

function assertDecision({row, kind}, decision) {
  const passes = row.reason === 'ok' || row.enforced === false;
  assert.equal(decision.reason, row.reason, decision.detail);
  assert.equal(decision.status, statusOf(row.reason));
  assert.equal(decision.outcome, row.reason === 'ok' ? 'allow' : statusOf(row.reason) >= 500 ? 'error' : 'deny');
  assert.equal(decision.enforced, row.enforced ?? true);
  if (row.route) assert.equal(decision.route, row.route);
  assert.match(decision.headers['WWW-Authenticate'] ?? '', passes ? /^$/ : challengeOf(row.reason));
  assert.equal(decision.response === null, kind === 'request');
}

/** What a proxy is told of a decision (gateway.md §8.1). @returns whether its log line could be compared too */
function assertServed({row}, decision, {status, headers, logged}) {
  const passes = row.reason === 'ok' || row.enforced === false;
  assert.equal(status, passes ? 200 : statusOf(row.reason));
  if (!logged) return void assert.equal(row.reason, 'bad_request', 'only what HTTP itself forbids is refused before it is a request');
  assert.deepEqual([logged.reason, logged.outcome, logged.enforced, logged.route], [decision.reason, decision.outcome, decision.enforced, decision.route ?? ''], logged.detail);
  assert.equal(headers['www-authenticate'] ?? '', decision.headers['WWW-Authenticate'] ?? '');
  if (passes) assert.equal(headers['x-auth-subject'], decision.principal === null ? '-' : encodeURIComponent(decision.principal).replaceAll('%7C', '|'));
}

/** What the Lambda makes of a decision, by kind of API (gateway.md §3.3, design.md §9). */
function assertAnswer({row, kind, line}, config, {answer, logged}) {
  assert.equal(logged.reason, row.reason, logged.detail);
  const passes = row.reason === 'ok' || row.enforced === false;
  const status = statusOf(row.reason);
  const arn = line.event.methodArn ?? line.event.routeArn;
  for (const member of ['statusCode', 'headers', 'body']) assert.ok(!(member in answer.json), `no ${member} in an authorizer's answer`);
  if (status >= 500 && !passes) {
    assert.equal(answer.kind, 'error');
    assert.ok(answer.json.errorMessage.startsWith(row.reason), answer.json.errorMessage);
    return;
  }
  if (kind === 'http-2' && config === 'listed') {
    assert.equal(answer.kind, 'response');
    assert.equal(answer.json.isAuthorized, passes);
    return;
  }
  if (!kind.startsWith('http') && !passes && status !== 403 && status !== 429) {
    assert.equal(answer.kind, 'error');
    assert.equal(answer.json.errorMessage, 'Unauthorized');
    return;
  }
  assert.equal(answer.kind, 'response', answer.json.errorMessage);
  assert.ok(answer.json.principalId);
  assert.ok(answer.body.length <= 8000);
  const own = arn.split('/').slice(0, 2).join('/');
  const resources = answer.json.policyDocument.Statement.flatMap(({Resource}) => Resource);
  for (const resource of resources) {
    assert.ok(resource.startsWith(`${own}/`), `${resource}: this API and stage only`);
    assert.ok(resource.length <= 512);
    if (row.not_in_policy) assert.ok(!resource.includes(row.not_in_policy), `nothing of this path: ${resource}`);
  }
  // A path that IAM would take for a pattern, or that is too long for a policy, is never named as it is.
  const nameable = !/[*?{}\p{Cc}]/u.test(arn) && arn.length <= 512;
  if (!nameable) assert.ok(!resources.includes(arn), 'a pattern of the client\'s making');
  const allowed = passes && !row.never_allowed_by_policy;
  assert.equal(verdictOn(answer.json.policyDocument, arn), allowed ? 'Allow' : 'Deny', 'explicitly: a resource policy might allow what is not denied');
}

/** `decide --event` prints the Lambda's answer as it is; its exit code says whether the gateway would let the request on. */
function assertPrinted({row}, {stdout, code}, answer) {
  assert.equal(stdout, `${answer.body}\n`);
  const allowed = row.reason === 'ok' && !row.never_allowed_by_policy;
  assert.equal(code, statusOf(row.reason) >= 500 ? 3 : allowed ? 0 : 1);
}

for (const config of ['listed', 'fetched', 'limited', 'stored'])
  describe(`the table under ${config}.yaml`, () => {
    const all = rows.filter((row) => row.config === config).flatMap((row) => askings(row, now));
    const events = all.filter(({line}) => line.event);
    const written = events.filter(({row}) => row.event);  // those of the table itself
    const requests = all.filter(({kind}) => kind === 'request');
    // An event that changes what the rows behind it get: a server is asked the same.
    const first = written.filter(({row}) => row.as_request)
      .map(({row, line}) => ({method: row.as_request.split(' ')[0], path: row.as_request.split(' ')[1], headers: {Authorization: line.event.authorizationToken}}));
    const byBatch = new Map(), byLambda = new Map(), byEvent = new Map();
    let byServer;
    const end = endOf(after);
    before(async () => {
      let file = path.join(folder, `${config}.yaml`);
      if (config === 'fetched') {
        const server = await startKeySource();
        end(() => server.close());
        const text = readFileSync(file, 'utf8').replaceAll('KEYS', `http://127.0.0.1:${server.address().port}`);
        file = path.join(temporaryFolder(end), 'fetched.yaml');
        writeFileSync(file, text);
      }
      const [decisions, answers, printed, served] = await Promise.all([decisionsByBatch(file, all), answersOfLambda(file, events, end), printedForEvents(file, written), answersOfServer(file, requests, first, end)]);
      assert.equal(decisions.length, all.length);
      all.forEach((asking, index) => byBatch.set(asking, decisions[index]));
      events.forEach((asking, index) => byLambda.set(asking, answers[index]));
      byServer = served;
      written.forEach((asking, index) => byEvent.set(asking, printed[index]));
    });

    for (const row of rows.filter((one) => one.config === config))
      test([...(row.cases ?? []), `${row.subject}: ${row.name}: ${row.reason}`].join(', '), () => {
        for (const asking of all.filter((one) => one.row === row)) {
          const where = (error) => Object.assign(error, {message: `as ${asking.kind}: ${error.message}`});
          try {
            assertDecision(asking, byBatch.get(asking));
            for (const answer of byServer.get(asking) ?? []) {
              try {
                assertServed(asking, byBatch.get(asking), answer);
                ++servedDecisions;
              } catch (error) {
                throw Object.assign(error, {message: `through ${answer.dialect}: ${error.message}`});
              }
            }
            if (!asking.line.event) continue;
            assertAnswer(asking, config, byLambda.get(asking));
            assert.deepEqual(byBatch.get(asking).response, byLambda.get(asking).answer.json, 'the command line says what the Lambda answers');
            if (byEvent.has(asking)) assertPrinted(asking, byEvent.get(asking), byLambda.get(asking).answer);
          } catch (error) {
            throw where(error);
          }
        }
      });
  });

describe('the table itself', () => {
  const fewest = 5;
  const count = (keys) => keys.reduce((counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1), new Map());
  const enough = (wanted, keys, what) => {
    const counts = count(keys);
    const few = wanted.filter((key) => (counts.get(key) ?? 0) < fewest);
    assert.deepEqual(few, [], `${what} with fewer than ${fewest} rows`);
    return `${wanted.length} ${what}`;
  };
  // What no row can bring about: they need good proofs, made anew each time (core/access/sender_test.cpp has them).
  const unreachable = ['dpop_replayed', 'dpop_nonce'];

  test('has five rows or more for every reason, kind of event and refused form of a path, each of its own kind', (t) => {
    const header = readFileSync(path.join(root, 'include/portcullis/reason.h'), 'utf8');
    const reasons = [...header.matchAll(/ReasonFacts\{Reason::(\w+),/g)].map(([, code]) => code);
    assert.ok(reasons.length > 30);
    const reached = new Set(rows.map(({reason}) => reason));
    assert.deepEqual(reasons.filter((code) => !reached.has(code)), unreachable);
    const said = [
      enough(reasons.filter((code) => !unreachable.includes(code)), rows.map(({reason}) => reason), 'reasons'),
      enough(kindsOfEvents, rows.map(({kind}) => kind), 'kinds of events'),
      enough([1, 2, 3, 4, 5, 6, 7, 8], rows.map(({refused_as: row}) => row), 'rows of gateway.md §8.2'),
    ];
    assert.ok(servedDecisions > 5 * rows.filter(({event}) => !event).length - 50);
    t.diagnostic(`table of decisions: ${rows.length} rows, ${servedDecisions} decisions of serve through ${dialects.length} dialects; ${said.join(', ')}; not reachable yet: ${unreachable.join(' ')}`);
    assert.equal(new Set(rows.map(({name}) => name)).size, rows.length, 'every row has a name of its own');
  });

  test('has an accepted twin under each configuration and for each kind of token and event', () => {
    const accepted = rows.filter(({reason}) => reason === 'ok');
    for (const config of ['listed', 'fetched', 'limited', 'stored']) assert.ok(accepted.some((row) => row.config === config));
    for (const kind of kindsOfEvents) assert.ok(accepted.some((row) => row.kind === kind), kind);
  });
});
