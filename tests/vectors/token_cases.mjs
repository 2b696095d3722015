// The cases of tokens.json, row by row. `refused` cases name the accepted twin: the same token without
// the defect, under the same configuration.
import {createHash} from 'node:crypto';

import {b64, digestInfoOf, ecdsa, ecdsaDer, hmac, keys, orderOf, pkcs1Block, pss, publicJwk, publicKey, rsaOverBlock, scalars, signer,
  toBytes, unb64} from './signing.mjs';

const NOW = 1767225600;  // 2026-01-01T00:00:00Z
const ISSUER = 'https://tenant.example.com/';
const API = 'https://api.example.com';
const CLIENT = 'demo-client';

// --- making tokens

/** A piece of JSON written as it is: numbers and texts that JSON.stringify would not write. */
class Raw {
  constructor(text) { this.text = text; }
}
const raw = (text) => new Raw(text);

function json(value) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (value && typeof value === 'object') {
    return `{${Object.entries(value).filter(([, item]) => item !== undefined).map(([name, item]) => `${JSON.stringify(name)}:${json(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const accessClaims = {iss: ISSUER, sub: 'auth0|ada', aud: API, iat: NOW - 60, exp: NOW + 3600, azp: 'app-one', scope: 'openid read:orders'};
const rfc9068Claims = {iss: ISSUER, sub: 'auth0|ada', aud: API, iat: NOW - 60, exp: NOW + 3600, client_id: 'app-one', jti: 'a1b2c3', scope: 'read:orders'};
const idClaims = {iss: ISSUER, sub: 'auth0|ada', aud: CLIENT, iat: NOW - 60, exp: NOW + 3600, nonce: 'n-0S6_WzA2Mj', name: 'Ada'};
const genericClaims = {iss: ISSUER, aud: API, exp: NOW + 3600};
const logoutEvent = {'http://schemas.openid.net/event/backchannel-logout': {}};

/** Header and payload as text, before base64url. */
function texts(spec) {
  const {alg = 'RS256', key = 'k1', header = {}, headerText, claims = accessClaims, payload = {}, payloadText} = spec;
  const kid = 'kid' in spec ? spec.kid : key;  // undefined: no kid
  return {
    header: headerText ?? json({alg, typ: 'JWT', kid, ...header}),
    payload: payloadText ?? json({...claims, ...payload}),
  };
}

/**
 * A token. `header` and `payload` change members (undefined removes one); `headerText`, `payloadText`
 * replace the JSON; `parts` changes the encoded parts *before* signing, `sign` makes the signature of the
 * message, `signature` changes its text, `whole` the finished token.
 */
function token(spec = {}) {
  const text = texts(spec);
  const [head, body] = (spec.parts ?? ((h, p) => [h, p]))(b64(text.header), b64(text.payload));
  const message = Buffer.from(`${head}.${body}`);
  const bytes = (spec.sign ?? signer(spec.key ?? 'k1', spec.alg ?? 'RS256'))(message);
  const compact = `${head}.${body}.${(spec.signature ?? ((s) => s))(b64(bytes))}`;
  return spec.whole ? spec.whole(compact) : compact;
}

/** base64url whose unused low bits are not zero: another spelling of the same bytes. */
function otherSpelling(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (text.length % 4 === 0) throw new Error('no spare bits');
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) + 1];
}
/** JSON text followed by blanks until its base64url has spare bits. */
const withSpareBits = (text) => (Buffer.byteLength(text) % 3 ? text : `${text} `);

// --- configurations

const configs = [];
const settings = {issuer: ISSUER, audiences: [API], algorithms: ['RS256'], profile: 'auth0-access', leeway: 30};
const k1 = publicJwk('k1', {use: 'sig', alg: 'RS256', kid: 'k1'});
const k2 = publicJwk('k2', {use: 'sig', alg: 'RS256', kid: 'k2'});

/** Declares a configuration; returns its name. Default: Auth0 access tokens, RS256, keys k1 and k2. */
function config(name, changes = {}) {
  const keySource = ['pem', 'secret', 'jwks'].some((kind) => kind in changes) ? {} : {jwks: {keys: [k1, k2]}};
  configs.push({name, ...settings, ...keySource, ...changes});
  return name;
}
const jwks = (...list) => ({jwks: {keys: list}});

// --- collecting cases

const cases = [];
const ids = new Set();

function add(row, variant, why, where, compact, expect, more = {}) {
  const id = `${row}/${variant}`;
  if (ids.has(id)) throw new Error(`twice: ${id}`);
  ids.add(id);
  cases.push({id, row, why, config: where, token: compact, at: NOW, expect, ...more});
  return id;
}

/** The same row under one configuration: its accepted twin first, then `refuse` for each variant. */
function group(row, where, base = {}, why = 'the twin') {
  const twin = add(row, 'twin', `accepted: ${why}`, where, token(base), 'ok');
  return {
    accept: (variant, reason, spec = {}, more = {}) => add(row, variant, reason, where, token({...base, ...spec}), 'ok', more),
    refuse: (variant, reason, expect, spec = {}, more = {}) =>
      add(row, variant, reason, where, token({...base, ...spec}), expect, {twin, ...more}),
    text: (variant, reason, expect, compact, more = {}) =>
      add(row, variant, reason, where, compact, expect, expect === 'ok' ? more : {twin, ...more}),
  };
}

// --- 3.1 Algorithm and signature

function algorithms() {
  const rs256 = config('rs256');
  const unnamed = config('rs256-jwk-without-alg', jwks(publicJwk('k1', {kid: 'k1'}), publicJwk('k2', {kid: 'k2'})));
  const garbage = {sign: () => Buffer.from('not a signature at all')};

  let row = group('T-ALG-01', rs256);
  row.refuse('none-empty-signature', 'unsecured, as RFC 7519 §6.1 writes it', 'malformed', {alg: 'none', sign: () => Buffer.alloc(0)});
  row.refuse('rs256-empty-signature', 'signature cut off', 'malformed', {signature: () => ''});

  row = group('T-ALG-02', rs256);
  for (const word of ['none', 'None', 'NONE', 'nOnE', 'none ']) {
    row.refuse(word.trim() === word ? word : 'none-and-space', 'unsecured, with something as signature', 'alg_not_allowed', {alg: word, ...garbage});
  }

  row = group('T-ALG-03', rs256);
  for (const [variant, alg] of Object.entries({foo: 'foo', empty: '', HS1: 'HS1', 'lower-case': 'rs256', 'trailing-space': 'RS256 ',
    'trailing-nul': 'RS256\0', prefix: 'RS25', missing: undefined, null: null, number: 256, array: ['RS256'], object: {alg: 'RS256'}})) {
    row.refuse(variant, 'no algorithm is called so; signed with RS256', 'alg_not_allowed', {header: {alg}});
  }

  const pem = publicKey('k1').export({type: 'spki', format: 'pem'});
  const publicBytes = {
    'pem': pem,
    'pem-no-final-newline': pem.trimEnd(),
    'pem-leading-space': ` ${pem}`,
    'spki-der': publicKey('k1').export({type: 'spki', format: 'der'}),
    'pkcs1-der': publicKey('k1').export({type: 'pkcs1', format: 'der'}),
    'pkcs1-pem': publicKey('k1').export({type: 'pkcs1', format: 'pem'}),
    'jwk-json': JSON.stringify(publicJwk('k1')),
    'modulus': unb64(keys.k1.n),
    'x509-pem': keys.k1_certificate,
    'zero-length': '',
  };
  for (const [name, where] of [['T-ALG-04', rs256], ['T-ALG-05', unnamed]]) {
    row = group(name, where);
    for (const [variant, secret] of Object.entries(publicBytes)) {
      row.refuse(variant, 'HMAC keyed with what everybody knows', 'alg_not_allowed', {alg: 'HS256', sign: hmac(secret, 'sha256')});
    }
  }

  row = group('T-ALG-06', rs256);
  for (const alg of ['RS384', 'RS512', 'PS256']) row.refuse(alg, 'good signature of an algorithm that is not listed', 'alg_not_allowed', {alg});
  row = group('T-ALG-06-unnamed', unnamed, {}, 'a JWK without alg takes the listed algorithm');
  for (const alg of ['RS512', 'PS256']) row.refuse(alg, 'a JWK without alg does not widen the list', 'alg_not_allowed', {alg});
  row = group('T-ALG-06-listed', config('rs256-rs512', {algorithms: ['RS256', 'RS512', 'PS256']}));
  for (const alg of ['RS512', 'PS256']) row.refuse(alg, 'listed, but the JWK is for RS256 only (RFC 8725 §3.1)', 'key_mismatch', {alg});

  const curves = config('es-all', {algorithms: ['ES256', 'ES384', 'ES512', 'RS256'], ...jwks(k1, publicJwk('p256', {kid: 'p256'}),
    publicJwk('p384', {kid: 'p384'}), publicJwk('p521', {kid: 'p521'}))});
  row = group('T-ALG-07', curves, {alg: 'ES256', key: 'p256'});
  row.accept('ES384', 'P-384 with its own algorithm', {alg: 'ES384', key: 'p384'});
  row.accept('ES512', 'P-521 with its own algorithm', {alg: 'ES512', key: 'p521'});
  row.refuse('ES256-on-P-384', 'SHA-256 over P-384: a good signature of the wrong curve', 'key_mismatch', {key: 'p384', sign: ecdsa('p384', 'sha256')});
  row.refuse('ES384-on-P-256', 'SHA-384 over P-256', 'key_mismatch', {alg: 'ES384', sign: ecdsa('p256', 'sha384')});
  row.refuse('ES512-on-P-256', 'SHA-512 over P-256: the name is the hash', 'key_mismatch', {alg: 'ES512', sign: ecdsa('p256', 'sha512')});
  row.refuse('ES256-on-RSA', 'the kid names an RSA key', 'key_mismatch', {kid: 'k1'});
  row.refuse('RS256-on-EC', 'the kid names an EC key', 'key_mismatch', {alg: 'RS256', sign: signer('k1', 'RS256')});
  row.refuse('ES256K', 'secp256k1 is not spoken here', 'alg_not_allowed', {alg: 'ES256K', sign: ecdsa('secp256k1', 'sha256')});
}

function baselines() {
  const rows = [
    ['RS384', 'k1'], ['RS512', 'k1'], ['PS256', 'k1'], ['PS384', 'k1'], ['PS512', 'k1'],
    ['ES256', 'p256'], ['ES384', 'p384'], ['ES512', 'p521'], ['EdDSA', 'ed25519'], ['Ed25519', 'ed25519'],
  ];
  for (const [alg, key] of rows) {
    const where = config(`only-${alg}`, {algorithms: [alg], ...jwks(publicJwk(key, {kid: key, alg}))});
    const row = group(`BASE-${alg}`, where, {alg, key});
    row.refuse('not-listed', 'RS256 where only another algorithm is listed', 'alg_not_allowed', {alg: 'RS256', kid: key, sign: signer('k1', 'RS256')});
    row.refuse('other-message', 'a good signature, but of another message', 'bad_signature', {sign: () => signer(key, alg)(Buffer.from('another'))});
  }
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    const where = config(`secret-${alg}`, {algorithms: [alg], secret: keys.secret});
    const row = group(`BASE-${alg}`, where, {alg, key: 'secret', kid: undefined}, 'a shared secret of the configuration');
    row.accept('with-kid', 'static keys have no kid: the token\'s is ignored', {kid: 'whatever'});
    row.refuse('other-secret', 'signed with another secret', 'bad_signature', {key: 'other_secret'});
    row.refuse('RS256', 'an RSA token where a secret is configured', 'alg_not_allowed', {alg: 'RS256', sign: signer('k1', 'RS256')});
  }

  const both = config('both-ed25519-names', {algorithms: ['EdDSA', 'Ed25519'], ...jwks(publicJwk('ed25519', {kid: 'ed25519', alg: 'Ed25519'}))});
  let row = group('EDDSA-NAMES', both, {alg: 'Ed25519', key: 'ed25519'});
  row.accept('EdDSA-token-Ed25519-key', 'both names are listed, so they are one', {alg: 'EdDSA'});
  const old = config('EdDSA-with-Ed25519-jwk', {algorithms: ['EdDSA', 'RS256'], ...jwks(publicJwk('ed25519', {kid: 'ed25519', alg: 'Ed25519'}), k1)});
  row = group('EDDSA-NAMES-one-listed', old);
  row.refuse('EdDSA-token-Ed25519-key', 'only EdDSA is listed and the key says Ed25519', 'key_mismatch', {alg: 'EdDSA', key: 'ed25519'}, {doubtful: true});
  row.refuse('Ed25519-token', 'the new name is not listed', 'alg_not_allowed', {alg: 'Ed25519', key: 'ed25519'});
  const ed448 = config('ed448', {algorithms: ['EdDSA'], ...jwks(publicJwk('ed25519', {kid: 'ed25519'}), publicJwk('ed448', {kid: 'ed448'}))});
  row = group('EDDSA-ED448', ed448, {alg: 'EdDSA', key: 'ed25519'});
  row.refuse('EdDSA', 'the curve Ed448 is not spoken here: its key is skipped', 'unknown_kid', {key: 'ed448'});
  row.refuse('Ed448', 'nor is its algorithm name', 'alg_not_allowed', {alg: 'Ed448', key: 'ed448'});
}

