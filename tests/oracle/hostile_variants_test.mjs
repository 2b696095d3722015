// Tokens by npm's jose and hostile ones by node:crypto, judged by us and by jose: a good one is good for
// both; a bad one is bad for us, whatever jose says of it.
import assert from 'node:assert/strict';
import {createPublicKey, generateKeyPairSync, sign as nodeSign} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {CompactSign, SignJWT, createLocalJWKSet, importJWK, jwtVerify} from 'jose';
import {b64, ecdsaDer, hmac, keys, orderOf, privateKey, publicJwk, scalars, signer, toBytes, unb64} from '../vectors/signing.mjs';
import {endOf, run, temporaryFolder} from '../support/program.mjs';
import {accessClaims, audience, issuer, nowSeconds} from '../support/tokens.mjs';
import {used} from '../support/used_tokens.mjs';

const keyOf = {
  RS256: 'k1', RS384: 'k1', RS512: 'k1', PS256: 'k2', PS384: 'k2', PS512: 'k2',
  ES256: 'p256', ES384: 'p384', ES512: 'p521', EdDSA: 'ed25519', Ed25519: 'ed25519',
};
const algorithms = Object.keys(keyOf);
const published = {keys: [...new Set(Object.values(keyOf))].map((name) => publicJwk(name, {kid: name, use: 'sig'}))};

const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
const jwks = path.join(folder, 'jwks.json');
writeFileSync(jwks, JSON.stringify(published));

/** Our verdicts on all tokens by one `verify --batch`. */
async function judge(tokens) {
  const flags = ['--jwks', jwks, '--issuer', issuer, '--audience', audience, '--profile', 'generic', ...algorithms.flatMap((alg) => ['--alg', alg])];
  const result = await run('portcullis', ['verify', '--batch', ...flags], {input: tokens.map((token) => `${JSON.stringify({token})}\n`).join('')});
  assert.equal(result.code, 0, result.stderr);
  const verdicts = result.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(verdicts.length, tokens.length);
  return verdicts;
}

const joseKeys = createLocalJWKSet(published);
async function joseSays(token) {
  try {
    await jwtVerify(token, joseKeys, {issuer, audience, algorithms, clockTolerance: 30});
    return true;
  } catch {
    return false;
  }
}

const claims = (more) => accessClaims(more);
const part = (value) => b64(typeof value === 'string' ? value : JSON.stringify(value));
/** By node:crypto: anything may be wrong with it. */
function handMade(alg, {header = {}, rawHeader, payload = claims(), key = keyOf[alg] ?? 'k1', sign = signer(key, alg), change = (token) => token} = {}) {
  const message = `${part(rawHeader ?? {alg, typ: 'JWT', kid: keyOf[alg] ?? 'k1', ...header})}.${part(payload)}`;
  return change(`${message}.${b64(sign(Buffer.from(message)))}`);
}
const signature = (token) => unb64(token.split('.')[2]);
const withSignature = (change) => (token) => `${token.slice(0, token.lastIndexOf('.'))}.${b64(change(signature(token)))}`;
const halves = (bytes) => [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
const flip = (bytes, at) => Buffer.from(bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte)));

// --- what jose signs

const joseMakes = [];
for (const alg of algorithms) {
  joseMakes.push([`${alg} by SignJWT`, alg, async (key) => new SignJWT(claims()).setProtectedHeader({alg, kid: keyOf[alg], typ: 'JWT'}).sign(key)]);
  joseMakes.push([`${alg} by CompactSign, members in another order and blanks between them`, alg, async (key) =>
    new CompactSign(Buffer.from(JSON.stringify(claims(), null, 2))).setProtectedHeader({typ: 'JWT', kid: keyOf[alg], alg}).sign(key)]);
  joseMakes.push([`${alg} with a sub beyond ASCII`, alg, async (key) => new SignJWT(claims({sub: 'waad|Zoë 用户 😀'})).setProtectedHeader({alg, kid: keyOf[alg]}).sign(key)]);
}
const joseMakesBad = [
  ['expired', {exp: nowSeconds() - 600}, 'expired'],
  ['not yet valid', {nbf: nowSeconds() + 600}, 'not_yet'],
  ['for another audience', {aud: 'https://other.example.com'}, 'bad_aud'],
  ['of another issuer', {iss: 'https://other.example.com/'}, 'bad_iss'],
];

// --- what is wrong with each algorithm's signature

