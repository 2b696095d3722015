// The contract of the original example: AUTH0_CLIENT_ID and AUTH0_CLIENT_PUBLIC_KEY alone, TOKEN events,
// a policy for the method or an error that says exactly "Unauthorized".
import assert from 'node:assert/strict';
import {createPublicKey} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {describe, test} from 'node:test';
import {hmac, keys} from '../vectors/signing.mjs';
import {Program} from '../support/program.mjs';
import {RuntimeApi, arn, tokenEvent} from '../support/runtime_api.mjs';
import {makeToken, nowSeconds, withBadSignature} from '../support/tokens.mjs';
import {used} from '../support/used_tokens.mjs';

const client = 'demoClientId00000000000000000000';
const certificate = keys.k1_certificate;
const pemForms = JSON.parse(readFileSync(new URL('../vectors/pem.json', import.meta.url), 'utf8')).cases;
const pemForm = (id) => pemForms.find((form) => form.id === id).pem;

const idClaims = (more = {}) => ({iss: 'https://example.eu.auth0.com/', sub: 'auth0|u1', aud: client, iat: nowSeconds() - 60, exp: nowSeconds() + 3600, ...more});
const idToken = (more = {}) => makeToken({claims: idClaims(), ...more});
const clientWithClaims = (more) => idToken({claims: idClaims(more)});

/** A running authorizer with the original example's two variables. */
async function startAuthorizer(t, pem, more = {}) {
  const api = await RuntimeApi.start(t);
  const program = new Program('bootstrap', [], {
    env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', AUTH0_CLIENT_ID: client, AUTH0_CLIENT_PUBLIC_KEY: pem, ...more},
    cwd: '/',
  });
  t.after(() => program.stop());
  await api.idle();
  return {api, program};
}

function assertAllowed(answer, methodAndPath, principal = 'auth0|u1') {
  assert.equal(answer.kind, 'response', answer.kind === 'error' ? answer.json.errorMessage : '');
  assert.equal(answer.json.principalId, principal);
  assert.equal(answer.json.policyDocument.Version, '2012-10-17');
  const allows = answer.json.policyDocument.Statement.filter((statement) => statement.Effect === 'Allow');
  const glob = (pattern) => new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const resources = allows.flatMap((statement) => statement.Resource);
  assert.ok(resources.some((resource) => glob(resource).test(arn(methodAndPath))), `the method is allowed by one of ${resources}`);
  for (const member of ['statusCode', 'headers', 'body']) assert.ok(!(member in answer.json), `no ${member} in the answer`);
}

function assertUnauthorized(answer) {
  assert.equal(answer.kind, 'error');
  assert.equal(answer.json.errorMessage, 'Unauthorized');
  assert.equal(answer.headers['lambda-runtime-function-error-type'], 'Function.Unauthorized');
}

const secret64 = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-';
const spki = createPublicKey(certificate).export({type: 'spki', format: 'der'});
const hs256 = (secret) => () => `Bearer ${idToken({alg: 'HS256', sign: hmac(secret, 'sha256')})}`;
const bearer = (make) => () => `Bearer ${make()}`;