function signatures() {
  const es256 = config('es256', {algorithms: ['ES256'], ...jwks(publicJwk('p256', {kid: 'p256', alg: 'ES256'}))});
  const ec = {alg: 'ES256', key: 'p256'};
  const good = ecdsa('p256', 'sha256');
  const n = orderOf('P-256');
  const pair = (r, s) => () => Buffer.concat([toBytes(r, 32), toBytes(s, 32)]);

  let row = group('T-SIG-01', es256, ec);
  const values = {0: 0n, 1: 1n, 'n-1': n - 1n, n, 'n+1': n + 1n};
  for (const [rName, r] of Object.entries(values)) {
    for (const [sName, s] of Object.entries(values)) row.refuse(`r=${rName},s=${sName}`, 'no point of the curve belongs to it', 'bad_signature', {sign: pair(r, s)});
  }
  row.accept('r,n-s', 'ECDSA is malleable: (r, n−s) is as good', {sign: (m) => { const [r, s] = scalars(good(m)); return pair(r, n - s)(); }});
  row.refuse('n-r,s', 'but (n−r, s) is not', 'bad_signature', {sign: (m) => { const [r, s] = scalars(good(m)); return pair(n - r, s)(); }});
  row.refuse('s,r', 'halves exchanged', 'bad_signature', {sign: (m) => { const [r, s] = scalars(good(m)); return pair(s, r)(); }});

  row = group('T-SIG-02', es256, ec);
  row.refuse('DER', 'ASN.1 instead of R‖S', 'bad_signature', {sign: (m) => ecdsaDer(good(m))});
  row.refuse('63-octets', 'cut', 'bad_signature', {sign: (m) => good(m).subarray(0, 63)});
  row.refuse('65-octets', 'one octet too many', 'bad_signature', {sign: (m) => Buffer.concat([good(m), Buffer.alloc(1)])});
  row.refuse('66-octets', 'both halves padded to 33', 'bad_signature', {sign: (m) => { const [r, s] = scalars(good(m)); return Buffer.concat([toBytes(r, 33), toBytes(s, 33)]); }});
  row.refuse('128-octets', 'both halves padded to 64', 'bad_signature', {sign: (m) => { const [r, s] = scalars(good(m)); return Buffer.concat([toBytes(r, 64), toBytes(s, 64)]); }});
  row.refuse('1-octet', 'a single octet', 'bad_signature', {sign: () => Buffer.from([1])});
  row.refuse('5200-octets', 'nearly as long as a token may be', 'bad_signature', {sign: () => Buffer.alloc(5200, 1)});
  row.refuse('21830-characters', 'longer than a token may be', 'too_large', {signature: () => 'A'.repeat(21830)});

  row = group('T-SIG-08', es256, ec);
  row.refuse('all-ff', 'out of range in both halves', 'bad_signature', {sign: () => Buffer.alloc(64, 0xff)});
  row.refuse('DER-of-64-octets', 'malformed ASN.1 of the right length', 'bad_signature', {sign: () => Buffer.from(`3080${'02'.repeat(62)}`, 'hex')});

  const size = 256;
  const info = (m) => digestInfoOf('sha256', m);
  const der = (hex) => (m) => Buffer.concat([Buffer.from(hex, 'hex'), info(m).subarray(-32)]);
  const block = (make) => ({sign: rsaOverBlock('k1', make)});
  row = group('T-SIG-03', 'rs256');
  for (const [variant, why, make] of [
    ['garbage-after-hash', 'Bleichenbacher 2006: short padding, then rubbish', (m) => pkcs1Block(size, info(m), {padding: 8, tail: Buffer.alloc(size - 70, 7)})],
    ['garbage-before-hash', 'rubbish between the separator and DigestInfo', (m) => pkcs1Block(size, Buffer.concat([Buffer.alloc(20, 9), info(m)]))],
    ['padding-shorter', 'padding of 8 and zeroes after the hash', (m) => pkcs1Block(size, info(m), {padding: 8, tail: Buffer.alloc(size - 70)})],
    ['padding-not-ff', 'filled with fe', (m) => pkcs1Block(size, info(m), {fill: 0xfe})],
    ['block-type-0', 'block type 00', (m) => pkcs1Block(size, info(m), {type: 0})],
    ['block-type-2', 'block type 02: an encryption block', (m) => pkcs1Block(size, info(m), {type: 2})],
    ['separator-1', 'no zero octet before DigestInfo', (m) => pkcs1Block(size, info(m), {separator: 1})],
    ['no-digest-info', 'the bare hash', (m) => pkcs1Block(size, info(m).subarray(-32))],
    ['without-null', 'AlgorithmIdentifier without its NULL', (m) => pkcs1Block(size, der('302f300b0609608648016503040201' + '0420')(m))],
    ['null-with-content', 'a NULL that holds something', (m) => pkcs1Block(size, der('3033300f060960864801650304020105020000' + '0420')(m))],
    ['long-form-length', 'BER length of two octets', (m) => pkcs1Block(size, der('308131300d060960864801650304020105000420')(m))],
    ['other-hash-name', 'SHA-256 value announced as SHA-512/256', (m) => pkcs1Block(size, der('3031300d060960864801650304020605000420')(m))],
    ['sha1', 'SHA-1', (m) => pkcs1Block(size, digestInfoOf('sha1', m))],
    ['sha512', 'SHA-512 under RS256', (m) => pkcs1Block(size, digestInfoOf('sha512', m))],
    ['trailing-octet', 'DigestInfo and one octet more', (m) => pkcs1Block(size, Buffer.concat([info(m), Buffer.alloc(1)]))],
  ]) row.refuse(variant, why, 'bad_signature', block(make));
  row.refuse('pss', 'a PSS signature under RS256', 'bad_signature', {sign: pss('k1', 'sha256')});
  row.refuse('255-octets', 'first octet cut off', 'bad_signature', {sign: (m) => signer('k1', 'RS256')(m).subarray(1)});
  row.refuse('257-octets', 'a zero octet in front', 'bad_signature', {sign: (m) => Buffer.concat([Buffer.alloc(1), signer('k1', 'RS256')(m)])});
  row.refuse('zero', 's = 0', 'bad_signature', {sign: () => Buffer.alloc(size)});
  row.refuse('one', 's = 1', 'bad_signature', {sign: () => toBytes(1n, size)});
  row.refuse('modulus', 's = n', 'bad_signature', {sign: () => unb64(keys.k1.n)});
  row.text('s-plus-n', 's + n: the same value modulo n', 'bad_signature', signaturePlusModulus());
  row.refuse('other-key', 'a good signature of k2 under the kid of k1', 'bad_signature', {key: 'k2', kid: 'k1'});

  row = group('T-SIG-04', 'only-PS256', {alg: 'PS256'});
  for (const salt of [0, 20, 31, 33, 'max']) row.refuse(`salt-${salt}`, 'the salt is not as long as the hash', 'bad_signature', {sign: pss('k1', 'sha256', {salt})});
  row.refuse('mgf1-sha1', 'MGF1 with SHA-1', 'bad_signature', {sign: pss('k1', 'sha256', {mgfHash: 'sha1'})});
  row.refuse('mgf1-sha512', 'MGF1 with SHA-512', 'bad_signature', {sign: pss('k1', 'sha256', {mgfHash: 'sha512'})});
  row.refuse('sha512', 'everything with SHA-512', 'bad_signature', {sign: pss('k1', 'sha512')});
  row.refuse('trailer-cc', 'trailer cc', 'bad_signature', {sign: pss('k1', 'sha256', {trailer: 0xcc})});
  row.refuse('pkcs1', 'a PKCS#1 v1.5 signature under PS256', 'bad_signature', {sign: signer('k1', 'RS256')});

  signaturesOfTheOtherSizes();

  const even = {...publicJwk('k1'), n: b64(toBytes((BigInt(`0x${unb64(keys.k1.n).toString('hex')}`)) - 1n, size))};
  const withExponent = (hex) => ({...publicJwk('k1'), e: b64(Buffer.from(hex, 'hex'))});
  const forged = {sign: (m) => pkcs1Block(size, info(m))};  // with e = 1 the padded block is its own signature
  const smallOrder = {kty: 'OKP', crv: 'Ed25519', x: b64(Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]))};
  for (const [variant, why, jwk, spec] of [
    ['rsa-1024', 'modulus of 1024 bits', publicJwk('rsa1024'), {key: 'rsa1024'}],
    ['rsa-2047', 'modulus of 2047 bits', publicJwk('rsa2047'), {key: 'rsa2047'}],
    ['rsa-16384', 'modulus of 16384 bits', publicJwk('rsa16384'), {sign: () => Buffer.alloc(2048, 1)}],
    ['rsa-roca', 'primes that are powers of 65537 modulo every small prime (CVE-2017-15361)', publicJwk('roca'), {key: 'roca'}],
    ['exponent-0', 'e = 0', withExponent('00'), forged],
    ['exponent-1', 'e = 1: forged without any private key', publicJwk('exponent_one'), forged],
    ['exponent-2', 'e = 2', withExponent('02'), forged],
    ['exponent-even', 'e = 65536', withExponent('010000'), forged],
    ['exponent-33-bits', 'e = 2^32 + 1', withExponent('0100000001'), forged],
    ['modulus-even', 'n is even', even, forged],
    ['ed25519-small-order', 'the identity as public key: this signature is good for every message', smallOrder,
      {alg: 'EdDSA', sign: () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])}],
  ]) {
    const where = config(`weak-${variant}`, {algorithms: ['RS256', 'EdDSA'], ...jwks({...jwk, kid: 'weak'}, k1)});
    row = group(`T-SIG-05-${variant}`, where, {}, 'the other key of the set still works');
    row.refuse('weak', why, 'unknown_kid', {...spec, kid: 'weak'});
  }

  row = group('T-SIG-06', 'secret-HS256', {alg: 'HS256', key: 'secret', kid: undefined});
  const tag = hmac(keys.secret, 'sha256');
  row.refuse('16-octets', 'truncated to half', 'bad_signature', {sign: (m) => tag(m).subarray(0, 16)});
  row.refuse('31-octets', 'truncated by one', 'bad_signature', {sign: (m) => tag(m).subarray(0, 31)});
  row.refuse('33-octets', 'one octet more', 'bad_signature', {sign: (m) => Buffer.concat([tag(m), Buffer.alloc(1)])});
  row.refuse('first-32-of-HS512', 'HMAC-SHA-512 cut to 32', 'bad_signature', {sign: (m) => hmac(keys.secret, 'sha512')(m).subarray(0, 32)});
  row.refuse('zero-length-key', 'HMAC with no key', 'bad_signature', {sign: hmac('', 'sha256')});
  for (let i = 0; i < 32; ++i) {
    row.refuse(`flip-${i}`, `one bit of octet ${i}`, 'bad_signature', {sign: (m) => { const t = tag(m); t[i] ^= 1 << (i % 8); return t; }});
  }
  row = group('T-SIG-06-rsa', 'rs256');
  for (const i of [0, 1, 127, 254, 255]) {
    row.refuse(`flip-${i}`, `one bit of octet ${i}`, 'bad_signature', {sign: (m) => { const s = signer('k1', 'RS256')(m); s[i] ^= 1; return s; }});
  }

  row = group('T-SIG-07', 'rs256');
  const [h, p, s] = token().split('.');
  const [h2, p2, s2] = token({key: 'k2', payload: {sub: 'auth0|grace'}}).split('.');
  row.text('other-twin', 'accepted: the second token', 'ok', [h2, p2, s2].join('.'));
  row.text('payload-changed', 'another sub', 'bad_signature', [h, b64(json({...accessClaims, sub: 'auth0|eve'})), s].join('.'));
  row.text('payload-reordered', 'the same claims in another order', 'bad_signature', [h, b64(json(Object.fromEntries(Object.entries(accessClaims).reverse()))), s].join('.'));
  row.text('header-changed', 'a blank more in the header', 'bad_signature', [b64(`${texts({}).header} `), p, s].join('.'));
  row.text('kid-changed', 'the kid of k2', 'bad_signature', [b64(texts({kid: 'k2'}).header), p, s].join('.'));
  row.text('headers-swapped', 'header of one, rest of the other', 'bad_signature', [h2, p, s].join('.'));
  row.text('payloads-swapped', 'payload of one, rest of the other', 'bad_signature', [h, p2, s].join('.'));
  row.text('signatures-swapped', 'signature of one, rest of the other', 'bad_signature', [h, p, s2].join('.'));
}