const everyAlgorithm = [
  ['first octet changed', (alg) => handMade(alg, {change: withSignature((bytes) => flip(bytes, 0))})],
  ['last octet changed', (alg) => handMade(alg, {change: withSignature((bytes) => flip(bytes, -1))})],
  ['one octet short', (alg) => handMade(alg, {change: withSignature((bytes) => bytes.subarray(0, -1))})],
  ['first octet missing', (alg) => handMade(alg, {change: withSignature((bytes) => bytes.subarray(1))})],
  ['one octet more', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))})],
  ['one octet more in front', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.concat([Buffer.alloc(1), bytes]))})],
  ['all zero', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.alloc(bytes.length))})],
  ['all ones', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.alloc(bytes.length, 0xff))})],
  ['twice', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.concat([bytes, bytes]))})],
  ['empty', (alg) => handMade(alg, {change: withSignature(() => Buffer.alloc(0))})],
  ['of other claims', (alg) => handMade(alg, {change: (token) => `${token.split('.')[0]}.${part(claims({sub: 'auth0|root'}))}.${token.split('.')[2]}`})],
  ['of another header', (alg) => handMade(alg, {change: (token) => `${part({alg, kid: keyOf[alg], typ: 'JWT', x: 1})}.${token.split('.').slice(1).join('.')}`})],
  ['by a stranger\'s key of the same kind', (alg) => handMade(alg, {sign: (message) => strangers(alg, message)})],
  ['with padding', (alg) => handMade(alg, {change: (token) => `${token}==`})],
  ['with a line end behind', (alg) => handMade(alg, {change: (token) => `${token}\n`})],
  ['with a blank in front', (alg) => handMade(alg, {change: (token) => ` ${token}`})],
  ['in the alphabet of plain base64', (alg) => handMade(alg, {change: withSignatureText((text) => `+/${text.slice(2)}`)})],
  ['alg in lower case', (alg) => handMade(alg, {header: {alg: alg.toLowerCase()}, sign: signer(keyOf[alg], alg)})],
  ['alg with a blank', (alg) => handMade(alg, {header: {alg: `${alg} `}, sign: signer(keyOf[alg], alg)})],
  ['alg none, signature kept', (alg) => handMade(alg, {header: {alg: 'none'}})],
  ['alg none, no signature', (alg) => handMade(alg, {header: {alg: 'none'}, sign: () => ''})],
  ['HS256 keyed with the public key', (alg) => handMade(alg, {header: {alg: 'HS256'}, sign: hmac(publicPem(keyOf[alg]), 'sha256')})],
  ['HS512 keyed with the public JWK', (alg) => handMade(alg, {header: {alg: 'HS512'}, sign: hmac(JSON.stringify(publicJwk(keyOf[alg])), 'sha512')})],
  ['crit that is unknown', (alg) => handMade(alg, {header: {crit: ['x'], x: 1}})],
  ['crit b64', (alg) => handMade(alg, {header: {crit: ['b64'], b64: true}})],
  ['an empty crit', (alg) => handMade(alg, {header: {crit: []}})],
  ['zip', (alg) => handMade(alg, {header: {zip: 'DEF'}})],
  ['a kid of another kind of key', (alg) => handMade(alg, {header: {kid: alg.startsWith('ES') ? 'k1' : 'p256'}})],
  ['a kid that is a number', (alg) => handMade(alg, {header: {kid: 1}})],
  ['no kid', (alg) => handMade(alg, {header: {kid: undefined}})],
  ['its own key in the header', (alg) => handMade(alg, {header: {jwk: publicJwk(keyOf[alg])}, sign: (message) => strangers(alg, message)})],
  ['alg twice', (alg) => handMade(alg, {rawHeader: `{"alg":"none","alg":"${alg}","kid":"${keyOf[alg]}"}`})],
  ['sub twice', (alg) => handMade(alg, {payload: JSON.stringify(claims()).replace('{', '{"sub":"auth0|root",')})],
  ['claims that are an array', (alg) => handMade(alg, {payload: '[]'})],
  ['claims with something behind', (alg) => handMade(alg, {payload: `${JSON.stringify(claims())}x`})],
  ['claims with a byte order mark', (alg) => handMade(alg, {payload: `\uFEFF${JSON.stringify(claims())}`})],
  ['exp as text', (alg) => handMade(alg, {payload: claims({exp: String(nowSeconds() + 600)})})],
  ['no exp', (alg) => handMade(alg, {payload: claims({exp: undefined})})],
];

function withSignatureText(change) {
  return (token) => `${token.slice(0, token.lastIndexOf('.'))}.${change(token.split('.')[2])}`;
}
const publicPem = (name) => createPublicKey(privateKey(name)).export({type: 'spki', format: 'pem'});
const ed = generateKeyPairSync('ed25519').privateKey;
function strangers(alg, message) {
  if (/^[RP]S/.test(alg)) return signer('stranger', alg)(message);
  if (alg.startsWith('Ed')) return nodeSign(null, message, ed);
  const {privateKey: key} = generateKeyPairSync('ec', {namedCurve: keys[keyOf[alg]].crv});
  return nodeSign(`sha${{ES256: 256, ES384: 384, ES512: 512}[alg]}`, message, {key, dsaEncoding: 'ieee-p1363'});
}