// Each row is an Authorization value; `reason` is what the log must say.
const refused = [
  ['C001 b: HS256 with the client secret', 'alg_not_allowed', hs256(secret64)],
  ['C001 c: HS256 with the certificate text', 'alg_not_allowed', hs256(certificate)],
  ['C001 d: HS256 with the certificate text without its last line end', 'alg_not_allowed', hs256(certificate.trimEnd())],
  ['HS256 with the certificate text with CRLF', 'alg_not_allowed', hs256(certificate.replaceAll('\n', '\r\n'))],
  ['HS256 with the certificate on one line', 'alg_not_allowed', hs256(certificate.replaceAll('\n', ''))],
  ['HS256 with the certificate as the variable holds it', 'alg_not_allowed', hs256(certificate.replaceAll('\n', '\\n'))],
  ['C001 e: HS256 with the public key as DER', 'alg_not_allowed', hs256(spki)],
  ['HS256 with the public key as PEM', 'alg_not_allowed', hs256(createPublicKey(certificate).export({type: 'spki', format: 'pem'}))],
  ['HS256 with an empty secret', 'alg_not_allowed', hs256('')],
  ['C001 f: alg in lower case', 'alg_not_allowed', bearer(() => idToken({header: {alg: 'rs256'}}))],
  ['C001 g: alg as an array', 'alg_not_allowed', bearer(() => idToken({header: {alg: ['RS256']}}))],
  ['no alg', 'alg_not_allowed', bearer(() => idToken({header: {alg: undefined}}))],
  ['alg none with the good signature', 'alg_not_allowed', bearer(() => idToken({header: {alg: 'none'}}))],
  ['alg none without a signature', null, bearer(() => idToken({header: {alg: 'none'}, sign: () => ''}))],
  ['RS512 by the right key', 'alg_not_allowed', bearer(() => idToken({alg: 'RS512'}))],
  ['PS256 by the right key', 'alg_not_allowed', bearer(() => idToken({alg: 'PS256'}))],
  ['another key', 'bad_signature', bearer(() => idToken({key: 'stranger'}))],
  ['its own key in the header', null, bearer(() => idToken({key: 'stranger', header: {jwk: {kty: 'RSA', n: keys.stranger.n, e: 'AQAB'}}}))],
  ['a changed signature', 'bad_signature', bearer(() => withBadSignature(idToken()))],
  ['no signature', null, bearer(() => used(idToken().replace(/\.[^.]*$/, '.')))],
  ['expired', 'expired', bearer(() => clientWithClaims({exp: nowSeconds() - 3600}))],
  ['no exp', null, bearer(() => clientWithClaims({exp: undefined}))],
  ['exp as text', null, bearer(() => clientWithClaims({exp: String(nowSeconds() + 3600)}))],
  ['not yet valid', 'not_yet', bearer(() => clientWithClaims({nbf: nowSeconds() + 3600}))],
  ['another audience', 'bad_aud', bearer(() => clientWithClaims({aud: 'anotherClientId0000000000000000000'}))],
  ['the audience as a prefix', 'bad_aud', bearer(() => clientWithClaims({aud: client.slice(0, -1)}))],
  ['no audience', null, bearer(() => clientWithClaims({aud: undefined}))],
  ['an access token: scope', 'wrong_token_type', bearer(() => clientWithClaims({scope: 'openid email'}))],
  ['an access token: permissions', 'wrong_token_type', bearer(() => clientWithClaims({permissions: ['read:orders']}))],
  ['an access token: typ at+jwt', 'wrong_token_type', bearer(() => idToken({header: {typ: 'at+jwt'}}))],
  ['a logout token: events', 'wrong_token_type', bearer(() => clientWithClaims({events: {'http://schemas.openid.net/event/backchannel-logout': {}}}))],
  ['no sub', null, bearer(() => clientWithClaims({sub: undefined}))],
  ['an empty sub', null, bearer(() => clientWithClaims({sub: ''}))],
  ['claims that are an array', null, bearer(() => idToken({claims: []}))],
  ['C013 a: the word Bearer', /^(no_credentials|bad_request)$/, () => 'Bearer'],
  ['C013 b: Bearer and a blank', /^(no_credentials|bad_request)$/, () => 'Bearer '],
  ['C013 c: nothing', /^(no_credentials|bad_request)$/, () => ''],
  ['C013 d: absent', /^(no_credentials|bad_request)$/, () => undefined],
  ['C013 e: null', /^(no_credentials|bad_request)$/, () => null],
  ['C013 f: Basic', /^(no_credentials|bad_request)$/, () => 'Basic dXNlcjpwYXNz'],
  ['C013 g: a good token without a scheme', /^(no_credentials|bad_request)$/, () => idToken()],
  ['C013 h: a good token and more', 'bad_request', () => `Bearer ${idToken()} extra`],
  ['C013 i: a number', /^(no_credentials|bad_request)$/, () => 42],
];

const allowed = [
  ['C001 a: RS256 by the key of the certificate', () => `Bearer ${idToken()}`],
  ['C013 j: the scheme in any case', () => `bEaReR ${idToken()}`],
  ['C013 k: three blanks', () => `Bearer   ${idToken()}`],
  ['another issuer: it is unchecked without AUTH0_DOMAIN', () => `Bearer ${clientWithClaims({iss: 'https://other.example.com/'})}`],
  ['the client among two audiences', () => `Bearer ${clientWithClaims({aud: [client, 'https://other.example.com'], azp: client})}`],
  ['a kid that nobody knows: there is one key', () => `Bearer ${idToken({header: {kid: 'unheard-of'}})}`],
];