/** What T-SIG-01 to -04 say of P-256 and SHA-256, for the larger curves and hashes; and what BER would allow. */
function signaturesOfTheOtherSizes() {
  for (const [alg, key, curve, width] of [['ES384', 'p384', 'P-384', 48], ['ES512', 'p521', 'P-521', 66]]) {
    const good = signer(key, alg);
    const n = orderOf(curve);
    const pair = (r, s) => Buffer.concat([toBytes(r, width), toBytes(s, width)]);
    const changed = (change) => ({sign: (m) => change(...scalars(good(m)), good(m))});
    const row = group(`T-SIG-01-${alg}`, `only-${alg}`, {alg, key});
    row.accept('r,n-s', 'ECDSA is malleable', changed((r, s) => pair(r, n - s)));
    for (const [variant, why, change] of [
      ['r=0', 'r below its range', (r, s) => pair(0n, s)], ['s=0', 's below its range', (r) => pair(r, 0n)],
      ['r=n', 'r above its range', (r, s) => pair(n, s)], ['s=n', 's above its range', (r) => pair(r, n)],
      ['r=s=0', 'CVE-2022-21449', () => pair(0n, 0n)], ['r=s=n', 'CVE-2022-21449, another spelling of zero', () => pair(n, n)],
      ['n-r', 'the negative of r', (r, s) => pair(n - r, s)], ['s,r', 'halves exchanged', (r, s) => pair(s, r)],
      ['largest', 'every bit set: negative, were it read as ASN.1', () => Buffer.alloc(2 * width, 0xff)],
      ['DER', 'ASN.1 instead of R‖S', (r, s, all) => ecdsaDer(all)],
      ['one-octet-short', 'cut', (r, s, all) => all.subarray(0, -1)], ['one-octet-more', 'a zero octet behind', (r, s, all) => Buffer.concat([all, Buffer.alloc(1)])],
      ['leading-zeroes', 'both halves with a zero octet in front', (r, s) => Buffer.concat([toBytes(r, width + 1), toBytes(s, width + 1)])],
      ['width-of-ES256', 'the width of another curve', (r, s, all) => all.subarray(0, 64)],
    ]) row.refuse(variant, why, 'bad_signature', changed(change));
  }
  const n = orderOf('P-256');
  const small = group('T-SIG-01-plus-n', 'es256', {alg: 'ES256', key: 'p256'});
  small.refuse('r+n', 'the same r modulo n: has 33 octets', 'bad_signature', {sign: (m) => {
    const [r, s] = scalars(ecdsa('p256', 'sha256')(m));
    return Buffer.concat([toBytes(r + n, 33), toBytes(s, 32)]);
  }});

  for (const [alg, hashName, hashOctets] of [['RS384', 'sha384', 48], ['RS512', 'sha512', 64]]) {
    const row = group(`T-SIG-03-${alg}`, `only-${alg}`, {alg});
    for (const [variant, why, make] of pkcs1Variants(hashName, hashOctets)) row.refuse(variant, why, 'bad_signature', {sign: rsaOverBlock('k1', make)});
  }
  const known = new Set(cases.filter(({row}) => row === 'T-SIG-03').map(({id}) => id.split('/')[1]));
  const rs256 = group('T-SIG-03-BER', 'rs256');
  for (const [variant, why, make] of pkcs1Variants('sha256', 32)) {
    if (!known.has(variant)) rs256.refuse(variant, why, 'bad_signature', {sign: rsaOverBlock('k1', make)});
  }

  for (const [alg, hashName, hashOctets] of [['PS384', 'sha384', 48], ['PS512', 'sha512', 64]]) {
    const row = group(`T-SIG-04-${alg}`, `only-${alg}`, {alg});
    for (const salt of [0, 20, 32, hashOctets - 1, hashOctets + 1, 'max']) row.refuse(`salt-${salt}`, 'the salt is not as long as the hash', 'bad_signature', {sign: pss('k1', hashName, {salt})});
    for (const mgfHash of ['sha1', 'sha256']) row.refuse(`mgf1-${mgfHash}`, 'MGF1 with another hash', 'bad_signature', {sign: pss('k1', hashName, {mgfHash})});
    row.refuse('trailer-cc', 'trailer cc', 'bad_signature', {sign: pss('k1', hashName, {trailer: 0xcc})});
    row.refuse('sha256', 'everything with SHA-256', 'bad_signature', {sign: pss('k1', 'sha256')});
    row.refuse('pkcs1', 'the other padding', 'bad_signature', {sign: signer('k1', `RS${alg.slice(2)}`)});
  }
}

/** Blocks that are nearly EMSA-PKCS1-v1_5: what a verifier that parses instead of comparing might take. */
function pkcs1Variants(hashName, hashOctets) {
  const size = 256;
  const info = (m) => digestInfoOf(hashName, m);
  const digest = (m) => info(m).subarray(-hashOctets);
  const oid = (m) => info(m).subarray(4, 15);  // OBJECT IDENTIFIER, whole
  const tlv = (tag, ...parts) => { const body = Buffer.concat(parts); return Buffer.concat([Buffer.from([tag, body.length]), body]); };
  const none = Buffer.from([5, 0]);
  const built = (m, {name = oid(m), parameters = none, value = tlv(4, digest(m))} = {}) => tlv(0x30, tlv(0x30, name, parameters), value);
  const block = (make) => (m) => pkcs1Block(size, make(m));
  return [
    ['without-null', 'AlgorithmIdentifier without its NULL', block((m) => built(m, {parameters: Buffer.alloc(0)}))],
    ['null-with-content', 'a NULL that holds something', block((m) => built(m, {parameters: Buffer.from([5, 1, 0])}))],
    ['null-long-length', 'the length of NULL in two octets', block((m) => built(m, {parameters: Buffer.from([5, 0x81, 0])}))],
    ['parameters-empty-sequence', 'an empty SEQUENCE in place of NULL', block((m) => built(m, {parameters: Buffer.from([0x30, 0])}))],
    ['parameters-octet-string', 'rubbish in the parameters', block((m) => built(m, {parameters: Buffer.from([4, 4, 1, 2, 3, 4])}))],
    ['hash-long-length', 'the length of the hash in two octets', block((m) => built(m, {value: Buffer.concat([Buffer.from([4, 0x81, hashOctets]), digest(m)])}))],
    ['outer-long-length', 'the length of DigestInfo in two octets', block((m) => { const all = built(m); return Buffer.concat([Buffer.from([0x30, 0x81, all[1]]), all.subarray(2)]); })],
    ['indefinite-length', 'DigestInfo of indefinite length', block((m) => Buffer.concat([Buffer.from([0x30, 0x80]), built(m).subarray(2), Buffer.alloc(2)]))],
    ['hash-bit-string', 'the hash as BIT STRING', block((m) => built(m, {value: tlv(3, digest(m))}))],
    ['hash-constructed', 'the hash as constructed OCTET STRING', block((m) => built(m, {value: tlv(0x24, tlv(4, digest(m)))}))],
    ['hash-cut', 'the hash without its last octet', block((m) => built(m, {value: tlv(4, digest(m).subarray(0, -1))}))],
    ['hash-longer', 'an octet more behind the hash, inside', block((m) => built(m, {value: tlv(4, digest(m), Buffer.alloc(1))}))],
    ['hash-empty', 'no hash', block((m) => built(m, {value: tlv(4)}))],
    ['set-for-sequence', 'a SET in place of the SEQUENCE', block((m) => Buffer.concat([Buffer.from([0x31]), built(m).subarray(1)]))],
    ['oid-of-md5', 'the name of MD5', block((m) => built(m, {name: Buffer.from('06082a864886f70d0205', 'hex')}))],
    ['oid-of-sha1', 'the name of SHA-1', block((m) => built(m, {name: Buffer.from('06052b0e03021a', 'hex')}))],
    ['oid-of-sha3', 'the name of a SHA-3 of that size', block((m) => built(m, {name: Buffer.from(`0609608648016503040208`, 'hex')}))],
    ['element-behind', 'a further element inside DigestInfo', block((m) => tlv(0x30, tlv(0x30, oid(m), none), tlv(4, digest(m)), none))],
    ['no-digest-info', 'the bare hash', block(digest)],
    ['separator-missing', 'no zero octet', (m) => pkcs1Block(size, info(m), {separator: 0xff})],
    ['padding-7', 'seven octets of padding, rubbish behind', (m) => pkcs1Block(size, info(m), {padding: 7, tail: Buffer.alloc(size - 10 - info(m).length, 7)})],
    ['padding-none', 'no padding, rubbish behind', (m) => pkcs1Block(size, info(m), {padding: 0, tail: Buffer.alloc(size - 3 - info(m).length, 7)})],
    ['zero-inside-padding', 'a zero octet in the padding', (m) => { const all = Buffer.from(pkcs1Block(size, info(m))); all[20] = 0; return all; }],
    ['block-type-0', 'block type 00', (m) => pkcs1Block(size, info(m), {type: 0})],
    ['block-type-2', 'block type 02', (m) => pkcs1Block(size, info(m), {type: 2})],
    ['first-octet', 'a first octet of 01', (m) => pkcs1Block(size, info(m), {first: 1, fill: 0x0f})],
  ];
}

/** RS256 with s + n in place of s, for the first token whose s + n still has 256 octets. */
function signaturePlusModulus() {
  const modulus = BigInt(`0x${unb64(keys.k1.n).toString('hex')}`);
  for (let i = 0;; ++i) {
    const [h, p, s] = token({payload: {jti: `plus-${i}`}}).split('.');
    const sum = BigInt(`0x${unb64(s).toString('hex')}`) + modulus;
    if (sum < 1n << 2048n) return [h, p, b64(toBytes(sum, 256))].join('.');
  }
}

// --- 3.2 Encoding and parsing

