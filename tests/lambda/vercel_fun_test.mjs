// The same bootstrap under a Lambda runtime that we did not write: npm's @vercel/fun.
import assert from 'node:assert/strict';
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {keys} from '../vectors/signing.mjs';
import {binary} from '../support/program.mjs';
import {arn, tokenEvent} from '../support/runtime_api.mjs';
import {makeToken, nowSeconds, withBadSignature} from '../support/tokens.mjs';

const {createFunction} = createRequire(import.meta.url)('@vercel/fun');

const client = 'demoClientId00000000000000000000';
const claims = (more = {}) => ({iss: 'https://example.eu.auth0.com/', sub: 'auth0|u1', aud: client, iat: nowSeconds() - 60, exp: nowSeconds() + 3600, ...more});

describe('bootstrap under @vercel/fun', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-fun-'));
  let authorizer;

  before(async () => {
    copyFileSync(binary('bootstrap'), path.join(folder, 'bootstrap'));
    authorizer = await createFunction({
      Code: {Directory: folder},
      Handler: 'authorizer',
      Runtime: 'provided',
      Environment: {Variables: {AUTH0_CLIENT_ID: client, AUTH0_CLIENT_PUBLIC_KEY: keys.k1_certificate, PORTCULLIS_LOG: 'error'}},
    });
  });
  after(async () => {
    await authorizer?.destroy();
    rmSync(folder, {recursive: true, force: true});
  });

  const invoke = async (authorization) => {
    const answer = await authorizer.invoke({InvocationType: 'RequestResponse', Payload: JSON.stringify(tokenEvent(authorization))});
    return {failed: answer.FunctionError, json: JSON.parse(answer.Payload.toString())};
  };

  test('a good ID token gets the policy, and so does the next one on the same process', async () => {
    for (const sub of ['auth0|u1', 'auth0|u2']) {
      const {failed, json} = await invoke(`Bearer ${makeToken({claims: claims({sub})})}`);
      assert.equal(failed, undefined);
      assert.equal(json.principalId, sub);
      const allowed = json.policyDocument.Statement.find((statement) => statement.Effect === 'Allow').Resource;
      assert.ok(allowed.every((resource) => resource.startsWith(arn('').slice(0, arn('').indexOf('/dev/') + 5))), String(allowed));
    }
  });

  for (const [why, authorization] of [
    ['no token', ''],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['a changed signature', () => `Bearer ${withBadSignature(makeToken({claims: claims()}))}`],
    ['an expired token', () => `Bearer ${makeToken({claims: claims({iat: nowSeconds() - 900, exp: nowSeconds() - 600})})}`],
    ['another audience', () => `Bearer ${makeToken({claims: claims({aud: 'other'})})}`],
    ['another key', () => `Bearer ${makeToken({claims: claims(), key: 'k2'})}`],
  ]) {
    test(`${why} is the error Unauthorized, and the process goes on`, async () => {
      const {failed, json} = await invoke(typeof authorization === 'function' ? authorization() : authorization);
      assert.equal(failed, 'Handled');
      assert.equal(json.errorMessage, 'Unauthorized');
      assert.equal((await invoke(`Bearer ${makeToken({claims: claims()})}`)).failed, undefined);
    });
  }
});