describe('the original example\'s contract', () => {
  const forms = ['certificate/normal', 'certificate/original-example', 'certificate/literal-n', 'certificate/one-line-with-spaces', 'certificate/line-ends-removed', 'certificate/crlf', 'certificate/literal-n-and-line-ends', 'public-key/normal'];
  for (const form of forms)
    test(`the key as ${form}: a good token is allowed, one by another key is not`, async (t) => {
      const {api} = await startAuthorizer(t, pemForm(form));
      assertAllowed(await api.invoke(tokenEvent(`Bearer ${idToken()}`)), 'POST/api/private');
      assertUnauthorized(await api.invoke(tokenEvent(`Bearer ${idToken({key: 'stranger'})}`)));
    });

  test('one process refuses and allows every row of the table', async (t) => {
    const {api, program} = await startAuthorizer(t, certificate);
    for (const [name, make] of allowed)
      await t.test(`allowed: ${name}`, async () => assertAllowed(await api.invoke(tokenEvent(make())), 'POST/api/private'));
    for (const [name, reason, make] of refused)
      await t.test(`refused: ${name}`, async () => {
        const answer = await api.invoke(tokenEvent(make()));
        assertUnauthorized(answer);
        const decision = JSON.parse(await program.line((line) => line.includes(answer.id) && line.includes('"decision"')));
        assert.equal(decision.outcome, 'deny');
        if (reason instanceof RegExp) assert.match(decision.reason, reason);
        else if (reason) assert.equal(decision.reason, reason);
        assert.notEqual(decision.reason, 'internal');
      });
    await t.test('and it still lives and allows', async () => {
      assertAllowed(await api.invoke(tokenEvent(`Bearer ${idToken()}`)), 'POST/api/private');
      assert.ok(program.running);
      assert.equal(api.calls.filter((call) => call.path.endsWith('/init/error')).length, 0);
    });
  });

  test('the detail for HS256 names it, what is allowed, and the setting to change', async (t) => {
    const {api, program} = await startAuthorizer(t, certificate);
    const answer = await api.invoke(tokenEvent(hs256(secret64)()));
    const {detail} = JSON.parse(await program.line((line) => line.includes(answer.id) && line.includes('"decision"')));
    assert.match(detail, /HS256/);
    assert.match(detail, /RS256/);
    assert.match(detail, /signing algorithm/i);
    assert.doesNotMatch(detail, /secret/i);
  });

  test('the principal is the sub as it stands, in any script', async (t) => {
    const {api} = await startAuthorizer(t, certificate);
    for (const sub of ['auth0|5f7c8ec7c33c6c004bbafe82', 'google-oauth2|103547991597142817347', 'waad|Zoë Ångström', '用户|一'])
      assertAllowed(await api.invoke(tokenEvent(`Bearer ${clientWithClaims({sub})}`)), 'POST/api/private', sub);
  });

  test('two protected methods with one token are both allowed', async (t) => {
    const {api} = await startAuthorizer(t, certificate);
    const token = idToken();
    for (const method of ['GET/api/private', 'POST/api/private', 'DELETE/orders/1', 'GET/'])
      assertAllowed(await api.invoke(tokenEvent(`Bearer ${token}`, method)), method);
  });

  test('with AUTH0_DOMAIN the issuer is checked', async (t) => {
    const {api} = await startAuthorizer(t, certificate, {AUTH0_DOMAIN: 'example.eu.auth0.com'});
    assertAllowed(await api.invoke(tokenEvent(`Bearer ${idToken()}`)), 'POST/api/private');
    assertUnauthorized(await api.invoke(tokenEvent(`Bearer ${clientWithClaims({iss: 'https://other.example.com/'})}`)));
  });

  test('the unchecked issuer is called weaker at start; a checked one is not', async (t) => {
    const {program} = await startAuthorizer(t, certificate);
    await program.line(/weaker|unchecked/i);
    const {api, program: stricter} = await startAuthorizer(t, certificate, {AUTH0_DOMAIN: 'example.eu.auth0.com'});
    await api.idle();
    assert.ok(!stricter.lines.some((line) => /weaker/i.test(line)));
  });

  for (const id of ['refused/private-key', 'refused/truncated', 'refused/rsa-1024', 'refused/trailing-text'])
    test(`a key that is ${id} is an init error that shows none of it`, async (t) => {
      const api = await RuntimeApi.start(t);
      const program = new Program('bootstrap', [], {
        env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', AUTH0_CLIENT_ID: client, AUTH0_CLIENT_PUBLIC_KEY: pemForm(id)},
        cwd: '/',
      });
      t.after(() => program.stop());
      const {code} = await program.ended;
      assert.notEqual(code, 0);
      assert.deepEqual(api.calls.map((call) => call.path), ['/2018-06-01/runtime/init/error']);
      const {errorMessage} = JSON.parse(api.calls[0].body);
      assert.match(errorMessage, /AUTH0_CLIENT_PUBLIC_KEY/);
      const body = pemForm(id).split(/\s+/).filter((word) => word.length >= 40);
      for (const piece of body) assert.ok(!(errorMessage + program.lines.join('\n')).includes(piece), 'no octet of the key is shown');
    });
});
