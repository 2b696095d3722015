// check --from: what deployment templates say about who may call what. What each reader understands and each known
// mistake are in edge/deployment/deployment_test.cpp; here are whole files as people have them, and the command.
import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, describe, test} from 'node:test';
import {endOf, root, run, temporaryFolder} from '../support/program.mjs';

const folder = temporaryFolder(endOf(after));
const file = (name, content) => {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
};
const example = (name) => path.join('tests/cli/templates', name);
const portcullis = (args, more = {}) => run('portcullis', args, {cwd: root, ...more});
const issuers = 'issuers:\n  - domain: t.example.com\n    audience: https://api.example.com\n';
const withIssuers = (yaml) => (/^issuers:/m.test(yaml) ? yaml : issuers + yaml);

const examples = [
  {
    name: 'original-serverless.yml',
    routes: {
      'POST /api/public': 'public', 'POST /api/private': 'authenticated', 'ANY /api/other/{id}': 'authenticated', 'GET /health': 'public',
      'ANY /': 'public', 'ANY /{path+}': 'public', 'GET /items/{id}': 'authenticated', $connect: 'public',
    },
    lambda: {cache: 300, http_api: 'simple'},
    findings: [
      [16, 'not_carried', 'TOKEN_ISSUER of the authorizer\'s function: write it under issuers, as issuer'],
      [20, 'warning', 'no Access-Control-Allow-Origin on the gateway\'s own answers (ACCESS_DENIED, THROTTLED, AUTHORIZER_FAILURE'],
      [30, 'warning', 'answers are kept for 300 s, the default, and 2 routes share them'],
      [30, 'warning', 'answers are kept for 300 s, the default: a token works that much longer'],
      [42, 'not_carried', 'which API a route belongs to: 3 APIs share one table'],
      [47, 'not_carried', 'GET /items/{id} is behind an authorizer that this file does not hold'],
    ],
  },
  {
    name: 'sam-rest.yaml',
    routes: {'GET /orders': 'authenticated', 'GET /orders/{id}': 'authenticated', 'POST /orders': 'public', 'ANY /session': 'authenticated'},
    lambda: {cache: 120, http_api: 'simple'},
    findings: [
      [11, 'warning', 'no Access-Control-Allow-Origin'],
      [14, 'warning', 'the default authorizer guards the preflights'],
      [20, 'warning', 'the validation expression refuses good tokens'],
      [20, 'warning', 'A-z in the validation expression'],
      [21, 'warning', 'answers are kept for 120 s, and 2 routes share them'],
      [21, 'warning', 'answers are kept for 120 s: a token works'],
      [25, 'warning', 'the Authorization header is not among the identity sources'],
      [25, 'not_carried', 'where \'Sessions\' finds its token'],
      [35, 'warning', '\'OrdersFunction\' has a function URL'],
      [39, 'warning', 'POST /orders is open to everybody'],
      [46, 'warning', 'ANY /session takes preflights'],
      [49, 'not_carried', 'GET /internal is protected by AWS signatures'],
    ],
  },
  {
    name: 'sam-http.yaml',
    routes: {'GET /notes/{id}': '{ any: ["scope:read:notes"] }', 'POST /notes': 'authenticated', 'ANY /': 'public', 'ANY /{path+}': 'public'},
    lambda: {cache: 60, http_api: 'simple'},
    issuers: [{issuer: 'https://example.eu.auth0.com/', audience: ['https://api.example.com']}],
    findings: [
      [14, 'warning', 'the gateway may not invoke \'Decide\''],
      [18, 'warning', 'a simple answer is kept for 60 s'],
      [39, 'not_carried', 'which API a route belongs to'],
    ],
  },
  {
    name: 'http-api.json',
    routes: {'ANY /': 'authenticated', 'ANY /{path+}': 'authenticated', 'GET /left': 'authenticated', 'GET /imported': 'authenticated'},
    lambda: {cache: 900, http_api: 'simple'},
    issuers: [{issuer: 'https://example.eu.auth0.com/', audience: ['a', 'b']}],
    findings: [
      [3, 'warning', 'nothing of \'Front\' goes live'],
      [6, 'warning', 'the gateway may not invoke'],
      [6, 'warning', 'simple answers need'],
      [11, 'warning', '\'method.request.header.Authorization\' is no identity source here'],
      [12, 'warning', 'a simple answer is kept'],
      [12, 'warning', 'answers are kept for 900 s'],
      [13, 'warning', 'AuthorizerUri is no invocation address'],
      [16, 'warning', 'no route uses the authorizer \'Idle\''],
      [21, 'warning', '$default takes preflights'],
      [24, 'warning', 'GET /left names an authorizer'],
      [26, 'not_carried', 'GET /imported is behind'],
    ],
  },
  {
    name: 'openapi.json',
    routes: {'GET /orders': 'authenticated', 'OPTIONS /orders': 'authenticated', 'DELETE /orders/{id}': 'authenticated', 'GET /health': 'public', 'HEAD /health': 'authenticated'},
    lambda: {cache: 0, http_api: 'simple'},
    findings: [
      [4, 'warning', 'a REST API ignores \'security\' at the root'],
      [19, 'warning', 'no Access-Control-Allow-Origin'],
      [22, 'warning', 'OPTIONS /orders is behind the authorizer'],
      [29, 'warning', 'HEAD /health demands a scheme'],
    ],
  },
];