const ecdsaOnly = [
  ['as DER', (alg) => handMade(alg, {change: withSignature(ecdsaDer)})],
  ['halves exchanged', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.concat(halves(bytes).reverse()))})],
  ['r is 0', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.concat([Buffer.alloc(bytes.length / 2), halves(bytes)[1]]))})],
  ['s is 0', (alg) => handMade(alg, {change: withSignature((bytes) => Buffer.concat([halves(bytes)[0], Buffer.alloc(bytes.length / 2)]))})],
  ['r and s are the order (CVE-2022-21449)', (alg) => handMade(alg, {change: withSignature((bytes) => {
    const order = toBytes(orderOf(keys[keyOf[alg]].crv), bytes.length / 2);
    return Buffer.concat([order, order]);
  })})],
  ['hash of another length', (alg) => handMade(alg, {sign: (message) => nodeSign(alg === 'ES256' ? 'sha512' : 'sha256', message, {key: privateKey(keyOf[alg]), dsaEncoding: 'ieee-p1363'})})],
];
const rsaOnly = [
  ['the other padding', (alg) => handMade(alg, {sign: signer(keyOf[alg], `${alg[0] === 'R' ? 'P' : 'R'}S${alg.slice(2)}`)})],
  ['another hash', (alg) => handMade(alg, {sign: signer(keyOf[alg], `${alg.slice(0, 2)}${alg.endsWith('256') ? 512 : 256}`)})],
  ['the number 1', (alg) => handMade(alg, {sign: () => toBytes(1n, 256)})],
  ['the modulus', (alg) => handMade(alg, {sign: () => unb64(keys[keyOf[alg]].n)})],
];

const hostileRows = algorithms.flatMap((alg) => [
  ...everyAlgorithm, ...(alg.startsWith('ES') ? ecdsaOnly : []), ...(/^[RP]S/.test(alg) ? rsaOnly : []),
].map(([name, make]) => ({name: `${alg}, ${name}`, make: () => make(alg)})));

describe('tokens that jose signs', () => {
  let rows;
  before(async () => {
    rows = [];
    for (const [name, alg, make] of joseMakes) {
      let key;
      try {
        key = await importJWK({...keys[keyOf[alg]], kid: undefined}, alg);
        rows.push({name, alg, token: used(await make(key))});
      } catch (error) {
        rows.push({name, alg, unable: error.message});
      }
    }
    const able = rows.filter(({token}) => token);
    const verdicts = await judge(able.map(({token}) => token));
    able.forEach((row, i) => (row.verdict = verdicts[i]));
  });

  for (const [i, [name, alg]] of joseMakes.entries())
    test(`${name} is good`, async (t) => {
      const {token, verdict, unable} = rows[i];
      if (unable) return t.skip(`this jose cannot: ${unable}`);
      assert.equal(verdict.reason, 'ok', verdict.detail);
      assert.equal(verdict.alg, alg);
      assert.equal(verdict.kid, keyOf[alg]);
      assert.deepEqual(verdict.claims, JSON.parse(unb64(token.split('.')[1])));
      assert.ok(await joseSays(token), 'and good for jose');
    });

  for (const [name, more, reason] of joseMakesBad)
    test(`RS256 that is ${name} is ${reason}`, async () => {
      const key = await importJWK({...keys.k1, kid: undefined}, 'RS256');
      const token = used(await new SignJWT(claims(more)).setProtectedHeader({alg: 'RS256', kid: 'k1'}).sign(key));
      const [verdict] = await judge([token]);
      assert.equal(verdict.reason, reason);
      assert.equal(await joseSays(token), false);
    });
});

describe('tokens that node:crypto signs', () => {
  for (const alg of algorithms)
    test(`${alg} is good`, async () => {
      const [verdict] = await judge([used(handMade(alg))]);
      assert.equal(verdict.reason, 'ok', verdict.detail);
    });

  for (const alg of ['ES256', 'ES384', 'ES512'])
    test(`${alg} with the other s of the same r is good, as it is for jose`, async () => {
      const token = used(handMade(alg, {change: withSignature((bytes) => {
        const [r, s] = scalars(bytes);
        return Buffer.concat([toBytes(r, bytes.length / 2), toBytes(orderOf(keys[keyOf[alg]].crv) - s, bytes.length / 2)]);
      })}));
      assert.equal((await judge([token]))[0].reason, 'ok');
      assert.ok(await joseSays(token));
    });
});

describe('hostile variants', () => {
  let verdicts;
  before(async () => {
    verdicts = await judge(hostileRows.map(({make}) => used(make())));
  });
  for (const [i, {name}] of hostileRows.entries())
    test(`${name}: refused`, () => {
      assert.equal(verdicts[i].valid, false, `${name}: ${verdicts[i].reason}`);
      assert.equal(verdicts[i].status, 401);
      assert.notEqual(verdicts[i].reason, 'internal');
      assert.equal(verdicts[i].claims, null);
    });

  test('whatever we call good, jose calls good as well', async () => {
    const tokens = hostileRows.map(({make}) => used(make()));
    const ours = await judge(tokens);
    for (const [i, token] of tokens.entries()) if (ours[i].valid) assert.ok(await joseSays(token), hostileRows[i].name);
  });
});
