// Failures that people met elsewhere, each with the input of its case: what became of it is told by the case's number.
// Where a case is shown by another test, cases.json says by which.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {publicJwk} from '../vectors/signing.mjs';
import {endOf, run, temporaryFolder} from '../support/program.mjs';
import {makeToken} from '../support/tokens.mjs';

const now = 1767225600;  // 2026-01-01T00:00:00Z
const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
writeFileSync(path.join(folder, 'jwks.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));

const issuer = `issuers:
  - domain: example.eu.auth0.com
    audience: https://api.example.com
    algorithms: [RS256]
    token: auth0-access
    leeway: 30s
    jwks_file: jwks.json
`;
let files = 0;
function configuration(text) {
  const file = path.join(folder, `case-${++files}.yaml`);
  writeFileSync(file, text);
  return file;
}

const token = (claims) => makeToken({header: {kid: 'k1'}, claims: {
  iss: 'https://example.eu.auth0.com/', sub: 'auth0|u1', aud: 'https://api.example.com', azp: 'demoClientId00000000000000000000',
  iat: now - 60, exp: now + 3600, scope: 'openid read:orders', ...claims,
}});

/** The decisions of one process, in order. */
async function decisions(file, lines) {
  const {code, stdout} = await run('portcullis', ['decide', '--batch', '--config', file], {input: lines.map((line) => `${JSON.stringify({at: now, ...line})}\n`).join('')});
  assert.equal(code, 0);
  return stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
}

const matches = (pattern, arn) => new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(arn);
function allows({Statement}, arn) {
  const effects = Statement.filter(({Resource}) => [Resource].flat().some((pattern) => matches(pattern, arn))).map(({Effect}) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}
const resourcesOf = ({Statement}) => Statement.flatMap(({Resource}) => Resource);

describe('C017: the policy for one route, kept by the gateway and used for the others', () => {
  const stage = 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/';
  const good = token({scope: 'read:orders'});
  let answers;
  before(async () => {
    const file = configuration(`${issuer}routes:
  - route: "GET /orders"
    access: { all: ["scope:read:orders"] }
  - route: "POST /orders"
    access: { all: ["scope:write:orders"] }
  - route: "GET /orders/{id}"
    access: { all: ["scope:read:orders"] }
  - route: "ANY /admin/{path+}"
    access: { all: ["permission:admin"] }
  - route: "GET /status"
    access: public
default: deny
`);
    answers = await decisions(file, ['GET/orders', 'GET/orders/42'].map((asked) => ({event: {type: 'TOKEN', authorizationToken: `Bearer ${good}`, methodArn: stage + asked}})));
  });

  const rows = {'GET/orders': true, 'GET/orders/42': true, 'GET/status': true, 'POST/orders': false, 'GET/admin/x': false, 'DELETE/orders/42': false, 'GET/orders/42/lines': false};
  for (const [method, allowed] of Object.entries(rows))
    test(`C017: ${method} is ${allowed ? '' : 'not '}allowed by the policy that was asked for GET/orders`, () => {
      assert.equal(allows(answers[0].response.policyDocument, stage + method), allowed);
    });
  test('C017: the set is the same whichever allowed method asked, and of this API and stage', () => {
    assert.deepEqual(answers[1].response.policyDocument, answers[0].response.policyDocument);
    for (const resource of resourcesOf(answers[0].response.policyDocument)) assert.ok(resource.startsWith(stage) && resource.length > stage.length, resource);
  });
});

for (const policy of ['routes', 'method'])
  describe(`C019: other partitions, colons and characters in an ARN, with policy: ${policy}`, () => {
    const arns = {
      a: 'arn:aws-cn:execute-api:cn-north-1:111122223333:a1b2c3d4e5/prod/GET/files/2026/q1:draft/x',
      b: 'arn:aws-us-gov:execute-api:us-gov-west-1:111122223333:a1b2c3d4e5/v1/GET/files/a',
      c: 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/GET/files/with%20blank/ü',
      d: 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/GET/',
      e: 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5',
      f: 'not-an-arn',
      g: 'arn:aws:execute-api:us-east-1:111122223333:*/*/GET/files/a',
      star: 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/GET/files/*',
      question: 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/GET/files/a?b',
      variable: 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/GET/files/${aws:username}',
    };
    const answers = {};
    before(async () => {
      const file = configuration(`${issuer}routes:\n  - route: "GET /files/{path+}"\n    access: authenticated\ndefault: deny\nlambda: { policy: ${policy} }\n`);
      const got = await decisions(file, Object.values(arns).map((methodArn) => ({event: {type: 'TOKEN', authorizationToken: `Bearer ${token()}`, methodArn}})));
      Object.keys(arns).forEach((name, index) => (answers[name] = got[index]));
    });

    for (const name of ['a', 'b', 'c'])
      test(`C019 ${name}: allowed, in its own partition, region, account, API and stage`, () => {
        const {policyDocument} = answers[name].response;
        const base = arns[name].split('/').slice(0, 2).join('/');
        for (const resource of resourcesOf(policyDocument)) assert.ok(resource.startsWith(`${base}/`), resource);
        assert.ok(allows(policyDocument, arns[name]));
        if (policy === 'method') assert.deepEqual(resourcesOf(policyDocument), [arns[name]], 'byte for byte');
      });
    test('C019 d: the root is no listed route', () => {
      assert.equal(answers.d.reason, 'no_route');
      assert.ok(!allows(answers.d.response.policyDocument, arns.d));
    });
    for (const name of ['e', 'f', 'g'])
      test(`C019 ${name}: no policy, and no Unauthorized`, () => {
        assert.equal(answers[name].reason, 'internal');
        assert.ok(!('policyDocument' in answers[name].response));
        assert.notEqual(answers[name].response.errorMessage, 'Unauthorized');
      });
    for (const name of ['star', 'question', 'variable'])
      test(`C019: a ${name} of the path is in no Resource`, () => {
        const {policyDocument} = answers[name].response;
        if (policyDocument) assert.ok(!resourcesOf(policyDocument).includes(arns[name]));
      });
  });

describe('C023: a token in the course of time, in one process', () => {
  const short = token({exp: now + 60}), later = token({nbf: now + 120});
  const asked = [
    [short, 1, 'ok'], [short, 59.9, 'ok'], [short, 89.9, 'ok'], [short, 90, 'expired'], [short, 300, 'expired'], [short, 1, 'ok'], [short, 90, 'expired'],
    [later, 1, 'not_yet'], [later, 100, 'ok'], [later, 1, 'not_yet'],
  ];
  let got;
  before(async () => {
    const file = configuration(`${issuer}routes: []\ndefault: authenticated\n`);
    got = await decisions(file, asked.map(([one, seconds]) => ({at: now + seconds, request: {method: 'GET', path: '/orders', headers: {Authorization: `Bearer ${one}`}}})));
  });
  asked.forEach(([one, seconds, reason], index) =>
    test(`C023 ${index + 1}: ${one === short ? 'good for a minute' : 'good in two minutes'}, at NOW+${seconds}: ${reason}`, () => assert.equal(got[index].reason, reason)));

  test('C023: check names the time for which a gateway keeps the answer', async () => {
    const {code, stdout} = await run('portcullis', ['check', configuration(`${issuer}routes: []\ndefault: authenticated\n`)]);
    assert.equal(code, 0);
    assert.match(stdout, /lambda\.cache is 300 s: a cached answer outlives the token's exp by up to that/);
  });
});

describe('C045: a configuration that would check less than it seems to', () => {
  const sound = `${issuer}routes:\n  - route: "GET /orders"\n    access: authenticated\ndefault: deny\nlambda: { cache: 60s }\n`;
  const change = (from, to) => {
    assert.ok(sound.includes(from), from);
    return sound.replace(from, to);
  };
  const audience = 'audience: https://api.example.com';
  const place = (line) => new RegExp(`case-\\d+\\.yaml:${line}:\\d+`);
  const mistakes = [
    ['a: audiance', change('audience:', 'audiance:'), place(3), /audiance.*audience/],
    ['b: no audience in the list', change(audience, 'audience: []'), place(3), /empty/],
    ['c: an empty audience', change(audience, "audience: ''"), place(3), /empty/],
    ['d: an audience of a variable that is unset', change(audience, 'audience: env:API_AUDIENCE'), place(3), /API_AUDIENCE/],
    ['d: an audience of a variable that is empty', change(audience, 'audience: env:API_AUDIENCE'), place(3), /API_AUDIENCE/, {API_AUDIENCE: ''}],
    ['e: no algorithm in the list', change('[RS256]', '[]'), place(4), /empty/],
    ['f: the algorithm none', change('[RS256]', '[none]'), place(4), /none/],
    ['g: a shared secret\'s algorithm beside a key set', change('[RS256]', '[RS256, HS256]'), place(2), /HS/],
    ['h: no issuers, and a route that needs a token', sound.replace(/issuers:[^]*?routes:/, 'issuers: []\nroutes:'), place(3), /issuer/],
    ['i: a leeway of an hour', change('30s', '1h'), place(6), /1h/],
    ['i: a leeway below nothing', change('30s', '-5s'), place(6), /-5s/],
    ['i: a leeway in words', change('30s', 'soon'), place(6), /soon/],
    ['j: audience twice', change(audience, `${audience}\n    audience: https://other.example.com`), place(4), /audience/],
    ['l: two routes for one request', change('  - route: "GET /orders"', '  - route: "GET /a/{x}"\n    access: public\n  - route: "GET /a/{y}"'), place(11), /GET \/a\/\{x\}/],
    ['m: alow', change('default: deny', 'default: alow'), place(11), /alow/],
    ['o: an anchor', change('issuers:', 'x: &more { audiance: x }\nissuers:'), place(1), /anchor/],
    ['o: a merge key', change('    leeway', '    <<: { audiance: x }\n    leeway'), place(6), /<</],
    ['p: tabs in front', change('    audience', '\taudience'), place(3), /./],
  ];
  for (const [name, text, where, says, env] of mistakes)
    test(`C045 ${name}: exit 2 with its place, by check and by whoever decides`, async () => {
      const file = configuration(text);
      const [words, json, decided] = await Promise.all([['check', file], ['check', '--json', file], ['decide', '--request', 'GET /orders', '--config', file]].map((args) => run('portcullis', args, {env})));
      for (const {code, stdout, stderr} of [words, decided]) {
        assert.equal(code, 2);
        assert.match(stdout + stderr, where);
        assert.match(stdout + stderr, says);
      }
      assert.equal(json.code, 2);
      const told = JSON.parse(json.stdout).findings.map((one) => `${one.file}:${one.line}:${one.column}: ${one.severity}: ${one.message}\n`);
      assert.equal(words.stdout + words.stderr, told.join(''));
    });

  test('C045, the twin: without a mistake it is fine', async () => assert.equal((await run('portcullis', ['check', configuration(sound)])).code, 0));
  test('C045 k: the placeholder of an example is at least a warning', async () => {
    const {stdout} = await run('portcullis', ['check', configuration(change('example.eu.auth0.com', 'your-auth0-domain-here.auth0.com'))]);
    assert.match(stdout, place(2));
    assert.match(stdout, /placeholder/);
  });
  test('C045 n: an audience without a domain in the environment', async () => {
    const {code, stdout, stderr} = await run('portcullis', ['check'], {env: {AUTH0_AUDIENCE: 'https://api.example.com'}, cwd: temporaryFolder(atEnd)});
    assert.equal(code, 2);
    assert.match(stdout + stderr, /AUTH0_DOMAIN/);
  });
  for (const [name, content] of [['a byte order mark', `\ufeff${sound}`], ['20 MB', `${sound}#${'x'.repeat(20 * 1024 * 1024)}`]])
    test(`C045 p: ${name}: read rightly or refused with a sentence`, async () => {
      const {code, stdout, stderr} = await run('portcullis', ['check', configuration(content)]);
      assert.ok(code === 2 || (name === 'a byte order mark' && code === 0), `exit ${code}`);
      if (code === 2) assert.match(stdout + stderr, /case-\d+\.yaml/);
    });
});