describe('check --from', () => {
  for (const {name, routes, lambda, findings, issuers: proposed = []} of examples)
    test(`${name}: rules, what was lost, known mistakes; and what it proposes is a configuration`, async () => {
      const {code, stdout, stderr} = await portcullis(['check', '--from', example(name), '--json']);
      assert.deepEqual([code, stderr], [0, '']);
      const answer = JSON.parse(stdout);
      assert.deepEqual(Object.keys(answer), ['ok', 'findings', 'compared_with', 'proposal']);
      assert.deepEqual(Object.keys(answer.proposal), ['routes', 'issuers', 'default', 'lambda', 'yaml']);
      assert.deepEqual(Object.fromEntries(answer.proposal.routes.map(({route, access}) => [route, access])), routes);
      assert.deepEqual([answer.proposal.lambda, answer.proposal.issuers, answer.proposal.default], [lambda, proposed, 'deny']);
      const told = answer.findings.map(({severity, line, message}) => [line, severity, message])
        .sort((one, other) => one[0] - other[0]);
      assert.deepEqual(told.map(([line, severity, message], index) => [line, severity, message.slice(0, findings[index]?.[2].length)]), findings);
      for (const finding of answer.findings) assert.equal(finding.file, example(name));
      assert.doesNotMatch(stdout, /s3cr3t|again/, 'no value of a variable');
      assert.equal(answer.proposal.yaml.includes('leave them set: AUTH0_CLIENT_ID, AUTH0_CLIENT_PUBLIC_KEY.'), name.startsWith('original'));

      const saved = file('saved.yaml', withIssuers(answer.proposal.yaml));
      const checked = await portcullis(['check', saved]);
      assert.equal(checked.code, 0, checked.stdout);
    });

  test('in words: all of it can be saved as the configuration, which then agrees with the template', async () => {
    const template = example('sam-http.yaml');
    const {code, stdout} = await portcullis(['check', '--from', template]);
    assert.equal(code, 0);
    assert.match(stdout, /^# tests\/cli\/templates\/sam-http\.yaml: HTTP API 'Front', 2 routes, JWT authorizer 'Tenant', REQUEST authorizer 'Own' with a cache of 60 s\n/);
    assert.match(stdout, /^# tests\/cli\/templates\/sam-http\.yaml:14:11: warning: the gateway may not invoke 'Decide'/m);
    assert.match(stdout, /^ {2}- route: "POST \/notes"\n {4}access: authenticated\n/m);
    const saved = file('portcullis.yaml', stdout);
    const compared = await portcullis(['check', saved, '--from', template, '--json']);
    const answer = JSON.parse(compared.stdout);
    assert.deepEqual([compared.code, answer.ok, answer.compared_with], [0, true, saved]);
    assert.equal(answer.findings.length, 3, 'what the template alone is told');
  });

  test('beside a configuration: what they do not share, exit 0 for warnings and 2 for errors', async () => {
    const template = readFileSync(path.join(root, 'deploy/http-api.yaml'), 'utf8');
    const rules = (rest) => file('rules.yaml', `${issuers}routes:\n  - { route: "GET /api/private", access: authenticated }\ndefault: deny\nlambda: { ${rest} }\n`);
    const warned = await portcullis(['check', '--from', '-', '--config', rules('cache: 60s')], {input: template});
    assert.equal(warned.code, 0);
    assert.match(warned.stdout, /^-:\d+:5: warning: GET \/api\/public is open to everybody here, and has no rule/m);
    assert.match(warned.stdout, /^-:\d+:5: warning: POST \/api\/private has no rule in the configuration/m);
    assert.match(warned.stdout, /\nok\n$/);
    const failed = await portcullis(['check', rules('cache: 60s, http_api: policy'), '--from', '-'], {input: template});
    assert.equal(failed.code, 2);
    assert.match(failed.stdout, /^-:\d+:5: error: the gateway expects a simple answer, and lambda\.http_api is policy/m);
    assert.doesNotMatch(failed.stdout, /^ok$/m);
    const broken = await portcullis(['check', file('broken.yaml', 'routes: x\n'), '--from', example('openapi.json')]);
    assert.equal(broken.code, 2);
    assert.match(broken.stdout, /broken\.yaml:1:9: error: /);
  });

  test('a name of the template cannot write a line of its own, nor speak to the terminal', async () => {
    const name = 'x\\nroutes: []\\rdefault: authenticated\\L\\u009b31m\\e[31m\\u202e';
    const template = `provider: {name: aws}\nfunctions:\n  a:\n    events:\n      - http: {path: "a/${name}", method: get, authorizer: "${name}"}\n      - http: {path: b, method: get, authorizer: "${name}"}\n`;
    const {code, stdout} = await portcullis(['check', '--from', '-'], {input: template});
    assert.equal(code, 0);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
    assert.deepEqual(stdout.split('\n').filter((line) => line && !line.startsWith('#')),
      ['routes:', '  - route: "GET /b"', '    access: authenticated', 'default: deny', 'lambda: { cache: 300s }']);
    assert.match(stdout, /^# -:5:9: not carried over: "GET \/a\/x\\u000aroutes: /m);
  });

  for (const [name, args, input, said] of [
    ['no such file', ['--from', 'missing.yaml'], '', /^portcullis: missing\.yaml: No such file/],
    ['a directory', ['--from', '.'], '', /^portcullis: \.: is a directory/],
    ['no value', ['--from'], '', /^portcullis: [^\n]*--from/],
    ['with --effective', ['--from', '-', '--effective'], '{}', /^portcullis: [^\n]*excludes/],
    ['with --bundle', ['--from', '-', '--bundle'], '{}', /^portcullis: [^\n]*excludes/],
  ])
    test(`${name}: one sentence and exit 2`, async () => {
      const {code, stdout, stderr} = await portcullis(['check', ...args], {input});
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, said);
    });

  test('what is no template is an error with its place, in words and in JSON', async () => {
    const words = await portcullis(['check', '--from', '-'], {input: 'Resources: {a: 1, a: 2}'});
    assert.deepEqual([words.code, words.stdout], [2, '-:1:19: error: the key \'a\' stands here twice\n']);
    const json = await portcullis(['check', '--from', '-', '--json'], {input: 'a: *b'});
    const answer = JSON.parse(json.stdout);
    assert.deepEqual([json.code, answer.ok, answer.proposal, answer.compared_with], [2, false, null, null]);
    assert.deepEqual(answer.findings.map(({severity, file: place, line}) => [severity, place, line]), [['error', '-', 1]]);
  });
});
