// The very bundle that is deployed, run by somebody else's Lambda: npm's @vercel/fun, runtime `provided`,
// which freezes the process by SIGSTOP between two events.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {keys, publicJwk} from '../vectors/signing.mjs';
import {binary, endOf, temporaryFolder, within} from '../support/program.mjs';
import {arn, tokenEvent} from '../support/runtime_api.mjs';
import {accessClaims, audience, issuer, makeToken, nowSeconds, withBadSignature} from '../support/tokens.mjs';

const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
process.env.XDG_CACHE_HOME = path.join(folder, 'cache');  // where it keeps its runtimes
const {createFunction} = await import('@vercel/fun');

const client = 'demoClientId00000000000000000000';
const idToken = (more = {}, key = 'k1') => makeToken({key, claims: {iss: issuer, sub: 'auth0|u1', aud: client, iat: nowSeconds() - 60, exp: nowSeconds() + 3600, ...more}});
const accessToken = (more = {}, key = 'k1') => makeToken({key, header: {kid: 'k1'}, claims: accessClaims(more)});

/** A folder with `bootstrap` and what lies beside it. */
function bundle(name, files = {}) {
  const place = path.join(folder, name);
  mkdirSync(place);
  copyFileSync(binary('bootstrap'), path.join(place, 'bootstrap'));
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(place, file), content);
  return place;
}

function zipped(place) {
  const {status, stderr} = spawnSync('zip', ['-q', '-r', `${place}.zip`, '.'], {cwd: place, encoding: 'utf8'});
  assert.equal(status, 0, stderr);
  return readFileSync(`${place}.zip`);
}

const yaml = `issuers:
  - issuer: ${issuer}
    jwks_file: keys.json
    audience: ${audience}
    algorithms: [RS256]
    token: auth0-access
routes:
  - route: "POST /api/private"
    access: authenticated
  - route: "GET /orders"
    access: { all: ["scope:read:orders"] }
default: deny
lambda: { policy: routes, cache: 300s }
`;
const jwks = JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]});

const bundles = [
  {name: 'the environment alone, as a folder', code: () => ({Directory: bundle('environment')}), variables: {AUTH0_CLIENT_ID: client, AUTH0_CLIENT_PUBLIC_KEY: keys.k1_certificate}, good: idToken, bad: () => idToken({}, 'stranger')},
  {name: 'portcullis.yaml beside bootstrap, as a folder', code: () => ({Directory: bundle('file', {'portcullis.yaml': yaml, 'keys.json': jwks})}), good: accessToken, bad: () => withBadSignature(accessToken())},
  {name: 'portcullis.yaml beside bootstrap, as a zip', code: () => ({ZipFile: zipped(bundle('packed', {'portcullis.yaml': yaml, 'keys.json': jwks}))}), good: accessToken, bad: () => withBadSignature(accessToken())},
];

for (const {name, code, variables = {}, good, bad} of bundles)
  describe(`a bundle with ${name}`, {skip: name.endsWith('zip') && spawnSync('zip', ['-v']).error ? 'there is no zip here' : false}, () => {
    let made;
    let call;
    const ends = endOf(after);
    before(async () => {
      made = await createFunction({Code: code(), Handler: 'authorizer', Runtime: 'provided', Environment: {Variables: variables}, MemorySize: 128});
      ends(() => made.destroy());
      call = (event) => within(10_000, 'the answer', made(event));
    });

    test('a good token gets a policy, a bad one Unauthorized, in turns', async () => {
      for (let i = 0; i < 3; ++i) {
        const policy = await call(tokenEvent(`Bearer ${good()}`));
        assert.equal(policy.principalId, 'auth0|u1');
        assert.ok(policy.policyDocument.Statement.some(({Effect}) => Effect === 'Allow'));
        await assert.rejects(call(tokenEvent(`Bearer ${bad()}`)), (error) => error.message === 'Unauthorized');
        await assert.rejects(call(tokenEvent('Bearer')), (error) => error.message === 'Unauthorized');
      }
    });

    const refused = [
      ['no token', () => ''],
      ['another scheme', () => 'Basic dXNlcjpwYXNz'],
      ['a changed signature', () => `Bearer ${withBadSignature(good())}`],
      ['an expired token', () => `Bearer ${good({exp: nowSeconds() - 600})}`],
      ['another audience', () => `Bearer ${good({aud: 'other'})}`],
      ['another key', () => `Bearer ${good({}, 'stranger')}`],
    ];
    for (const [why, authorization] of refused)
      test(`${why} is a handled error, Unauthorized, and the process goes on`, async () => {
        const answer = await within(10_000, 'the answer', made.invoke({InvocationType: 'RequestResponse', Payload: JSON.stringify(tokenEvent(authorization()))}));
        assert.equal(answer.FunctionError, 'Handled');
        assert.equal(JSON.parse(answer.Payload.toString()).errorMessage, 'Unauthorized');
        assert.equal((await call(tokenEvent(`Bearer ${good()}`))).principalId, 'auth0|u1');
      });

    test('an event that is none is an error, but not Unauthorized', async () => {
      await assert.rejects(call({type: 'X', methodArn: arn('GET/')}), (error) => error.message !== 'Unauthorized' && error.message.length > 0);
      assert.equal((await call(tokenEvent(`Bearer ${good()}`))).principalId, 'auth0|u1');
    });
  });

describe('the endpoints of the example', () => {
  for (const [handler, message] of [['public', 'Hi ⊂◉‿◉つ from Public API'], ['private', 'Hi ⊂◉‿◉つ from Private API. Only logged in users can see this']])
    test(`${handler} answers as a proxy integration does`, async (t) => {
      const made = await createFunction({Code: {Directory: bundle(handler)}, Handler: handler, Runtime: 'provided', Environment: {Variables: {}}});
      t.after(() => made.destroy());
      const event = {httpMethod: 'POST', path: `/api/${handler}`, resource: `/api/${handler}`, headers: {}, requestContext: {authorizer: {principalId: 'auth0|u1'}}, body: null};
      const answer = await within(10_000, 'the answer', made(event));
      assert.equal(answer.statusCode, 200);
      assert.equal(typeof answer.body, 'string');
      assert.deepEqual(JSON.parse(answer.body), {message});
    });
});
