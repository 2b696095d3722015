// Tokens made by other people's code get the verdict they deserve: npm's jose signs the good ones, and
// where jose verifies too, it must agree with us.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {SignJWT, createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify} from 'jose';
import {binary} from '../support/program.mjs';
import {used} from '../support/used_tokens.mjs';

const issuer = 'https://tenant.example.com/';
const audience = 'https://api.example.com';
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

describe('tokens made by jose', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-oracle-'));
  const signers = new Map();
  const jwks = {keys: []};
  const file = path.join(folder, 'jwks.json');

  before(async () => {
    for (const alg of algorithms) {
      const {privateKey, publicKey} = await generateKeyPair(alg, {modulusLength: 2048, extractable: true});
      signers.set(alg, privateKey);
      jwks.keys.push({...(await exportJWK(publicKey)), kid: `key-${alg}`, use: 'sig', alg});
    }
    writeFileSync(file, JSON.stringify(jwks));
  });
  after(() => rmSync(folder, {recursive: true, force: true}));

  const sign = async (alg, change = (jwt) => jwt, header = {}) => {
    const jwt = new SignJWT({scope: 'read:orders'}).setProtectedHeader({alg, typ: 'JWT', kid: `key-${alg}`, ...header})
      .setIssuer(issuer).setSubject('auth0|ada').setAudience(audience).setIssuedAt().setExpirationTime('1h');
    return used(await change(jwt).sign(signers.get(header.signed_by ?? alg)));
  };

  const judge = (tokens) => {
    const args = ['verify', '--batch', '--jwks', file, '--issuer', issuer, '--audience', audience, ...algorithms.flatMap((alg) => ['--alg', alg])];
    const run = spawnSync(binary('portcullis'), args, {input: tokens.map((token) => JSON.stringify({token}) + '\n').join(''), encoding: 'utf8'});
    assert.equal(run.status, 0, run.stderr);
    return run.stdout.trim().split('\n').map((line) => JSON.parse(line));
  };

  test('are valid in every algorithm, for us and for jose', async () => {
    const tokens = await Promise.all(algorithms.map((alg) => sign(alg)));
    const verdicts = judge(tokens);
    assert.equal(verdicts.length, tokens.length);
    for (const [index, verdict] of verdicts.entries()) {
      assert.equal(verdict.reason, 'ok', `${algorithms[index]}: ${verdict.detail}`);
      assert.equal(verdict.alg, algorithms[index]);
      assert.equal(verdict.claims.sub, 'auth0|ada');
      await jwtVerify(tokens[index], createLocalJWKSet(jwks), {issuer, audience, algorithms});
    }
  });

  const rows = [
    ['another issuer', (jwt) => jwt.setIssuer('https://tenant.example.com'), 'bad_iss'],
    ['another audience', (jwt) => jwt.setAudience('https://api.example.com/'), 'bad_aud'],
    ['expired', (jwt) => jwt.setIssuedAt('2 hours ago').setExpirationTime('1 hour ago'), 'expired'],
    ['not yet valid', (jwt) => jwt.setNotBefore('1h'), 'not_yet'],
  ];
  for (const [why, change, reason] of rows) {
    test(`${why}: refused in every algorithm with ${reason}, and by jose`, async () => {
      const tokens = await Promise.all(algorithms.map((alg) => sign(alg, change)));
      for (const [index, verdict] of judge(tokens).entries()) {
        assert.equal(verdict.reason, reason, algorithms[index]);
        assert.equal(verdict.valid, false);
        await assert.rejects(jwtVerify(tokens[index], createLocalJWKSet(jwks), {issuer, audience, algorithms}));
      }
    });
  }

  test('with one bit of the signature changed: bad_signature in every algorithm', async () => {
    const tokens = await Promise.all(algorithms.map(async (alg) => {
      const [header, payload, signature] = (await sign(alg)).split('.');
      const bytes = Buffer.from(signature, 'base64url');
      bytes[Math.floor(bytes.length / 2)] ^= 1;
      return used(`${header}.${payload}.${bytes.toString('base64url')}`);
    }));
    for (const [index, verdict] of judge(tokens).entries()) assert.equal(verdict.reason, 'bad_signature', algorithms[index]);
  });

  test('under the name of another key: key_mismatch or bad_signature', async () => {
    const tokens = await Promise.all(algorithms.map((alg, index) => sign(alg, undefined, {kid: `key-${algorithms[(index + 1) % algorithms.length]}`})));
    for (const verdict of judge(tokens)) assert.ok(['key_mismatch', 'bad_signature'].includes(verdict.reason), verdict.reason);
  });
});
