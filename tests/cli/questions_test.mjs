// Questions about a configuration and its decisions: decide --list, check --effective, check --never, explain, test.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, describe, test} from 'node:test';
import {publicJwk} from '../vectors/signing.mjs';
import {anchors, parse, readText} from '../support/markdown.mjs';
import {Program, binary, endOf, run, temporaryFolder} from '../support/program.mjs';
import {RuntimeApi, tokenEvent} from '../support/runtime_api.mjs';
import {accessClaims, audience, issuer, makeToken, nowSeconds, withBadSignature} from '../support/tokens.mjs';
import {used} from '../support/used_tokens.mjs';

const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
const file = (name, content) => {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
};
const jwks = file('keys.json', JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
const rules = (fallback) => `issuers:
  - issuer: ${issuer}
    jwks_file: ${jwks}
    audience: ${audience}
routes:
  - route: "POST /api/public"
    access: public
  - route: "POST /api/private"
    access: authenticated
  - route: "GET /orders/{id}"
    access: { all: ["scope:read:orders"] }
  - route: "ANY /admin/{path+}"
    access: { all: ["permission:admin"] }
default: ${fallback}
lambda: { cache: 0s }
`;
const config = file('portcullis.yaml', rules('deny'));
const open = file('open.yaml', rules('authenticated'));
const unreachable = file('unreachable.yaml', rules('deny').replace(`jwks_file: ${jwks}`, 'jwks_uri: http://127.0.0.1:9/keys').replace('issuers:', 'development: true\nissuers:'));

const token = (more = {}, rest = {}) => makeToken({header: {kid: 'k1'}, claims: accessClaims(more), ...rest});
const portcullis = (args, more = {}) => run('portcullis', args, {cwd: folder, ...more});
const lines = (text) => text.split('\n').filter(Boolean);

describe('decide --list', () => {
  const asked = {'POST /api/public': 'POST /api/public', 'POST /api/private': 'POST /api/private', 'GET /orders/{id}': 'GET /orders/1', 'ANY /admin/{path+}': 'PUT /admin/a/b', default: 'GET /unlisted'};
  const bound = {cnf: {jkt: 'A'.repeat(43)}};
  const callers = [
    {name: 'somebody with a scope', make: () => token(), code: 0, allowed: ['POST /api/public', 'POST /api/private', 'GET /orders/{id}']},
    {name: 'an admin', make: () => token({permissions: ['admin']}), code: 0, allowed: ['POST /api/public', 'POST /api/private', 'GET /orders/{id}', 'ANY /admin/{path+}']},
    {name: 'an expired token', make: () => token({exp: nowSeconds() - 600}), code: 1, allowed: ['POST /api/public'], why: 'expired'},
    {name: 'a changed token', make: () => withBadSignature(token()), code: 1, allowed: ['POST /api/public'], why: 'bad_signature'},
    {name: 'an opaque token', make: () => used('3xampleOpaqueT0kenOf32Characters'), code: 1, allowed: ['POST /api/public'], why: 'not_jws'},
    {name: 'a token bound to a key', make: () => token(bound), code: 0, allowed: ['POST /api/public']},
    {name: 'nobody', code: 0, allowed: ['POST /api/public'], why: 'no_credentials'},
  ];
  for (const {name, make, code, allowed, why} of callers)
    for (const place of [config, open])
      test(`${name}, ${path.basename(place)}: each answer is the one that the request gets`, async () => {
        const compact = make?.();
        const kept = file('token.txt', `${compact}\n`);
        const ways = compact ? [{args: ['--as', '-'], input: compact}, {args: ['--as', `@${kept}`]}, {args: ['--as', compact]}] : [{args: []}];
        for (const {args, input} of ways) {
          const result = await portcullis(['decide', '--list', ...args, '--json', '--config', place], {input});
          assert.deepEqual([result.code, result.stderr], [code, '']);
          const list = JSON.parse(result.stdout);
          assert.deepEqual(Object.keys(list), ['caller', 'routes', 'default']);
          assert.equal(list.caller.reason, why ?? 'ok');
          assert.equal(list.caller.principal, why ? null : 'auth0|u1');
          assert.deepEqual(list.routes.filter(({outcome}) => outcome === 'allow').map(({route}) => route), allowed);
          for (const row of [...list.routes, list.default]) {
            assert.deepEqual(Object.keys(row), ['route', 'place', 'access', 'outcome', 'status', 'reason', 'detail']);
            const header = compact ? ['-H', `Authorization: Bearer ${compact}`] : [];
            const decision = JSON.parse((await portcullis(['decide', '--request', asked[row.route], ...header, '--json', '--config', place])).stdout);
            for (const member of ['outcome', 'status', 'reason']) assert.equal(row[member], decision[member], `${row.route}: ${member}`);
          }
          assert.equal(list.routes[0].place, `${place}:6:12`);
        }
      });

  test('in words: the caller, each rule with its place, and what is missing', async () => {
    const compact = token();
    const {code, stdout} = await portcullis(['decide', '--list', '--as', '-', '--config', config], {input: compact});
    assert.equal(code, 0);
    assert.deepEqual(lines(stdout.replaceAll(`${folder}/`, '')), [
      `caller     "auth0|u1"   issuer "${issuer}"`,
      'allowed    POST /api/public     public   portcullis.yaml:6:12',
      'allowed    POST /api/private    authenticated   portcullis.yaml:8:12',
      'allowed    GET /orders/{id}     all: [scope:read:orders]   portcullis.yaml:10:12',
      'denied     ANY /admin/{path+}   all: [permission:admin]   portcullis.yaml:12:12',
      '           insufficient_scope: needs permission:admin; token has no permissions claim',
      'denied     default              deny',
      '           no_route: no rule lists the route',
    ]);
  });

  test('why a token was refused stands before what is left', async () => {
    const {code, stdout} = await portcullis(['decide', '--list', '--as', '-', '--config', config, '--at', '2100-01-01T00:00:00Z'], {input: token()});
    assert.equal(code, 1);
    assert.match(stdout, /^the token is refused: expired \(401\)\n/);
    assert.match(stdout, /^caller {5}anonymous, for want of a good token$/m);
    assert.match(stdout, /^denied {5}POST \/api\/private .*\n {11}expired: the token is refused$/m);
  });

  test('keys out of reach: exit 3, and only what is public is certain', async () => {
    const result = await portcullis(['decide', '--list', '--as', '-', '--json', '--config', unreachable], {input: token()});
    assert.equal(result.code, 3);
    assert.deepEqual(JSON.parse(result.stdout).routes.map(({outcome}) => outcome), ['allow', 'error', 'error', 'error']);
    assert.match((await portcullis(['decide', '--list', '--as', '-', '--config', unreachable], {input: token()})).stdout, /^could not decide: keys_unavailable/);
  });

  for (const args of [['--list', '--batch'], ['--list', '--explain'], ['--list', '--request', 'GET /'], ['--list', '--event', '-'], ['--list', '-H', 'A: b'], ['--as', '-'], ['--as', '-', '--request', 'GET /'], ['--list', '--as'], ['--list', '--as', '@missing'], ['--list', '--as', '-']])
    test(`decide ${args.join(' ')} is one sentence and exit 2`, async () => {
      const result = await portcullis(['decide', ...args, '--config', config], {input: ''});
      assert.deepEqual([result.code, result.stdout], [2, '']);
      assert.match(result.stderr, /^portcullis: [^\n]+\n$/);
    });
});

describe('check --effective', () => {
  test('every setting has its value and its origin, in words and as JSON', async () => {
    const words = await portcullis(['check', '--effective', config], {env: {AUTH0_LEEWAY: '5'}});
    assert.equal(words.code, 0, words.stdout);
    for (const line of [/^issuers\[0\]\.issuer +https:\/\/example\.eu\.auth0\.com\/ {3}\[.*portcullis\.yaml:2:13\]$/m, /^issuers\[0\]\.leeway +5s {3}\[AUTH0_LEEWAY\]$/m,
      /^issuers\[0\]\.algorithms +\[RS256\] {3}\[default\]$/m, /^routes\[2\]\.access +all: \[scope:read:orders\] {3}\[/m, /^lambda\.cache +0s {3}\[/m]) assert.match(words.stdout, line);
    assert.match(words.stdout, /\nok\n$/);
    const {effective} = JSON.parse((await portcullis(['check', '--effective', '--json', config], {env: {AUTH0_LEEWAY: '5'}})).stdout);
    const named = Object.fromEntries(effective.map(({name, ...rest}) => [name, rest]));
    assert.deepEqual(named['issuers[0].leeway'], {value: '5s', origin: 'environment', file: null, line: null, column: null, variable: 'AUTH0_LEEWAY'});
    assert.deepEqual(named['issuers[0].algorithms'], {value: '[RS256]', origin: 'default', file: null, line: null, column: null, variable: null});
    assert.deepEqual(named.default, {value: 'deny', origin: 'file', file: config, line: 14, column: 10, variable: null});
  });

  test('it is asked for: without it, and where there is an error, JSON says null', async () => {
    assert.equal(JSON.parse((await portcullis(['check', '--json', config])).stdout).effective, null);
    const bad = file('bad.yaml', rules('dney'));
    const refused = await portcullis(['check', '--effective', '--json', bad]);
    assert.equal(refused.code, 2);
    assert.equal(JSON.parse(refused.stdout).effective, null);
  });

  test('no secret is told, and no URL with a user is accepted or repeated', async () => {
    const secret = 'c0rrect-horse-battery-staple-0123456789';
    const place = file('secret.yaml', rules('deny').replace(`jwks_file: ${jwks}`, 'algorithms: [HS256]\n    secret: env:JWT_SECRET')
      .replace('cache: 0s', 'cache: 0s, api_key_from: "claim:/azp", default_api_key: env:API_KEY'));
    for (const form of [[], ['--json']]) {
      const {code, stdout} = await portcullis(['check', '--effective', ...form, place], {env: {JWT_SECRET: secret, API_KEY: 'abcdefghij0123456789'}});
      assert.equal(code, 0, stdout);
      assert.ok(stdout.includes('env:JWT_SECRET (set)') && stdout.includes('env:API_KEY (set)'), stdout);
      assert.ok(!stdout.includes(secret.slice(0, 12)) && !stdout.includes('abcdefghij'), stdout);
    }
    const user = file('user.yaml', rules('deny').replace(`jwks_file: ${jwks}`, 'jwks_uri: https://user:passw0rd@example.com/keys'));
    const refused = await portcullis(['check', '--effective', user]);
    assert.equal(refused.code, 2);
    assert.ok(!refused.stdout.includes('passw0rd'), refused.stdout);
  });

  test('of the environment alone', async () => {
    const {code, stdout} = await portcullis(['check', '--effective'], {env: {AUTH0_DOMAIN: 'example.eu.auth0.com', AUTH0_AUDIENCE: audience}, cwd: '/'});
    assert.equal(code, 0);
    assert.match(stdout, /^issuers\[0\]\.issuer +https:\/\/example\.eu\.auth0\.com\/ {3}\[AUTH0_DOMAIN\]$/m);
  });
});

describe('check --never', () => {
  const trying = file('trying.yaml', rules('deny').replace('"scope:read:orders"] }', '"scope:read:orders"], max_age: 5m }')
    .replace('{ all: ["permission:admin"] }', '{ all: ["permission:admin"] }\n    mode: report'));
  const never = (statements, args = [], place = config) => portcullis(['check', ...statements.flatMap((one) => ['--never', one]), ...args, place]);

  test('a proof is one line and exit 0, and names the rules it is about', async () => {
    const {code, stdout} = await never(['ANY /admin/{path+} is public']);
    assert.equal(code, 0, stdout);
    assert.deepEqual(lines(stdout).slice(-2), ['proved   never "ANY /admin/{path+} is public"   [ANY /admin/{path+}]', 'ok']);
  });

  test('a counter-example is exit 1, whatever else was proved, and says who gets in where and why', async () => {
    const {code, stdout} = await never(['ANY /admin/{path+} is public', 'ANY /orders/{id} is allowed without permission:admin']);
    assert.equal(code, 1);
    assert.deepEqual(lines(stdout.replaceAll(`${folder}/`, '')).slice(-4), [
      'proved   never "ANY /admin/{path+} is public"   [ANY /admin/{path+}]',
      'counter-example   "ANY /orders/{id} is allowed without permission:admin"',
      '         GET /orders/x by a caller with {"scope":"read:orders"}',
      '         is allowed by GET /orders/{id}   all: [scope:read:orders]   portcullis.yaml:10:12',
    ]);
  });

  test('a token with the claims of a counter-example is decided as it says', async () => {
    const at = '2030-01-01T00:00:00Z';
    const asked = ['GET /orders/{id} is allowed without max_age:1m', 'ANY /admin/{path+} is public', 'ANY /admin/{path+} is allowed with token'];
    const result = await never(asked, ['--json', '--at', at], trying);
    assert.equal(result.code, 1, result.stdout);
    const {ok, never: answers} = JSON.parse(result.stdout);
    assert.equal(ok, false);
    assert.deepEqual(answers.map(({statement, proved}) => [statement, proved]), asked.map((statement) => [statement, false]));
    assert.deepEqual(answers.map(({counter_example: {claims}}) => claims === null), [false, true, false]);
    for (const {counter_example: found} of answers) {
      assert.deepEqual(Object.keys(found), ['request', 'claims', 'at', 'route', 'access', 'place']);
      const header = found.claims ? ['-H', `Authorization: Bearer ${makeToken({header: {kid: 'k1'}, claims: found.claims})}`] : [];
      const decision = JSON.parse((await portcullis(['decide', '--request', `${found.request.method} ${found.request.path}`, ...header, '--json', '--at', String(found.at), '--config', trying])).stdout);
      assert.equal(decision.outcome === 'allow' || !decision.enforced, true, JSON.stringify(decision));
      assert.equal(decision.route, found.route);
      assert.equal(decision.principal, found.claims ? found.claims.sub : null);
    }
  });

  test('what is no statement is exit 2 with its place; nothing is proved beside it', async () => {
    const result = await never(['any route is public', 'GET /orders/{id} is allowed witout scope:x'], ['--json']);
    assert.equal(result.code, 2);
    const {ok, findings, never: answers} = JSON.parse(result.stdout);
    assert.deepEqual([ok, answers], [false, null]);
    assert.deepEqual(findings.filter(({severity}) => severity === 'error'), [{severity: 'error', file: '--never', line: 2, column: 29,
      message: '"witout" stands where \'with\' or \'without\' does; did you mean \'without\'?'}]);
  });

  test('a proof about what no rule lists is warned of; a bad configuration is judged first', async () => {
    const misspelt = await never(['ANY /amdin/{path+} is public']);
    assert.equal(misspelt.code, 0);
    assert.match(misspelt.stdout, /^--never:1:1: warning: no rule lists such a request/m);
    const bad = await never(['any route is public'], ['--json'], file('bad.yaml', rules('dney')));
    assert.deepEqual([bad.code, JSON.parse(bad.stdout).never], [2, null]);
    assert.equal(JSON.parse((await portcullis(['check', '--json', config])).stdout).never, null);
  });
});

describe('explain', () => {
  const explain = (input, args = ['-']) => portcullis(['explain', ...args], {input});
  const decisionJson = async (make, place = config) =>
    (await portcullis(['decide', '--request', 'GET /admin/a', '-H', `Authorization: Bearer ${make()}`, '--json', '--config', place])).stdout;
  const pages = new Map(['docs/reasons.md', 'docs/troubleshooting.md'].map((name) => [name, anchors(parse(readText(name)).prose)]));

  const causes = [
    {name: 'a wrong audience', make: () => token({aud: 'https://other.example.com'}), reason: 'bad_aud', likely: /^wrong audience/},
    {name: 'an opaque token', make: () => used('3xampleOpaqueT0kenOf32Characters'), reason: 'not_jws', likely: /^opaque token/},
    {name: 'the issuer\'s slash', make: () => token({iss: issuer.slice(0, -1)}), reason: 'bad_iss', likely: /slash/},
    {name: 'a rotated key', make: () => token({}, {header: {kid: 'k9'}}), reason: 'unknown_kid', likely: /^rotated key/},
    {name: 'an issuer out of reach', make: () => token(), place: unreachable, reason: 'keys_unavailable', likely: /^issuer unreachable/},
    {name: 'a clock', make: () => token({iat: nowSeconds() + 300, exp: nowSeconds() + 900}), reason: 'not_yet', likely: /^clock/},
    {name: 'a missing permission', make: () => token({permissions: ['read']}), reason: 'insufficient_scope', likely: /^missing permission/},
  ];
  for (const {name, make, place, reason, likely} of causes)
    test(`the seven causes: ${name}`, async () => {
      const written = await decisionJson(make, place);
      const json = await explain(written, ['-', '--json']);
      assert.deepEqual([json.code, json.stderr], [0, '']);
      const answer = JSON.parse(json.stdout);
      assert.deepEqual(Object.keys(answer), ['line', 'reason', 'status', 'enforced', 'happened', 'detail', 'route', 'missing', 'likely', 'check', 'do', 'see']);
      assert.equal(answer.reason, reason);
      assert.match(answer.likely, likely);
      assert.equal(answer.see.length, 2, 'a reason and a symptom');
      for (const page of answer.see) {
        const [document, anchor] = page.split('#');
        assert.ok(pages.get(document).includes(anchor), `${page} is there`);
      }
      const words = await explain(written, [file('decision.json', written)]);
      assert.equal(words.code, 0);
      for (const text of [`line 1: ${reason === 'keys_unavailable' ? 'could not decide' : 'refused'}: ${reason} (${answer.status})`, answer.happened, answer.likely, answer.check, answer.do, ...answer.see])
        assert.ok(words.stdout.includes(text), `${text}\nin\n${words.stdout}`);
    });

  test('bootstrap\'s log, as it is written: other lines are passed over', async (t) => {
    const runtime = await RuntimeApi.start(t);
    const lambda = new Program('bootstrap', [], {env: {AWS_LAMBDA_RUNTIME_API: runtime.address, _HANDLER: 'authorizer', PORTCULLIS_CONFIG: config}, cwd: folder});
    t.after(() => lambda.stop());
    await runtime.idle();
    await runtime.invoke(tokenEvent(`Bearer ${token()}`));
    await runtime.invoke(tokenEvent(`Bearer ${token({exp: nowSeconds() - 600})}`));
    await lambda.stop();
    const log = lambda.lines.filter((line) => line.startsWith('{'));
    assert.ok(log.some((line) => JSON.parse(line).msg === 'start'));
    const {code, stdout} = await explain(log.map((line) => `2026-01-01T00:00:00 ${line}\n`).join(''));
    assert.equal(code, 0);
    assert.deepEqual(stdout.match(/^line \d+: .*$/gm).map((line) => line.replace(/^line \d+: /, '')), ['allowed: ok (200)', 'refused: expired (401)']);
  });

  test('verify\'s JSON, many lines, blank ones between', async () => {
    const verdicts = (await portcullis(['verify', '--batch', '--config', config], {input: [token(), token({aud: 'x'})].map((compact) => JSON.stringify({token: compact})).join('\n')})).stdout;
    const {code, stdout} = await explain(verdicts.replace('\n', '\n\n'));
    assert.equal(code, 0);
    assert.match(stdout, /^line 1: allowed: ok \(200\)$/m);
    assert.match(stdout, /^line 3: refused: bad_aud \(401\)$/m);
  });

  test('what mode: report let through is not called refused', async () => {
    const recorded = '{"reason":"expired","status":401,"enforced":false}\n';
    assert.match((await explain(recorded)).stdout, /^line 1: let through by mode: report, else refused: expired \(401\)$/m);
    assert.equal(JSON.parse((await explain(recorded, ['-', '--json'])).stdout).enforced, false);
  });

  test('what cannot be read is told with its number, and the rest is explained: exit 2', async () => {
    const input = ['{"reason":"ok"}', 'START RequestId: 1', '{"reason":', '{"reason":"nonsense"}', '{"a":1}', '{"reason":"expired"}'].join('\n');
    const words = await explain(input);
    assert.equal(words.code, 2);
    assert.deepEqual(words.stdout.match(/^line \d+/gm), ['line 1', 'line 6']);
    assert.deepEqual(lines(words.stderr).map((line) => /^portcullis: line (\d+): ./.exec(line)?.[1]), ['2', '3', '4', '5']);
    const json = await explain(input, ['-', '--json']);
    assert.deepEqual([json.code, json.stderr], [2, '']);
    assert.deepEqual(lines(json.stdout).map((line) => JSON.parse(line)).map(({line, error}) => line ?? -error.line), [1, -2, -3, -4, -5, 6]);
  });

  const nothing = [['nothing', '', ['-'], /standard input.*no decision/], ['no decision', '{"msg":"start"}\n\n', ['-'], /no decision/], ['no such file', '', ['missing'], /missing: /], ['a directory', '', [folder], /directory/]];
  for (const [name, input, args, says] of nothing)
    test(`${name}: one sentence and exit 2`, async () => {
      const result = await explain(input, args);
      assert.deepEqual([result.code, result.stdout], [2, '']);
      assert.match(result.stderr, /^portcullis: [^\n]+\n$/);
      assert.match(result.stderr, says);
    });

  test('a token in the input is not told, wherever it stands', async () => {
    const compact = token();
    const opaque = used('3xampleOpaqueT0kenOf32Characters');
    const pieces = [...compact.split('.').slice(1).map((part) => part.slice(0, 24)), opaque.slice(0, 12)];
    for (const secret of [compact, opaque])
      for (const line of [secret, `{"token":"${secret}"}`, `{"reason":"expired","token":"${secret}"}`, `{"reason":"${secret}"}`, `{"reason":"bad_aud","detail":"aud is ${secret}"}`,
        `{"reason":"expired","route":"${secret}","missing":["${secret}"]}`, `{"reason":"ok"} ${secret}`, `${secret} {"reason":"ok"}`, `{"${secret}":`])
        for (const args of [['-'], ['-', '--json'], [secret]]) {
          const {stdout, stderr} = await portcullis(['explain', ...args], {input: line});
          for (const piece of pieces) assert.ok(!(stdout + stderr).includes(piece), `explain ${args.join(' ')} tells a token of: ${line.slice(0, 20)}`);
        }
  });

  test('control characters of a log do not reach the terminal', async () => {
    const {stdout} = await explain('{"reason":"expired","detail":"\\u001b[2Jgone\\nline 2: allowed","route":"\\u202e"}\n');
    assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f\u202e]/);
    assert.equal(stdout.match(/^line/gm).length, 1);
  });

  test('100 MB take bounded memory', async () => {
    const flood = function* () {
      for (let i = 0; i < 100; ++i) yield Buffer.alloc(1 << 20, 'a');
      yield '\n{"reason":"ok"}\n';
    };
    const result = await run('/bin/bash', ['-c', 'ulimit -v 90000 && exec "$@"', 'bash', binary('portcullis'), 'explain', '-'], {cwd: folder, input: flood()});
    assert.equal(result.code, 2);
    assert.match(result.stderr, /^portcullis: line 1: the line is longer than 8 MiB\n$/);
    assert.match(result.stdout, /^line 2: allowed: ok/);
  });
});

describe('test', () => {
  const expectations = (rows) => file('expected.yaml', `expectations:\n${rows.map((row) => `  - ${JSON.stringify(row)}\n`).join('')}`);
  const rows = [
    {request: 'POST /api/public', expect: 'allow'},
    {request: 'POST /api/private', expect: 'no_credentials'},
    {request: 'POST /api/private', token: 'env:GOOD', expect: 'ok'},
    {request: 'GET /orders/1?a=b', token: 'file:good.token', expect: 'allow'},
    {request: 'GET /admin/a', token: 'env:GOOD', expect: 'insufficient_scope'},
    {request: 'GET /unlisted', token: 'env:GOOD', expect: 'no_route'},
    {request: 'POST /api/private', token: 'env:GOOD', headers: {authorization: 'Bearer x'}, expect: 'bad_request'},
    {request: 'POST /api/private', headers: {Authorization: ['Basic x']}, expect: 'no_credentials'},
    {request: 'GET //', expect: 'bad_request'},
    {request: 'POST /api/private', token: 'env:GOOD', at: '2100-01-01T00:00:00Z', expect: 'expired'},
    {request: 'POST /api/private', token: 'env:GOOD', expect: 'allow'},  // the clock is back
  ];
  const judge = (args) => {
    const good = token();
    file('good.token', `${good}\n`);
    return portcullis(['test', ...args, '--config', config], {env: {GOOD: good}});
  };

  test('decisions as expected: exit 0 and the count', async () => {
    const place = expectations(rows);
    const words = await judge([place]);
    assert.deepEqual([words.code, words.stdout, words.stderr], [0, `${rows.length} passed, 0 failed\n`, '']);
    assert.equal((await judge([place, place])).stdout, `${2 * rows.length} passed, 0 failed\n`);
  });

  test('each difference is told with its place, what was expected and what it is: exit 1', async () => {
    const place = expectations([rows[0], {...rows[4], expect: 'allow'}, {...rows[0], expect: 'expired'}]);
    const words = await judge([place]);
    assert.equal(words.code, 1);
    assert.deepEqual(lines(words.stdout), [
      `${place}:3:5: GET /admin/a: expected allow, got insufficient_scope (403): needs permission:admin; token has no permissions claim`,
      `${place}:4:5: POST /api/public: expected expired, got ok (200): public route; the caller is anonymous (no_credentials)`, '1 passed, 2 failed']);
    const json = await judge([place, '--json']);
    assert.equal(json.code, 1);
    const {results, passed, failed} = JSON.parse(json.stdout);
    assert.deepEqual([passed, failed], [1, 2]);
    assert.deepEqual(results.map((result) => result.passed), [true, false, false]);
    assert.deepEqual(Object.keys(results[0]), ['place', 'request', 'expected', 'passed', 'outcome', 'status', 'reason', 'detail']);
  });

  test('every reason that a request can have can be expected, keys out of reach too', async () => {
    const place = expectations([{request: 'POST /api/private', token: 'env:GOOD', expect: 'keys_unavailable'}]);
    assert.equal((await portcullis(['test', place, '--config', unreachable], {env: {GOOD: token()}})).code, 0);
  });

  test('a mistake in a file is told with its place, and no token: exit 2, nothing judged', async () => {
    const compact = token();
    for (const row of [{request: 'GET /', expect: 'nonsense'}, {request: 'GET /', token: compact, expect: 'allow'}, {request: 'GET /', token: 'env:NOBODY', expect: 'allow'}]) {
      const place = expectations([rows[0], row]);
      const result = await judge([place]);
      assert.deepEqual([result.code, result.stdout], [2, '']);
      assert.match(result.stderr, /^portcullis: [^\n]*expected\.yaml:3:\d+: [^\n]+\n$/);
      assert.ok(!result.stderr.includes(compact.slice(-20)));
    }
    for (const place of [path.join(folder, 'missing'), folder, file('empty', '')]) assert.equal((await judge([place])).code, 2);
    assert.equal((await portcullis(['test', expectations([rows[0]]), '--config', 'missing'])).code, 2);
  });
});
