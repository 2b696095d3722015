// Signs tokens, good and hostile, with node:crypto alone. Nothing here uses randomness: ECDSA takes its
// nonce from RFC 6979, PSS its salt from a hash of the message. For test keys only.
import {constants, createECDH, createHash, createHmac, createPrivateKey, createPublicKey, privateDecrypt, sign} from 'node:crypto';
import {readFileSync} from 'node:fs';

export const keys = JSON.parse(readFileSync(new URL('keys.json', import.meta.url), 'utf8'));

export const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
export const unb64 = (text) => Buffer.from(text, 'base64url');
export const privateKey = (name) => createPrivateKey({key: keys[name], format: 'jwk'});
export const publicKey = (name) => createPublicKey({key: publicJwk(name), format: 'jwk'});

/** The public half of a test key with further members, as a JWKS would publish it. */
export function publicJwk(name, more = {}) {
  const {kty, crv, n, e, x, y} = keys[name];
  return JSON.parse(JSON.stringify({kty, crv, n, e, x, y, ...more}));
}

const toBig = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
export const toBytes = (number, length) => Buffer.from(number.toString(16).padStart(length * 2, '0'), 'hex');
const hashOf = (alg) => `sha${alg.slice(-3)}`;
const hash = (name, data) => createHash(name).update(data).digest();

// --- RSA

/** The private operation on a block that is already padded. */
const rsaRaw = (name, block) => privateDecrypt({key: privateKey(name), padding: constants.RSA_NO_PADDING}, block);

const digestInfo = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};
export const digestInfoOf = (hashName, data) => Buffer.concat([Buffer.from(digestInfo[hashName], 'hex'), hash(hashName, data)]);

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2), with parts to get wrong. */
export function pkcs1Block(length, info, {first = 0, type = 1, fill = 0xff, separator = 0, tail = Buffer.alloc(0), padding} = {}) {
  const room = length - 3 - info.length - tail.length;
  return Buffer.concat([Buffer.from([first, type]), Buffer.alloc(padding ?? room, fill), Buffer.from([separator]), info, tail]).subarray(0, length);
}

/** A PKCS#1 signature over a block built by `block(message)`. */
export const rsaOverBlock = (name, block) => (message) => rsaRaw(name, block(message));

function mgf1(hashName, seed, length) {
  const blocks = [];
  for (let i = 0; blocks.length * hash(hashName, '').length < length; ++i) blocks.push(hash(hashName, Buffer.concat([seed, toBytes(BigInt(i), 4)])));
  return Buffer.concat(blocks).subarray(0, length);
}

/** RSASSA-PSS (RFC 8017 §9.1.1) for a modulus of 8k bits, with parts to get wrong. */
export const pss = (name, hashName, {salt: saltLength, mgfHash = hashName, trailer = 0xbc} = {}) => (message) => {
  const size = unb64(keys[name].n).length;
  const digest = hash(hashName, message);
  const longest = size - digest.length - 2;
  const wanted = saltLength === 'max' ? longest : saltLength ?? digest.length;
  const salt = mgf1('sha256', hash('sha256', `salt ${message}`), wanted);
  const inner = hash(hashName, Buffer.concat([Buffer.alloc(8), digest, salt]));
  const block = Buffer.concat([Buffer.alloc(longest - wanted), Buffer.from([1]), salt]);
  const mask = mgf1(mgfHash, inner, block.length);
  for (let i = 0; i < block.length; ++i) block[i] ^= mask[i];
  block[0] &= 0x7f;
  return rsaRaw(name, Buffer.concat([block, inner, Buffer.from([trailer])]));
};

// --- ECDSA

const curves = {
  'P-256': {name: 'prime256v1', order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n},
  'P-384': {name: 'secp384r1', order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n},
  'P-521': {name: 'secp521r1', order: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n},
  'secp256k1': {name: 'secp256k1', order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n},
};
export const orderOf = (crv) => curves[crv].order;

function inverse(a, modulus) {
  let [r0, r1, t0, t1] = [modulus, a % modulus, 0n, 1n];
  while (r1) [r0, r1, t0, t1] = [r1, r0 % r1, t1, t0 - (r0 / r1) * t1];
  return ((t0 % modulus) + modulus) % modulus;
}

/** R‖S with the nonce of RFC 6979 §3.2. */
export const ecdsa = (name, hashName) => (message) => {
  const {crv, d} = keys[name];
  const {order, name: curve} = curves[crv];
  const bits = order.toString(2).length;
  const length = Math.ceil(bits / 8);
  const leftmost = (bytes) => toBig(bytes) >> BigInt(Math.max(0, bytes.length * 8 - bits));
  const digest = hash(hashName, message);
  const z = leftmost(digest) % order;
  const secret = unb64(d);
  const mac = (key, ...parts) => createHmac(hashName, key).update(Buffer.concat(parts)).digest();

  let v = Buffer.alloc(digest.length, 1);
  let key = Buffer.alloc(digest.length, 0);
  for (const byte of [0, 1]) {
    key = mac(key, v, Buffer.from([byte]), toBytes(toBig(secret), length), toBytes(z, length));
    v = mac(key, v);
  }
  for (;;) {
    let t = Buffer.alloc(0);
    while (t.length < length) t = Buffer.concat([t, v = mac(key, v)]);
    const k = leftmost(t.subarray(0, length));
    if (k > 0n && k < order) {
      const point = createECDH(curve);
      point.setPrivateKey(toBytes(k, length));
      const r = toBig(point.getPublicKey().subarray(1, 1 + length)) % order;
      const s = (inverse(k, order) * (z + r * toBig(secret))) % order;
      if (r && s) return Buffer.concat([toBytes(r, length), toBytes(s, length)]);
    }
    key = mac(key, v, Buffer.from([0]));
    v = mac(key, v);
  }
};

export const scalars = (signature) => [toBig(signature.subarray(0, signature.length / 2)), toBig(signature.subarray(signature.length / 2))];

/** A good R‖S as ASN.1 DER, as a careless signer sends it. */
export function ecdsaDer(signature) {
  const integer = (number) => {
    let hex = number.toString(16);
    if (hex.length % 2) hex = `0${hex}`;
    if (parseInt(hex.slice(0, 2), 16) > 127) hex = `00${hex}`;
    return Buffer.concat([Buffer.from([2, hex.length / 2]), Buffer.from(hex, 'hex')]);
  };
  const body = Buffer.concat(scalars(signature).map(integer));
  return Buffer.concat([Buffer.from(body.length > 127 ? [0x30, 0x81, body.length] : [0x30, body.length]), body]);
}

// --- the algorithms by their names

export const hmac = (secret, hashName) => (message) => createHmac(hashName, secret).update(message).digest();

/** The right signature for `alg` with that key. */
export function signer(name, alg) {
  if (alg.startsWith('HS')) return hmac(keys[name], hashOf(alg));
  if (alg.startsWith('PS')) return pss(name, hashOf(alg));
  if (alg.startsWith('ES')) return ecdsa(name, alg === 'ES256K' ? 'sha256' : hashOf(alg));
  if (alg.startsWith('RS')) return (message) => sign(hashOf(alg), message, privateKey(name));
  return (message) => sign(null, message, privateKey(name));  // EdDSA and its two new names
}