function encoding() {
  const insert = (text) => (part) => `${part.slice(0, 10)}${text}${part.slice(10)}`;
  let row = group('T-ENC-01', 'rs256');
  row.refuse('padding-signature', 'padded with ==', 'malformed', {signature: (s) => `${s}==`});
  row.refuse('padding-percent', 'padded with %3d%3d', 'malformed', {signature: (s) => `${s}%3d%3d`});
  row.refuse('padding-header', 'header padded, signed as sent', 'malformed', {headerText: `${withSpareBits(texts({}).header)}`, parts: (h, p) => [`${h}=`, p]});
  row.refuse('padding-payload', 'payload padded, signed as sent', 'malformed', {parts: (h, p) => [h, `${p}=`]});
  row.refuse('standard-alphabet', '+ and / in the signature', 'malformed', {signature: (s) => s.replaceAll('-', '+').replaceAll('_', '/')});
  for (const [name, text] of Object.entries({space: ' ', lf: '\n', cr: '\r', tab: '\t', nul: '\0', 'non-ascii': 'é', percent: '%', tilde: '~', comma: ','})) {
    row.refuse(`${name}-in-signature`, 'inside the signature', 'malformed', {signature: insert(text)});
    row.refuse(`${name}-in-payload`, 'inside the payload, signed as sent', 'malformed', {parts: (h, p) => [h, insert(text)(p)]});
    row.refuse(`${name}-in-header`, 'inside the header, signed as sent', 'malformed', {parts: (h, p) => [insert(text)(h), p]});
  }
  for (const [name, before, after] of [['trailing-lf', '', '\n'], ['trailing-crlf', '', '\r\n'], ['trailing-space', '', ' '], ['leading-space', ' ', ''],
    ['nul-and-text', '', '\0 and more'], ['scheme', 'Bearer ', ''], ['quoted', '"', '"'], ['bom', '\ufeff', '']]) {
    row.refuse(name, 'around the token', 'malformed', {whole: (t) => before + t + after});
  }
  row.refuse('length-1-mod-4', 'no octets are spelled with so many characters', 'malformed', {signature: (s) => s.slice(0, -1)});
  row.text('empty', 'nothing at all', 'malformed', '');

  const spare = {headerText: withSpareBits(texts({}).header), payloadText: withSpareBits(texts({}).payload)};
  row = group('T-ENC-02', 'rs256', spare, 'blanks after the JSON, canonical base64url');
  row.refuse('header', 'non-zero unused bits, signed as sent', 'malformed', {parts: (h, p) => [otherSpelling(h), p]});
  row.refuse('payload', 'non-zero unused bits, signed as sent', 'malformed', {parts: (h, p) => [h, otherSpelling(p)]});
  row.refuse('signature', 'another spelling of the same octets', 'malformed', {signature: otherSpelling});
  row = group('T-ENC-02-es256', 'es256', {alg: 'ES256', key: 'p256'});
  row.refuse('signature', 'another spelling of the same octets', 'malformed', {signature: otherSpelling});

  row = group('T-ENC-03', 'rs256');
  const [h, p, s] = token().split('.');
  for (const [variant, text] of Object.entries({
    'leading-dot': `.${h}.${p}.${s}`, 'doubled-dot': `${h}..${p}.${s}`, 'trailing-dot': `${h}.${p}.${s}.`, 'four-parts': `${h}.${p}.${s}.${s}`,
    'six-parts': `${h}.${p}.${s}.${h}.${p}.${s}`, 'detached': `${h}..${s}`, 'no-header': `.${p}.${s}`, 'two-dots': '..', '8000-dots': '.'.repeat(8000),
  })) row.text(variant, 'not three parts that hold something', 'malformed', text);
  row.text('9000-dots', 'more dots than any token has, whatever its length', 'malformed', '.'.repeat(9000));
  row.text('one-part', 'an opaque token', 'not_jws', 'q7Jx0bT9rYkV2mZcNf4LhA8sWd3eGuPo');
  row.text('two-parts', 'the signature is gone', 'not_jws', `${h}.${p}`);
  row.text('five-parts', 'the shape of a JWE', 'not_jws', `${h}.${p}.${s}.${p}.${s}`);
  row.text('one-part-bad-character', 'an opaque token that is not base64url either', 'malformed', 'q7Jx0bT9rYkV2mZc+Nf4LhA8sWd3eGuPo');
  row.text('two-parts-bad-character', 'two parts, one padded', 'malformed', `${h}.${p}=`);
  row.text('five-parts-bad-character', 'five parts, one padded', 'malformed', `${h}.${p}.${s}.${p}.${s}=`);

  row = group('T-ENC-04', 'rs256');
  row.text('json-flattened', 'JSON serialisation', 'malformed', json({protected: h, payload: p, signature: s}));
  row.text('json-general', 'JSON serialisation, general', 'malformed', json({payload: p, signatures: [{protected: h, signature: s}]}));
  row.text('polyglot', 'JSON whose first member name looks compact', 'malformed',
    `{"${h}.${b64(json({...accessClaims, sub: 'auth0|eve'}))}.":"","protected":"${h}","payload":"${p}","signature":"${s}"}`);
  row.text('polyglot-compact-first', 'compact, then JSON', 'malformed', `${h}.${p}.${s}{"payload":"${p}"}`);

  const header = texts({}).header;
  const payload = texts({}).payload;
  const withMember = (text, member) => `${text.slice(0, -1)},${member}}`;
  const inFront = (text, member) => `{${member},${text.slice(1)}`;
  row = group('T-ENC-05', 'rs256');
  row.refuse('alg', 'none, then RS256', 'bad_json', {headerText: inFront(header, '"alg":"none"')});
  row.refuse('alg-same', 'twice the same', 'bad_json', {headerText: withMember(header, '"alg":"RS256"')});
  row.refuse('alg-escaped', '\\u0061lg is alg', 'bad_json', {headerText: withMember(header, '"\\u0061lg":"none"')});
  row.refuse('kid', 'two key names', 'bad_json', {headerText: withMember(header, '"kid":"k2"')});
  for (const [name, value] of Object.entries({iss: '"https://evil.example.com/"', aud: '"x"', exp: '9999999999', sub: '"auth0|eve"'})) {
    row.refuse(name, 'the claim twice', 'bad_json', {payloadText: withMember(payload, `"${name}":${value}`)});
    row.refuse(`${name}-escaped`, 'the claim twice, once with an escape', 'bad_json',
      {payloadText: withMember(payload, `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":${value}`)});
  }
  row.refuse('in-cnf', 'nested', 'bad_json', {payloadText: withMember(payload, '"cnf":{"jkt":"a","jkt":"b"}')});
  row.refuse('deep', 'nested in a claim that nobody uses', 'bad_json', {payloadText: withMember(payload, '"x":[{"a":{"b":1,"b":2}}]')});
  row.refuse('empty-names', 'two members without a name', 'bad_json', {payloadText: withMember(payload, '"":1,"":2')});
  row.accept('same-name-elsewhere', 'one name in two objects is no duplicate', {payloadText: withMember(payload, '"x":{"sub":1},"y":{"sub":2}')});

  row = group('T-ENC-06', 'rs256', {headerText: ` \t${header}\r\n`, payloadText: `\n${payload} \n`}, 'white space around the object');
  const broken = {
    'nul-and-json': (t) => Buffer.from(`${t}\0{"sub":"auth0|eve"}`),
    'trailing-nul': (t) => Buffer.from(`${t}\0`),
    'bom': (t) => Buffer.from(`\ufeff${t}`),
    'trailing-text': (t) => Buffer.from(`${t}x`),
    'two-objects': (t) => Buffer.from(`${t}{}`),
    'utf-16': (t) => Buffer.from(t, 'utf16le'),
    'utf-16-bom': (t) => Buffer.from(`\ufeff${t}`, 'utf16le'),
    'invalid-utf-8': (t) => Buffer.concat([Buffer.from(`${t.slice(0, -1)},"x":"`), Buffer.from([0xff]), Buffer.from('"}')]),
    'overlong-utf-8': (t) => Buffer.concat([Buffer.from(`${t.slice(0, -1)},"x":"`), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    'utf-8-surrogate': (t) => Buffer.concat([Buffer.from(`${t.slice(0, -1)},"x":"`), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    'utf-8-cut': (t) => Buffer.concat([Buffer.from(`${t.slice(0, -1)},"x":"`), Buffer.from([0xe2, 0x82]), Buffer.from('"}')]),
    'lone-high-surrogate': (t) => Buffer.from(withMember(t, '"x":"\\ud800"')),
    'lone-low-surrogate': (t) => Buffer.from(withMember(t, '"x":"\\udc00"')),
    'array': (t) => Buffer.from(`[${t}]`),
    'string': () => Buffer.from('"text"'),
    'number': () => Buffer.from('42'),
    'null': () => Buffer.from('null'),
    'blank': () => Buffer.from(' '),
    'cut-short': (t) => Buffer.from(t.slice(0, -1)),
    'trailing-comma': (t) => Buffer.from(`${t.slice(0, -1)},}`),
    'comment': (t) => Buffer.from(`${t}/* x */`),
    'single-quotes': (t) => Buffer.from(withMember(t, "'x':1")),
    'nan': (t) => Buffer.from(withMember(t, '"x":NaN')),
    'leading-zero': (t) => Buffer.from(withMember(t, '"x":01')),
    'raw-control-character': (t) => Buffer.from(withMember(t, '"x":"a\nb"')),
    'bad-escape': (t) => Buffer.from(withMember(t, '"x":"\\x41"')),
    'number-overflow': (t) => Buffer.from(withMember(t, '"x":1e400')),
  };
  for (const [variant, change] of Object.entries(broken)) {
    row.refuse(`payload-${variant}`, 'the payload is not one strict JSON object', 'bad_json', {payloadText: change(payload)});
    row.refuse(`header-${variant}`, 'the header is not one strict JSON object', 'bad_json', {headerText: change(header)});
  }
  row.accept('surrogate-pair', 'an escaped pair is one character', {payloadText: withMember(payload, '"x":"\\ud83d\\ude00"')});
  row.refuse('payload-empty-object', 'strict JSON, but no issuer', 'bad_iss', {payloadText: '{}'});

  sizes();

  row = group('T-ENC-08', 'rs256');
  for (const name of ['__proto__', 'constructor', 'toString', '', ' ', '\0', '😀']) {
    row.accept(`claim-${JSON.stringify(name)}`, 'a member name without meaning here', {payloadText: withMember(payload, `${JSON.stringify(name)}:{"a":1}`)});
    row.accept(`header-${JSON.stringify(name)}`, 'a member name without meaning here', {headerText: withMember(header, `${JSON.stringify(name)}:{"a":1}`)});
  }

  row.refuse('proto-twice', 'a name like any other: it counts as a duplicate', 'bad_json', {payloadText: withMember(withMember(payload, '"__proto__":1'), '"__proto__":2')});

  row = group('T-ENC-09', 'rs256');
  for (const [name, iss] of Object.entries({homoglyph: ISSUER.replace('e', 'е'), 'zero-width': ISSUER.replace('tenant', 'ten\u200bant'),
    'right-to-left': `\u202e${ISSUER}`, 'case': ISSUER.replace('tenant', 'Tenant'), 'percent': ISSUER.replace('tenant', '%74enant')})) {
    row.refuse(`iss-${name}`, 'looks alike', 'bad_iss', {payload: {iss}});
  }
  for (const [name, aud] of Object.entries({homoglyph: API.replace('a', 'а'), 'zero-width': `${API}\u200b`, 'case': API.toUpperCase()})) {
    row.refuse(`aud-${name}`, 'looks alike', 'bad_aud', {payload: {aud}});
  }
  row.accept('iss-escaped-slashes', 'https:\\/\\/ is the same text', {payloadText: payload.replaceAll('https://tenant', 'https:\\/\\/tenant')});
  row.accept('iss-escaped-letter', '\\u0068ttps is the same text', {payloadText: payload.replace('"iss":"h', '"iss":"\\u0068')});
  row.accept('sub-homoglyph', 'a subject is not compared here', {payload: {sub: 'auth0|аda'}});

  row = group('T-ENC-10', 'rs256');
  for (const [variant, sub] of Object.entries({'cr-lf': 'a\r\nX-Auth-Subject: admin', quotes: '"\'\\', star: '*', slashes: '../../*', 'dollar-brace': '${aws:username}',
    '255-code-points': '😀'.repeat(255), pipes: 'google-oauth2|1234', dash: '-'})) {
    row.accept(`sub-${variant}`, 'a subject is any text: doors encode it', {payload: {sub}});
  }
  row.refuse('sub-256-code-points', 'one too many', 'bad_claim', {payload: {sub: '😀'.repeat(256)}});
  row.refuse('sub-256-letters', 'one too many', 'bad_claim', {payload: {sub: 'a'.repeat(256)}});
  row.refuse('sub-nul', 'U+0000', 'bad_claim', {payload: {sub: 'auth0|ada\0admin'}});
  row.refuse('sub-10-kb', 'longer than a token may be', 'too_large', {payload: {sub: 'a'.repeat(10240)}});
}

/** A token of exactly `length` characters. */
function tokenOfLength(length) {
  for (const pad of ['', ' ', '  ']) {
    const spec = (size) => ({headerText: texts({}).header + pad, payload: {x: 'a'.repeat(size)}});
    const first = token(spec(0)).length;
    const guess = Math.floor(((length - first) * 3) / 4);
    for (let size = guess - 4; size <= guess + 4; ++size) {
      const compact = token(spec(size));
      if (compact.length === length) return compact;
    }
  }
  throw new Error(`no token of ${length} characters`);
}

function sizes() {
  const nested = (depth) => raw('['.repeat(depth) + ']'.repeat(depth));
  const members = (count, prefix = 'm') => Object.fromEntries(Array.from({length: count}, (_, i) => [`${prefix}${i}`, 0]));
  const claimCount = Object.keys(accessClaims).length;
  const row = group('T-ENC-07', 'rs256');
  row.text('8192-characters', 'as long as a token may be', 'ok', tokenOfLength(8192));
  row.text('8193-characters', 'one more', 'too_large', tokenOfLength(8193));
  row.accept('depth-10', 'the object and 9 arrays', {payload: {x: nested(9)}});
  row.accept('depth-16', 'the object and 15 arrays', {payload: {x: nested(15)}});
  row.refuse('depth-17', 'the object and 16 arrays', 'too_large', {payload: {x: nested(16)}});
  row.refuse('depth-2500', 'a tower of arrays', 'too_large', {payload: {x: nested(2500)}});
  row.refuse('depth-2500-header', 'the same in the header: larger than 2048 octets', 'too_large', {header: {x: nested(2500)}});
  row.refuse('depth-500-header', 'within 2048 octets', 'too_large', {header: {x: nested(500)}});
  row.accept('members-256', 'as many as an object may have', {payload: members(256 - claimCount)});
  row.refuse('members-257', 'one more', 'too_large', {payload: members(257 - claimCount)});
  row.refuse('members-257-nested', 'in an inner object', 'too_large', {payload: {x: members(257)}});
  row.accept('items-1024', 'as many as an array may have', {payload: {x: raw(`[${'1,'.repeat(1023)}1]`)}});
  row.refuse('items-1025', 'one more', 'too_large', {payload: {x: raw(`[${'1,'.repeat(1024)}1]`)}});
  row.accept('header-32-members', 'as many as a header may have', {header: members(29)});
  row.refuse('header-33-members', 'one more', 'too_large', {header: members(30)});
  const padded = (length) => { const h = texts({header: {x: ''}}).header; return h.replace('"x":""', `"x":"${'a'.repeat(length - h.length)}"`); };
  row.accept('header-2048-octets', 'as long as a header may be', {headerText: padded(2048)});
  row.refuse('header-2049-octets', 'one more', 'too_large', {headerText: padded(2049)});
  row.refuse('digits-4000', 'a number of 4000 digits has no finite value', 'bad_json', {payload: {x: raw('9'.repeat(4000))}});
  row.accept('fraction-3000-digits', 'a long fraction is a number', {payload: {x: raw(`0.${'3'.repeat(3000)}`)}});
  row.accept('integer-2-to-64', 'a large number in a claim that nobody uses', {payload: {x: raw('18446744073709551616')}});
  row.refuse('string-9-kb', 'one long claim', 'too_large', {payload: {x: 'a'.repeat(9000)}});
}

// --- 3.3 Header-driven key tricks

function headers() {
  const refuseEach = (row, list, why, expect = 'header_forbidden') => {
    for (const [variant, header] of Object.entries(list)) row.refuse(variant, why, expect, {header});
  };
  let row = group('T-HDR-01', 'rs256');
  row.refuse('jwk-of-attacker', 'signed with the key it brings', 'header_forbidden', {key: 'stranger', kid: 'k1', header: {jwk: publicJwk('stranger')}});
  row.refuse('jwk-no-kid', 'the same without a kid', 'header_forbidden', {key: 'stranger', kid: undefined, header: {jwk: publicJwk('stranger')}});
  row.refuse('jwk-of-ours', 'even our own key', 'header_forbidden', {header: {jwk: publicJwk('k1')}});
  row.refuse('jwk-null', 'presence is enough', 'header_forbidden', {header: {jwk: null}});

  row = group('T-HDR-02', 'rs256');
  for (const name of ['jku', 'x5u']) {
    for (const [variant, url] of Object.entries({attacker: 'https://evil.example.com/jwks.json', metadata: 'http://169.254.169.254/latest/meta-data/',
      file: 'file:///etc/passwd', own: `${ISSUER}.well-known/jwks.json`})) {
      row.refuse(`${name}-${variant}`, 'never fetched', 'header_forbidden', {header: {[name]: url}});
    }
  }
  row = group('T-HDR-03', 'rs256');
  const certificate = (text) => [text.replace(/-----[^-]+-----|\s/g, '')];
  row.refuse('x5c-of-other', 'a self-signed certificate of the signer', 'header_forbidden', {key: 'k2', kid: 'k1', header: {x5c: certificate(keys.k2_certificate)}});
  row.refuse('x5c-of-ours', 'even our own', 'header_forbidden', {header: {x5c: certificate(keys.k1_certificate)}});
  row.accept('x5t', 'a thumbprint is only a hint', {header: {x5t: 'dGhpcyBpcyBub3QgYSBoYXNo', 'x5t#S256': 'dGhpcyBpcyBub3QgYSBoYXNo'}});

  row = group('T-HDR-04', 'rs256');
  for (const [variant, kid] of Object.entries({path: '../../dev/null', sql: "' OR 1=1--", shell: '$(id)', url: 'https://evil.example.com/k1', case: 'K1',
    prefix: 'k', longer: 'k12', space: 'k1 ', unknown: 'k9', '256-octets': 'k'.repeat(256), 'line-end': 'k1\r\nX: y'})) {
    row.refuse(`kid-${variant}`, 'a kid is looked up, nothing more', 'unknown_kid', {kid});
  }
  row.refuse('kid-257-octets', 'longer than a kid may be', 'too_large', {kid: 'k'.repeat(257)}, {doubtful: true});
  row.refuse('kid-64-kb', 'longer than a token may be', 'too_large', {kid: 'k'.repeat(65536)});
  for (const [variant, kid] of Object.entries({number: 1, empty: '', object: {k1: 1}, array: ['k1'], null: null, true: true})) {
    row.refuse(`kid-${variant}`, 'not a kid', 'malformed', {kid});
  }
  row.accept('kid-escaped', '\\u006b1 is k1', {headerText: texts({}).header.replace('"kid":"k1"', '"kid":"\\u006b1"')});

  row = group('T-HDR-05', 'rs256');
  config('other-issuer', {issuer: 'https://other.example.com/', ...jwks(publicJwk('stranger', {kid: 'other-1', alg: 'RS256'}))});
  row.refuse('kid-of-other-issuer', 'key and kid of another configured issuer, our iss', 'unknown_kid', {key: 'stranger', kid: 'other-1'}, {also: ['other-issuer']});
  row.refuse('key-of-other-issuer', 'their key under our kid', 'bad_signature', {key: 'stranger', kid: 'k1'}, {also: ['other-issuer']});
  add('T-HDR-05', 'other-issuer-twin', 'accepted: their key, kid and iss', 'other-issuer',
    token({key: 'stranger', kid: 'other-1', payload: {iss: 'https://other.example.com/'}}), 'ok', {also: ['rs256']});

  row = group('T-HDR-06', 'rs256');
  refuseEach(row, {
    'unknown': {crit: ['exotic'], exotic: true}, 'empty': {crit: []}, 'string': {crit: 'exp'}, 'object': {crit: {}}, 'null': {crit: null},
    'names-alg': {crit: ['alg']}, 'duplicates': {crit: ['exotic', 'exotic'], exotic: 1}, 'absent-member': {crit: ['exotic']},
    'number-entry': {crit: [1]}, 'empty-entry': {crit: ['']}, 'exp': {crit: ['exp'], exp: 1},
    'rfc7515-appendix-e': {crit: ['http://example.com/UNDEFINED'], 'http://example.com/UNDEFINED': true},
  }, 'no extension is understood', 'crit');
  row.refuse('rfc7515-appendix-e-none', 'with alg none, as printed there: crit is judged first', 'crit',
    {header: {alg: 'none', crit: ['http://example.com/UNDEFINED'], 'http://example.com/UNDEFINED': true}}, {doubtful: true});

  row = group('T-HDR-07', 'rs256');
  refuseEach(row, {'b64-false': {b64: false}, 'b64-false-crit': {b64: false, crit: ['b64']}, 'b64-true': {b64: true}, 'b64-true-crit': {b64: true, crit: ['b64']}},
    'RFC 7797 §7: not in JWTs');
  row.refuse('b64-false-crit-raw', 'the payload as it is, its dots escaped: no base64url', 'malformed',
    {header: {b64: false, crit: ['b64']}, parts: (h) => [h, texts({}).payload.replaceAll('.', '\\u002e')]});
  row = group('T-HDR-08', 'rs256');
  refuseEach(row, {zip: {zip: 'DEF'}}, 'compression is for JWE');
  refuseEach(row, {enc: {enc: 'A256GCM'}, p2c: {p2c: 2147483648}, p2s: {p2s: 'AAAA'}, epk: {epk: publicJwk('p256')}, apu: {apu: 'AA'}, apv: {apv: 'AA'}, iv: {iv: 'AAAA'}, tag: {tag: 'AAAA'}},
    'a parameter of JWE');
  refuseEach(row, {'cty-JWT': {cty: 'JWT'}, 'cty-jwt': {cty: 'jwt'}, 'cty-json': {cty: 'application/json'}, 'cty-empty': {cty: ''}}, 'nothing is nested here');

  row = group('T-HDR-09', 'rs256');
  const jwe = (header, middle = b64(Buffer.alloc(256, 5))) => [b64(json(header)), middle, b64(Buffer.alloc(12, 1)), b64(token()), b64(Buffer.alloc(16, 2))].join('.');
  row.text('dir', 'direct encryption: the second part is empty', 'not_jws', jwe({alg: 'dir', enc: 'A256GCM'}, ''));
  row.text('RSA-OAEP', 'encrypted to our public key', 'not_jws', jwe({alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT', kid: 'k1'}));
  row.text('PBES2', 'p2c of 2^31', 'not_jws', jwe({alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2147483648, p2s: 'AAAA'}));
  row.text('zip', 'a compressed bomb', 'not_jws', jwe({alg: 'dir', enc: 'A256GCM', zip: 'DEF'}, b64(Buffer.alloc(32))));

  row = group('HDR-IGNORED', 'rs256');
  row.accept('nonce', 'no special treatment', {header: {nonce: 'abc'}});
  row.accept('replicated-claims', 'claims in the header are never read (RFC 7519 §5.3)', {header: {iss: 'https://evil.example.com/', sub: 'x', aud: 'y'}});
  row.accept('unknown-member', 'anything else is ignored', {header: {x: {y: [1, 2, 3]}}});

  row = group('T-ALG-MISMATCHED-KID', 'rs256', {key: 'k2'}, 'the second key of the set');
  row.refuse('k1-under-k2', 'kid of k2, signed by k1', 'bad_signature', {kid: 'k2', key: 'k1'});
}

// --- keys and kids (§2, §8)

function keySets() {
  const sets = [
    ['use-enc', 'for encryption', [publicJwk('k1', {kid: 'k1', use: 'enc'}), k2], 'unknown_kid'],
    ['key-ops-encrypt', 'for encryption', [publicJwk('k1', {kid: 'k1', key_ops: ['encrypt']}), k2], 'unknown_kid'],
    ['key-ops-empty', 'for nothing', [publicJwk('k1', {kid: 'k1', key_ops: []}), k2], 'unknown_kid'],
    ['key-ops-string', 'key_ops must be an array', [publicJwk('k1', {kid: 'k1', key_ops: 'verify'}), k2], 'unknown_kid'],
    ['key-ops-twice', 'key_ops must be distinct', [publicJwk('k1', {kid: 'k1', key_ops: ['verify', 'verify']}), k2], 'unknown_kid'],
    ['use-and-key-ops-disagree', 'use sig, key_ops encrypt', [publicJwk('k1', {kid: 'k1', use: 'sig', key_ops: ['encrypt']}), k2], 'unknown_kid'],
    ['key-ops-verify', 'for verification', [publicJwk('k1', {kid: 'k1', key_ops: ['verify']}), k2], 'ok'],
    ['use-and-key-ops', 'for verification, said twice', [publicJwk('k1', {kid: 'k1', use: 'sig', key_ops: ['verify']}), k2], 'ok'],
    ['unknown-kty-first', 'an unknown type is skipped', [{kty: 'AKP', kid: 'k1', alg: 'ML-DSA-44', pub: 'AAAA'}, k1, k2], 'ok'],
    ['no-kty-first', 'an entry without kty is skipped', [{kid: 'k1', n: k1.n, e: k1.e}, k1], 'ok'],
    ['null-entry', 'null is skipped', [null, k1], 'ok'],
    ['string-and-number-entries', 'whatever is no object is skipped', ['k1', 1, [], k1], 'ok'],
    ['unknown-members', 'further members are ignored', [{...k1, x: {y: 1}, ext: true, 'x5t': 'AAAA', x5u: 'https://evil.example.com/'}], 'ok'],
    ['duplicate-kid-wrong-first', 'two RSA keys of one kid: neither is used', [publicJwk('stranger', {kid: 'k1'}), k1, k2], 'unknown_kid'],
    ['duplicate-kid-wrong-second', 'in either order', [k1, publicJwk('stranger', {kid: 'k1'}), k2], 'unknown_kid'],
    ['no-kid-in-jwk', 'a key without kid is not the one that the token names', [publicJwk('k1'), k2], 'unknown_kid'],
    ['n-leading-zero', 'one zero octet in front of n is tolerated', [{...k1, n: b64(Buffer.concat([Buffer.alloc(1), unb64(k1.n)]))}, k2], 'ok'],
    ['n-two-leading-zeros', 'two are not', [{...k1, n: b64(Buffer.concat([Buffer.alloc(2), unb64(k1.n)]))}, k2], 'unknown_kid'],
    ['e-leading-zero', 'e must be minimal', [{...k1, e: 'AAEAAQ'}, k2], 'unknown_kid'],
    ['n-padded', 'padded base64url', [{...k1, n: `${k1.n}==`}, k2], 'unknown_kid'],
    ['n-other-spelling', 'non-zero unused bits', [{...k1, n: otherSpelling(k1.n)}, k2], 'unknown_kid'],
    ['n-missing', 'no modulus', [{...k1, n: undefined}, k2], 'unknown_kid'],
    ['e-number', 'e must be text', [{...k1, e: 65537}, k2], 'unknown_kid'],
    ['private', 'a private member', [{...k1, d: keys.k1.d}, k2], 'unknown_kid'],
    ['private-prime', 'one prime is enough', [{...k1, p: keys.k1.p}, k2], 'unknown_kid'],
    ['alg-unknown', 'an algorithm that nobody knows', [{...k1, alg: 'RS999'}, k2], 'unknown_kid'],
    ['alg-of-other-type', 'ES256 on an RSA key', [{...k1, alg: 'ES256'}, k2], 'unknown_kid'],
    ['alg-number', 'alg must be text', [{...k1, alg: 256}, k2], 'unknown_kid'],
    ['kid-number', 'kid must be text', [{...k1, kid: 1}, k2], 'unknown_kid'],
    ['kty-lower-case', 'rsa is not RSA', [{...k1, kty: 'rsa'}, k2], 'unknown_kid'],
    ['x5c-agrees', 'the certificate holds the same key', [{...k1, x5c: [keys.k1_certificate.replace(/-----[^-]+-----|\s/g, '')]}, k2], 'ok'],
    ['x5c-disagrees', 'the certificate holds another key', [{...k1, x5c: [keys.k2_certificate.replace(/-----[^-]+-----|\s/g, '')]}, k2], 'unknown_kid'],
    ['x5c-rubbish', 'no certificate at all', [{...k1, x5c: ['AAAA']}, k2], 'unknown_kid'],
  ];
  const usual = JSON.parse(JSON.stringify(accessClaims));
  for (const [variant, why, list, expect] of sets) {
    const where = config(`jwks-${variant}`, {jwks: {keys: JSON.parse(JSON.stringify(list))}});
    add('JWKS', variant, why, where, token({claims: usual}), expect, expect === 'ok' ? {} : {twin: 'T-ALG-01/twin'});
  }
  const oct = config('jwks-oct', jwks({kty: 'oct', kid: 'k1', k: b64(keys.secret)}, k2));
  add('JWKS', 'oct-HS256', 'a secret from a JWKS is skipped, and HS256 is not listed', oct, token({alg: 'HS256', key: 'secret', kid: 'k1'}), 'alg_not_allowed', {twin: 'BASE-HS256/twin'});
  add('JWKS', 'oct-RS256', 'the kid of a secret', oct, token(), 'unknown_kid', {twin: 'T-ALG-01/twin'});

  const p256 = publicJwk('p256', {kid: 'p256'});
  const flipped = {...p256, y: b64(Buffer.from(unb64(p256.y)).map((byte, i) => (i === 31 ? byte ^ 1 : byte)))};
  for (const [variant, why, jwk, expect] of [
    ['ec-off-curve', 'the point is not on the curve', flipped, 'unknown_kid'],
    ['ec-x-33-octets', 'x with a zero octet in front', {...p256, x: b64(Buffer.concat([Buffer.alloc(1), unb64(p256.x)]))}, 'unknown_kid'],
    ['ec-x-31-octets', 'x cut', {...p256, x: b64(unb64(p256.x).subarray(1))}, 'unknown_kid'],
    ['ec-zero', 'the point (0,0)', {...p256, x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32))}, 'unknown_kid'],
    ['ec-no-crv', 'no curve is assumed', {...p256, crv: undefined}, 'unknown_kid'],
    ['ec-private', 'a private member', {...p256, d: keys.p256.d}, 'unknown_kid'],
    ['ec-other-curve-name', 'P-384 over coordinates of P-256', {...p256, crv: 'P-384'}, 'unknown_kid'],
    ['ec-good', 'accepted: the point as it is', p256, 'ok'],
  ]) {
    const where = config(`jwks-${variant}`, {algorithms: ['ES256', 'RS256'], jwks: {keys: [JSON.parse(JSON.stringify(jwk)), k1]}});
    add('JWKS', variant, why, where, token({alg: 'ES256', key: 'p256'}), expect, expect === 'ok' ? {} : {twin: 'JWKS/ec-good'});
  }
  const twoTypes = config('jwks-one-kid-two-types', {algorithms: ['RS256', 'ES256'], ...jwks(publicJwk('k1', {kid: 'shared'}), publicJwk('p256', {kid: 'shared'}))});
  add('JWKS', 'one-kid-two-types-ES256', 'RSA and EC may share a kid (RFC 7517 §4.5)', twoTypes, token({alg: 'ES256', key: 'p256', kid: 'shared'}), 'ok');
  add('JWKS', 'one-kid-two-types-RS256', 'RSA and EC may share a kid (RFC 7517 §4.5)', twoTypes, token({kid: 'shared'}), 'ok');

  const oneKey = jwks(k1);
  const missing = {kid: undefined};
  add('KID', 'missing-refused', 'no kid, one key, not allowed', config('one-key', oneKey), token(missing), 'unknown_kid', {twin: 'KID/one-key'});
  add('KID', 'one-key', 'accepted: the same with its kid', 'one-key', token(), 'ok');
  const allowed = config('one-key-kid-optional', {...oneKey, allow_missing_kid: true});
  add('KID', 'missing-allowed', 'no kid, one key, allowed', allowed, token(missing), 'ok');
  add('KID', 'wrong-though-optional', 'a kid that is there must fit', allowed, token({kid: 'k9'}), 'unknown_kid', {twin: 'KID/missing-allowed'});
  const two = config('two-keys-kid-optional', {allow_missing_kid: true});
  add('KID', 'missing-two-keys', 'no kid, two keys that fit: never try them all', two, token(missing), 'unknown_kid', {twin: 'KID/two-keys'});
  add('KID', 'two-keys', 'accepted: the same with its kid', two, token(), 'ok');
  const mixed = config('rsa-and-ec-kid-optional', {algorithms: ['RS256', 'ES256'], allow_missing_kid: true, ...jwks(k1, publicJwk('p256', {kid: 'p256', alg: 'ES256'}))});
  add('KID', 'missing-one-fits', 'no kid, two keys, one fits the algorithm', mixed, token(missing), 'ok');

  const pem = config('pem-certificate', {pem: keys.k1_certificate});
  add('KID', 'pem-no-kid', 'a static key needs no kid', pem, token(missing), 'ok');
  add('KID', 'pem-any-kid', 'and ignores the token\'s', pem, token({kid: 'whatever'}), 'ok');
  add('KID', 'pem-other-key', 'signed with another key', pem, token({key: 'k2'}), 'bad_signature', {twin: 'KID/pem-no-kid'});
  add('KID', 'pem-HS256', 'the PEM text as HMAC secret', pem, token({alg: 'HS256', sign: hmac(keys.k1_certificate, 'sha256'), ...missing}), 'alg_not_allowed', {twin: 'KID/pem-no-kid'});
}

// --- 3.4 Claims and confusion

function claims() {
  let row = group('T-CLM-01', 'rs256');
  for (const [variant, iss] of Object.entries({missing: undefined, 'no-final-slash': ISSUER.slice(0, -1), 'upper-case-host': 'https://TENANT.example.com/',
    prefix: 'https://tenant.example.co', longer: `${ISSUER}x`, 'second-slash': `${ISSUER}/`, http: ISSUER.replace('https', 'http'), array: [ISSUER], object: {iss: ISSUER},
    null: null, number: 1, empty: '', 'trailing-space': `${ISSUER} `, 'trailing-nul': `${ISSUER}\0`, port: 'https://tenant.example.com:443/', user: 'https://x@tenant.example.com/'})) {
    row.refuse(variant, 'the issuer is compared octet by octet', 'bad_iss', {payload: {iss}});
  }

  row = group('T-CLM-02', 'rs256');
  for (const [variant, aud] of Object.entries({missing: undefined, 'empty-array': [], empty: '', object: {0: API}, null: null, number: 1, 'nested-array': [[API]], 'mixed-types': [API, 1],
    'mixed-null': [API, null], longer: `${API}x`, shorter: API.slice(0, -1), 'final-slash': `${API}/`, 'no-scheme': 'api.example.com', case: 'https://API.example.com', list: `${API} https://x`,
    others: ['https://x', 'https://y'], 'empty-text-in-array': ['']})) {
    row.refuse(variant, 'the audience is exact and typed', 'bad_aud', {payload: {aud}});
  }
  row.accept('array-of-one', 'an array', {payload: {aud: [API]}});
  row.accept('array-with-userinfo', 'what Auth0 sends with openid', {payload: {aud: [API, `${ISSUER}userinfo`]}});
  row.accept('array-last', 'wherever it stands', {payload: {aud: ['https://x', 'https://y', API]}});
  row.accept('array-of-32', '32 audiences', {payload: {aud: [...Array.from({length: 31}, (_, i) => `a${i}`), API]}});
  row.refuse('array-of-33', '33 audiences', 'too_large', {payload: {aud: [...Array.from({length: 32}, (_, i) => `a${i}`), API]}}, {doubtful: true});
  row = group('T-CLM-02-two', config('two-audiences', {audiences: ['https://first.example.com', API]}));
  row.accept('first', 'either will do', {payload: {aud: 'https://first.example.com'}});
  row.refuse('neither', 'none of the two', 'bad_aud', {payload: {aud: 'https://second.example.com'}});

  dates();

  const idToken = config('id-token', {profile: 'id-token', audiences: [CLIENT]});
  row = group('T-CLM-05', 'rs256');
  row.refuse('id-token', 'an ID token for an API', 'wrong_token_type', {claims: idClaims});
  row.refuse('id-token-for-api', 'an ID token that names the API as audience', 'wrong_token_type', {claims: idClaims, payload: {aud: [CLIENT, API]}});
  row.refuse('id-token-without-nonce', 'nothing marks it but the audience', 'bad_aud', {claims: idClaims, payload: {nonce: undefined}});
  row = group('T-CLM-05-reverse', idToken, {claims: idClaims});
  row.refuse('access-token', 'an access token where an ID token is expected', 'wrong_token_type', {claims: accessClaims});
  row.refuse('access-token-for-client', 'an access token that names the client as audience', 'wrong_token_type', {claims: accessClaims, payload: {aud: [CLIENT, API], azp: CLIENT}});
  row.refuse('at+jwt', 'an access token by its type', 'wrong_token_type', {header: {typ: 'at+jwt'}});

  row = group('T-CLM-06', idToken, {claims: idClaims});
  row.refuse('logout-token', 'same issuer, audience and key, with events', 'wrong_token_type',
    {payload: {nonce: undefined, exp: NOW + 120, jti: 'x', sid: 'y', events: logoutEvent}, header: {typ: undefined}});
  row.refuse('logout-token-typ', 'the same with its type', 'wrong_token_type',
    {payload: {nonce: undefined, exp: NOW + 120, jti: 'x', sid: 'y', events: logoutEvent}, header: {typ: 'logout+jwt'}});
  row = group('T-CLM-06-access', 'rs256');
  row.refuse('events', 'a security event for an API', 'wrong_token_type', {payload: {events: logoutEvent}});

  const foreignTypes = ['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'oauth-authz-req+jwt', 'token-introspection+jwt', 'application/dpop+jwt', 'DPOP+JWT', 'JOSE', 'JWE', 'at', '', 'text/jwt'];
  row = group('T-CLM-07', 'rs256');
  for (const typ of foreignTypes) row.refuse(`typ-${typ || 'empty'}`, 'another kind of token', 'wrong_token_type', {header: {typ}});
  row.refuse('typ-number', 'a type that is no text', 'wrong_token_type', {header: {typ: 1}}, {doubtful: true});
  row.refuse('dpop-proof', 'a DPoP proof: it brings its key', 'header_forbidden', {alg: 'ES256', key: 'p256', kid: undefined, header: {typ: 'dpop+jwt', jwk: publicJwk('p256')},
    claims: {jti: 'x', htm: 'GET', htu: 'https://api.example.com/orders', iat: NOW}});

  row = group('T-CLM-08', 'rs256');
  row.refuse('userinfo', 'a token for /userinfo only', 'bad_aud', {payload: {aud: `${ISSUER}userinfo`}});
  row.refuse('management-api', 'a token for the Management API', 'bad_aud', {payload: {aud: `${ISSUER}api/v2/`}});

  row = group('T-CLM-09', 'rs256');
  row.refuse('other-tenant', 'another tenant, own key, our kid', 'bad_iss', {key: 'stranger', kid: 'k1', payload: {iss: 'https://evil.example.com/'}});
  row.refuse('other-tenant-our-iss', 'the same with our iss', 'bad_signature', {key: 'stranger', kid: 'k1'});

  row = group('T-CLM-10', 'rs256');
  for (const [variant, payload] of Object.entries({'scope-array': {scope: ['read:orders']}, 'scope-number': {scope: 1}, 'scope-null': {scope: null}, 'permissions-string': {permissions: 'read:orders'},
    'permissions-object': {permissions: {}}, 'permissions-mixed': {permissions: ['read:orders', 1]}, 'org_id-number': {org_id: 1}, 'org_id-array': {org_id: ['org_1']}})) {
    row.refuse(variant, 'a claim that is used, of a wrong type', 'bad_claim', {payload});
  }
  const holds = (scopes, permissions = {}) => ({scopes, permissions});
  row.accept('scope-two', 'two scopes', {payload: {scope: 'read:orders write:orders'}}, holds({'read:orders': true, 'write:orders': true, 'read': false, 'read:orders write:orders': false, '': false}));
  row.accept('scope-doubled-spaces', 'empty pieces are ignored', {payload: {scope: '  read:orders   admin '}}, holds({'read:orders': true, admin: true, '': false}));
  row.accept('scope-tab', 'a tab does not separate', {payload: {scope: 'read:orders\tadmin'}}, holds({'read:orders': false, admin: false}));
  row.accept('scope-non-ascii', 'is no scope that anybody asks for', {payload: {scope: 'read:orders àdmin'}}, holds({'read:orders': true, admin: false}));
  row.accept('scope-longer', 'read:all is not read', {payload: {scope: 'read:all'}}, holds({read: false, 'read:all': true, all: false}));
  row.accept('scope-case', 'case counts', {payload: {scope: 'Read:Orders'}}, holds({'read:orders': false}));
  row.accept('scope-empty', 'no scope at all', {payload: {scope: ''}}, holds({'': false, 'read:orders': false}));
  row.accept('scope-missing', 'no claim at all', {payload: {scope: undefined}}, holds({'read:orders': false}));
  row.accept('permissions', 'permissions are their own claim', {payload: {scope: 'a', permissions: ['read:orders', 'admin']}}, holds({'read:orders': false, a: true}, {'read:orders': true, admin: true, a: false}));
  row.accept('permissions-with-space', 'an entry is not split', {payload: {permissions: ['read:orders admin']}}, holds({}, {admin: false, 'read:orders admin': true}));
  row.accept('permissions-empty', 'present and empty', {payload: {permissions: []}}, holds({}, {'read:orders': false}));

  row = group('T-CLM-11', 'rs256');
  for (const [variant, sub] of Object.entries({missing: undefined, number: 1, empty: '', null: null, array: ['auth0|ada'], object: {}})) {
    row.refuse(`sub-${variant}`, 'a subject is required, and text', 'bad_claim', {payload: {sub}});
  }
  row.accept('sub-of-client', 'a machine', {payload: {sub: 'app-one@clients', gty: 'client-credentials'}});

  row = group('CNF', 'rs256');
  const thumbprint = createHash('sha256').update('any').digest('base64url');
  row.accept('jkt', 'bound to a DPoP key: verify checks the shape only', {payload: {cnf: {jkt: thumbprint}}});
  row.accept('x5t', 'bound to a certificate', {payload: {cnf: {'x5t#S256': thumbprint}}});
  for (const [variant, cnf] of Object.entries({empty: {}, unknown: {kid: 'x'}, jwk: {jwk: publicJwk('p256')}, string: thumbprint, array: [thumbprint], null: null, 'jkt-number': {jkt: 1}, 'jkt-empty': {jkt: ''}})) {
    row.refuse(variant, 'cannot be confirmed', 'bad_claim', {payload: {cnf}});
  }

  profiles();
  clientLists();
}

function dates() {
  let row = group('T-CLM-03', 'rs256');
  const at = (seconds) => ({at: seconds});
  for (const [variant, exp] of Object.entries({missing: undefined, null: null, string: String(NOW + 3600), true: true, array: [NOW + 3600], negative: -1, '1e308': raw('1e308'),
    '2^63': raw('9223372036854775807'), '2^64': raw('18446744073709551616'), 'year-10000': 253402300800})) {
    row.refuse(`exp-${variant}`, 'no instant between 1970 and 9999', 'bad_claim', {payload: {exp}});
  }
  row.refuse('exp-1e400', 'a number without a finite value', 'bad_json', {payload: {exp: raw('1e400')}});
  row.refuse('exp-nan', 'not JSON', 'bad_json', {payload: {exp: raw('NaN')}});
  row.refuse('exp-0', 'zero is 1970, not "never"', 'expired', {payload: {exp: 0}});
  row.refuse('exp-past', 'an hour ago', 'expired', {payload: {iat: NOW - 7200, exp: NOW - 3600}});
  const now = {payload: {iat: NOW - 3600, exp: NOW}};
  row.accept('exp-now', 'leeway', now);
  row.accept('exp-leeway-last', 'the last millisecond of the leeway', now, at(NOW + 29.999));
  row.refuse('exp-leeway-over', 'at exp + leeway it has expired', 'expired', now, at(NOW + 30));
  row.refuse('exp-leeway-past', 'one second later', 'expired', now, at(NOW + 31));
  const fraction = {payload: {iat: NOW - 3600.25, exp: NOW + 0.5}};
  row.accept('exp-fraction', 'fractions count', fraction, at(NOW + 30.499));
  row.refuse('exp-fraction-over', 'to the millisecond', 'expired', fraction, at(NOW + 30.5));
  row.refuse('exp-below-millisecond', 'rounded down to the millisecond', 'expired', {payload: {iat: NOW - 3600, exp: raw(`${NOW - 30}.0005`)}});
  row.accept('exp-exponent', 'written with an exponent', {payload: {exp: raw('1.7672292e9')}});
  row.accept('exp-year-2264', 'beyond what nanoseconds in 64 bits can hold', {payload: {exp: 9300000000}});
  row.accept('exp-year-9999', 'the last second', {payload: {exp: 253402300799}});
  for (const [variant, iat] of Object.entries({missing: undefined, string: String(NOW), null: null, negative: -1})) {
    row.refuse(`iat-${variant}`, 'iat is required, and an instant', 'bad_claim', {payload: {iat}});
  }
  row.refuse('iat-future', 'issued in an hour', 'not_yet', {payload: {iat: NOW + 3600, exp: NOW + 7200}});
  row.accept('iat-leeway', 'issued in 30 s', {payload: {iat: NOW + 30}});
  row.refuse('iat-leeway-over', 'issued a millisecond later', 'not_yet', {payload: {iat: NOW + 30.001}});
  row.refuse('exp-equals-iat', 'no lifetime', 'bad_claim', {payload: {iat: NOW + 20, exp: NOW + 20}});
  row.refuse('exp-before-iat', 'a negative lifetime', 'bad_claim', {payload: {iat: NOW + 20, exp: NOW + 10}});
  row.accept('exp-just-after-iat', 'a millisecond of lifetime', {payload: {iat: NOW + 20, exp: NOW + 20.001}});

  row = group('T-CLM-04', 'rs256', {payload: {nbf: NOW - 60}});
  row.accept('nbf-leeway', 'valid in 30 s', {payload: {nbf: NOW + 30}});
  row.refuse('nbf-leeway-over', 'valid a millisecond later', 'not_yet', {payload: {nbf: NOW + 30.001}});
  row.refuse('nbf-hour', 'valid in an hour', 'not_yet', {payload: {nbf: NOW + 3600}});
  row.accept('nbf-hour-later', 'an hour later', {payload: {nbf: NOW + 3600}}, {at: NOW + 3570});
  row.refuse('nbf-year-2286', 'beyond what nanoseconds in 64 bits can hold', 'not_yet', {payload: {nbf: 10000000000}});
  row.refuse('nbf-1e18', 'no instant before the year 10000', 'bad_claim', {payload: {nbf: raw('1e18')}}, {doubtful: true});
  for (const [variant, nbf] of Object.entries({string: String(NOW), null: null, negative: -1, array: [NOW]})) {
    row.refuse(`nbf-${variant}`, 'not an instant', 'bad_claim', {payload: {nbf}});
  }

  row = group('LEEWAY-0', config('no-leeway', {leeway: 0}), now, 'a millisecond before exp');
  cases.at(-1).at = NOW - 0.001;
  row.refuse('exp-now', 'without leeway it has expired at exp', 'expired');
  row.refuse('iat-future', 'a millisecond in the future', 'not_yet', {payload: {iat: NOW + 0.001}});
  row = group('LEEWAY-300', config('leeway-300', {leeway: 300}), now);
  row.accept('last', 'the last millisecond', {}, at(NOW + 299.999));
  row.refuse('over', 'exp + leeway', 'expired', {}, at(NOW + 300));
}

function profiles() {
  const remove = (name) => ({payload: {[name]: undefined}});
  // auth0-access
  let row = group('PROFILE-auth0-access', 'rs256');
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/JWT', 'Application/jwt']) row.accept(`typ-${typ ?? 'absent'}`, 'an access token may say so', {header: {typ}});
  row.refuse('typ-application-twice', 'the prefix counts once', 'wrong_token_type', {header: {typ: 'application/application/jwt'}});
  for (const [name, value] of Object.entries({nonce: 'n', at_hash: 'h', c_hash: 'h', events: {}})) {
    row.refuse(`has-${name}`, 'the mark of another kind of token', 'wrong_token_type', {payload: {[name]: value}});
  }
  for (const name of ['sub', 'exp', 'iat']) row.refuse(`no-${name}`, 'required', 'bad_claim', remove(name));
  row.accept('no-azp', 'not required', remove('azp'));
  row.accept('no-jti', 'not required', {payload: {jti: undefined}});

  // rfc9068
  const rfc9068 = config('rfc9068', {profile: 'rfc9068'});
  row = group('PROFILE-rfc9068', rfc9068, {claims: rfc9068Claims, header: {typ: 'at+jwt'}});
  for (const typ of ['AT+JWT', 'application/at+jwt']) row.accept(`typ-${typ}`, 'the same type', {header: {typ}});
  for (const typ of [undefined, 'JWT', 'application/jwt', 'dpop+jwt']) row.refuse(`typ-${typ ?? 'absent'}`, 'RFC 9068 §4: at+jwt only', 'wrong_token_type', {header: {typ}});
  for (const name of ['sub', 'exp', 'iat', 'client_id', 'jti']) row.refuse(`no-${name}`, 'required', 'bad_claim', remove(name));
  for (const [name, value] of Object.entries({client_id: 1, jti: 1})) row.refuse(`${name}-number`, 'must be text', 'bad_claim', {payload: {[name]: value}});
  for (const [name, value] of Object.entries({nonce: 'n', at_hash: 'h', c_hash: 'h', events: {}})) {
    row.refuse(`has-${name}`, 'the mark of another kind of token', 'wrong_token_type', {payload: {[name]: value}});
  }

  // id-token
  row = group('PROFILE-id-token', 'id-token', {claims: idClaims});
  for (const typ of [undefined, 'JWT', 'jwt']) row.accept(`typ-${typ ?? 'absent'}`, 'an ID token', {header: {typ}});
  for (const typ of ['at+jwt', 'logout+jwt']) row.refuse(`typ-${typ}`, 'not an ID token', 'wrong_token_type', {header: {typ}});
  for (const [name, value] of Object.entries({scope: 'openid', permissions: [], gty: 'password', events: {}, client_id: 'another'})) {
    row.refuse(`has-${name}`, 'the mark of another kind of token', 'wrong_token_type', {payload: {[name]: value}});
  }
  row.accept('client_id-equals-aud', 'the same client', {payload: {client_id: CLIENT}});
  for (const name of ['sub', 'exp', 'iat']) row.refuse(`no-${name}`, 'required', 'bad_claim', remove(name));
  row.accept('no-nonce', 'not required', remove('nonce'));
  row.accept('at_hash', 'usual in an ID token', {payload: {at_hash: 'h', c_hash: 'h', s_hash: 'h', sid: 's'}});
  row.accept('azp', 'azp is our client', {payload: {azp: CLIENT}});
  row.refuse('azp-other', 'azp is another client', 'bad_claim', {payload: {azp: 'another'}}, {doubtful: true});
  row.accept('aud-array', 'an array of one needs no azp', {payload: {aud: [CLIENT]}});
  row.accept('aud-two-azp', 'two audiences, azp is our client', {payload: {aud: [CLIENT, 'another'], azp: CLIENT}});
  row.refuse('aud-two-no-azp', 'two audiences need an azp', 'bad_claim', {payload: {aud: [CLIENT, 'another']}});
  row.refuse('aud-userinfo', 'the audience of an access token', 'bad_aud', {payload: {aud: [CLIENT, `${ISSUER}userinfo`], azp: CLIENT}}, {doubtful: true});
  row.refuse('aud-other', 'an ID token for another client', 'bad_aud', {payload: {aud: 'another'}});

  // generic
  const generic = config('generic', {profile: 'generic', types: ['JWT', 'custom+jwt']});
  row = group('PROFILE-generic', generic, {claims: genericClaims});
  for (const typ of ['jwt', 'application/jwt', 'custom+jwt', 'application/Custom+JWT']) row.accept(`typ-${typ}`, 'a listed type', {header: {typ}});
  row.refuse('typ-at+jwt', 'not listed', 'wrong_token_type', {header: {typ: 'at+jwt'}});
  row.refuse('typ-dpop+jwt', 'not listed', 'wrong_token_type', {header: {typ: 'dpop+jwt'}});
  row.refuse('typ-absent', 'a list is configured', 'wrong_token_type', {header: {typ: undefined}}, {doubtful: true});
  row.refuse('has-events', 'a security event', 'wrong_token_type', {payload: {events: logoutEvent}});
  row.refuse('no-exp', 'required', 'bad_claim', remove('exp'));
  row.accept('everything', 'marks of other kinds mean nothing here', {payload: {sub: 'x', iat: NOW, nonce: 'n', at_hash: 'h', scope: 's', client_id: 'c', jti: 'j'}});
  row.refuse('sub-number', 'not required, but text', 'bad_claim', {payload: {sub: 1}});
  row.refuse('iat-string', 'not required, but an instant', 'bad_claim', {payload: {iat: 'x'}});
  row.refuse('iat-future', 'not required, but not in the future', 'not_yet', {payload: {iat: NOW + 3600, exp: NOW + 7200}});

  // the original example's contract
  const original = config('original-example', {issuer: null, profile: 'id-token', audiences: [CLIENT], pem: keys.k1_certificate});
  row = group('PROFILE-unchecked-issuer', original, {claims: idClaims, kid: undefined});
  row.accept('other-issuer', 'whichever issuer holds the key', {payload: {iss: 'https://another.example.com/'}});
  row.accept('kid', 'the kid is ignored', {kid: 'abc'});
  row.refuse('other-key', 'signed by another', 'bad_signature', {key: 'k2'});
  row.refuse('other-audience', 'for another client', 'bad_aud', {payload: {aud: 'another'}});
  row.refuse('expired', 'two hours old', 'expired', {payload: {iat: NOW - 7200, exp: NOW - 3600}});
  row.refuse('access-token', 'not an ID token', 'wrong_token_type', {claims: accessClaims});
  row.refuse('HS256-with-certificate', 'the certificate as HMAC secret', 'alg_not_allowed', {alg: 'HS256', sign: hmac(keys.k1_certificate, 'sha256')});
}

function clientLists() {
  const row = group('CLIENTS', config('clients', {clients: ['app-one', 'app-two']}));
  row.accept('azp-second', 'azp is listed', {payload: {azp: 'app-two'}});
  row.accept('client_id', 'client_id is listed', {payload: {azp: undefined, client_id: 'app-two'}});
  row.accept('both-equal', 'both say the same', {payload: {azp: 'app-one', client_id: 'app-one'}});
  row.refuse('both-differ', 'both listed, but not equal', 'bad_claim', {payload: {azp: 'app-one', client_id: 'app-two'}});
  row.refuse('azp-other', 'not listed', 'bad_claim', {payload: {azp: 'app-three'}});
  row.refuse('client_id-other', 'not listed', 'bad_claim', {payload: {azp: undefined, client_id: 'app-three'}});
  row.refuse('case', 'case counts', 'bad_claim', {payload: {azp: 'App-One'}});
  row.refuse('neither', 'no client named', 'bad_claim', {payload: {azp: undefined}});
  row.refuse('azp-number', 'not text', 'bad_claim', {payload: {azp: 1}});
  row.refuse('azp-array', 'not text', 'bad_claim', {payload: {azp: ['app-one']}});
}

// --- which fault is named when there are two

function order() {
  const row = group('ORDER', 'rs256');
  const late = {iat: NOW - 7200, exp: NOW - 3600};
  const forged = {key: 'stranger', kid: 'k1'};
  row.refuse('too_large-malformed', 'too many dots behind what is looked at: the size comes first', 'too_large', {payload: {x: 'a'.repeat(9000)}, whole: (t) => `${t}.${t}`});
  row.refuse('malformed-bad_json', 'shape before JSON', 'malformed', {payloadText: 'no JSON', signature: (s) => `${s}=`});
  row.refuse('header_forbidden-crit', 'forbidden parameters before crit', 'header_forbidden', {header: {jku: 'https://x', crit: ['x'], x: 1}}, {doubtful: true});
  row.refuse('header_forbidden-alg', 'forbidden parameters before alg', 'header_forbidden', {header: {jku: 'https://x', alg: 'none'}}, {doubtful: true});
  row.refuse('header_forbidden-bad_iss', 'header before issuer', 'header_forbidden', {header: {zip: 'DEF'}, payload: {iss: 'x'}});
  row.refuse('bad_iss-alg', 'issuer before its list of algorithms', 'bad_iss', {alg: 'PS256', payload: {iss: 'x'}});
  row.refuse('bad_iss-bad_signature', 'issuer before signature', 'bad_iss', {...forged, payload: {iss: 'x'}});
  row.refuse('alg_not_allowed-unknown_kid', 'algorithm before key', 'alg_not_allowed', {alg: 'PS256', kid: 'k9'});
  row.refuse('unknown_kid-bad_signature', 'key before signature', 'unknown_kid', {key: 'stranger', kid: 'k9'});
  row.refuse('bad_signature-wrong_token_type', 'signature before type', 'bad_signature', {...forged, header: {typ: 'dpop+jwt'}});
  row.refuse('bad_signature-bad_aud', 'signature before audience', 'bad_signature', {...forged, payload: {aud: 'x'}});
  row.refuse('bad_signature-expired', 'signature before time', 'bad_signature', {...forged, payload: late});
  row.refuse('wrong_token_type-bad_aud', 'type before audience', 'wrong_token_type', {header: {typ: 'dpop+jwt'}, payload: {aud: 'x'}});
  row.refuse('bad_aud-bad_claim', 'audience before other claims', 'bad_aud', {payload: {aud: 'x', sub: 1}});
  row.refuse('bad_aud-expired', 'audience before time', 'bad_aud', {payload: {aud: 'x', ...late}});
  row.refuse('bad_claim-expired', 'types before time', 'bad_claim', {payload: {sub: 1, ...late}});
  row.refuse('expired-not_yet', 'exp before nbf', 'expired', {payload: {...late, nbf: NOW + 3600}});
}

export function tokenVectors() {
  algorithms();
  baselines();
  signatures();
  encoding();
  headers();
  keySets();
  claims();
  order();
  for (const {id, expect, twin} of cases) {
    if (expect !== 'ok' && !cases.some((other) => other.id === twin && other.expect === 'ok')) throw new Error(`${id} has no accepted twin`);
  }
  return {comment: 'Made by generate.mjs from keys.json; see README.md. Do not edit.', now: NOW, configs, cases};
}
