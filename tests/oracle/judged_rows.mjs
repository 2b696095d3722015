// The rows of the judges' table: what each is called, and which vector of tests/vectors/tokens.json it is.
// A row without a vector brings its configuration and its token. `keyed` rows are about choosing the key, which
// a verifier that is handed one key does not do.
import {readFileSync} from 'node:fs';

import {b64, hmac, keys} from '../vectors/signing.mjs';

export const {now, configs, cases} = JSON.parse(readFileSync(new URL('../vectors/tokens.json', import.meta.url), 'utf8'));
const base = configs.find(({name}) => name === 'rs256');
const {issuer, audiences} = base;

const hs256 = (secret, header = {}) => {
  const claims = {iss: issuer, sub: 'auth0|ada', aud: audiences[0], iat: now - 60, exp: now + 3600};
  const message = `${b64(JSON.stringify({alg: 'HS256', typ: 'JWT', ...header}))}.${b64(JSON.stringify(claims))}`;
  return `${message}.${b64(hmac(secret, 'sha256')(message))}`;
};
const secrets = {...base, jwks: undefined, algorithms: ['HS256']};
const ownRows = {
  'HS256 with a secret of 6 octets': {config: {...secrets, name: 'own-short-secret', secret: 'abcdef'}, token: hs256('abcdef')},
  'HS256 with a secret from the JWKS': {
    config: {...base, name: 'own-secret-in-jwks', algorithms: ['HS256'], jwks: {keys: [{kty: 'oct', kid: 's', alg: 'HS256', k: b64(keys.secret)}]}},
    token: hs256(keys.secret, {kid: 's'}),
  },
};

const vectors = {
  'baseline RS256': 'T-ALG-01/twin',
  'baseline ES256': 'BASE-ES256/twin',
  'baseline HS256 with a configured secret': 'BASE-HS256/twin',
  'baseline EdDSA': 'BASE-EdDSA/twin',
  'alg Ed25519 (RFC 9864), JWK alg Ed25519': 'BASE-Ed25519/twin',
  'alg EdDSA, JWK alg Ed25519, both allowed': 'EDDSA-NAMES/EdDSA-token-Ed25519-key',
  'alg EdDSA, JWK alg Ed25519, EdDSA allowed': 'EDDSA-NAMES-one-listed/EdDSA-token-Ed25519-key',
  'ES256K': 'T-ALG-07/ES256K',
  'baseline PS256, salt of 32 octets': 'BASE-PS256/twin',
  'PS256, salt of 20 octets': 'T-SIG-04/salt-20',
  'PS256, no salt': 'T-SIG-04/salt-0',
  'PS256, longest salt': 'T-SIG-04/salt-max',
  'RSA of 1024 bits': 'T-SIG-05-rsa-1024/weak',
  'signature padded with ==': 'T-ENC-01/padding-signature',
  'header padded with =, signed as sent': 'T-ENC-01/padding-header',
  'signature with non-zero unused bits': 'T-ENC-02/signature',
  'space inside the signature': 'T-ENC-01/space-in-signature',
  'newline inside the signature': 'T-ENC-01/lf-in-signature',
  'newline behind the token': 'T-ENC-01/trailing-lf',
  'signature padded with %3d%3d': 'T-ENC-01/padding-percent',
  'NUL behind the signature': 'T-ENC-01/nul-and-text',
  'trailing dot': 'T-ENC-03/trailing-dot',
  'leading dot': 'T-ENC-03/leading-dot',
  'doubled dot': 'T-ENC-03/doubled-dot',
  'space inside the payload, signed as sent': 'T-ENC-01/space-in-payload',
  'RS256, JWK without alg': 'T-ALG-05/twin',
  'RS512, JWK without alg, RS256 allowed': 'T-ALG-06-unnamed/RS512',
  'crit unknown': 'T-HDR-06/unknown',
  'crit an empty array': 'T-HDR-06/empty',
  'crit no array': 'T-HDR-06/string',
  'crit names alg': 'T-HDR-06/names-alg',
  'b64 false with crit, raw payload': 'T-HDR-07/b64-false-crit-raw',
  'b64 false without crit, encoded payload': 'T-HDR-07/b64-false',
  'b64 true with crit': 'T-HDR-07/b64-true-crit',
  'zip on a JWS': 'T-HDR-08/zip',
  'kid a number': 'T-HDR-04/kid-number',
  'kid missing, one key': 'KID/missing-refused',
  'kid missing, one key, `allow_missing_kid`': 'KID/missing-allowed',
  'kid missing, two keys': 'KID/missing-two-keys',
  'JWK without kid, token with one': 'JWKS/no-kid-in-jwk',
  'typ dpop+jwt': 'T-CLM-07/typ-dpop+jwt',
  'alg twice, none then RS256': 'T-ENC-05/alg',
  'sub twice': 'T-ENC-05/sub',
  'payload with NUL and more behind': 'T-ENC-06/payload-nul-and-json',
  'payload with a byte order mark': 'T-ENC-06/payload-bom',
  'payload with invalid UTF-8': 'T-ENC-06/payload-invalid-utf-8',
  'payload with a lone surrogate': 'T-ENC-06/payload-lone-high-surrogate',
  'payload nested 2500 deep': 'T-ENC-07/depth-2500',
  'ES256 signature of 65 octets': 'T-SIG-02/65-octets',
  'ES256 signature of 66 octets, r and s padded': 'T-SIG-02/66-octets',
  'ES256 with the other s (malleability)': 'T-SIG-01/r,n-s',
  'ES256 over a P-384 key, JWK without alg': 'T-ALG-07/ES256-on-P-384',
  'baseline ES384': 'BASE-ES384/twin',
  'baseline ES512': 'BASE-ES512/twin',
  'Ed448 under EdDSA': 'EDDSA-ED448/EdDSA',
  'JWK use enc': 'JWKS/use-enc',
  'JWK key_ops encrypt': 'JWKS/key-ops-encrypt',
  'JWKS with an unknown kty of the same kid first': 'JWKS/unknown-kty-first',
  'JWKS with an entry of the same kid without kty first': 'JWKS/no-kty-first',
  'JWKS with a null entry': 'JWKS/null-entry',
  'JWKS with one kid twice, the wrong key first': 'JWKS/duplicate-kid-wrong-first',
  'JWKS with one kid for RSA and EC': 'JWKS/one-kid-two-types-ES256',
  'JWK n with a leading zero octet': 'JWKS/n-leading-zero',
  'JWK n padded': 'JWKS/n-padded',
  'JWK point off the curve': 'JWKS/ec-off-curve',
  'JWK x with a leading zero octet': 'JWKS/ec-x-33-octets',
  'private JWK in the JWKS': 'JWKS/private',
  'exp missing': 'T-CLM-03/exp-missing',
  'exp a fraction': 'T-CLM-03/exp-fraction',
  'exp 0': 'T-CLM-03/exp-0',
  'exp 1e308': 'T-CLM-03/exp-1e308',
  'exp 1e400': 'T-CLM-03/exp-1e400',
  'exp 2^63': 'T-CLM-03/exp-2^63',
  'exp 2^64': 'T-CLM-03/exp-2^64',
  'exp in the year 2264': 'T-CLM-03/exp-year-2264',
  'nbf 1e18': 'T-CLM-04/nbf-1e18',
  'nbf in the year 2286': 'T-CLM-04/nbf-year-2286',
  'iat in an hour': 'T-CLM-03/iat-future',
  'iat a string': 'T-CLM-03/iat-string',
  'aud an array that has the API': 'T-CLM-02/array-with-userinfo',
  'aud an array of mixed types': 'T-CLM-02/mixed-types',
  'aud with a final slash': 'T-CLM-02/final-slash',
  'sub a number': 'T-CLM-11/sub-number',
  'signature in the standard alphabet': 'T-ENC-01/standard-alphabet',
  'space in front of the token': 'T-ENC-01/leading-space',
  'four parts': 'T-ENC-03/four-parts',
  'empty signature, alg RS256': 'T-ALG-01/rs256-empty-signature',
  'two parts': 'T-ENC-03/two-parts',
  'alg none, no signature': 'T-ALG-01/none-empty-signature',
  'alg None': 'T-ALG-02/None',
  'alg missing': 'T-ALG-03/missing',
  'alg rs256 in lower case': 'T-ALG-03/lower-case',
  'alg an array': 'T-ALG-03/array',
  'RS512, JWK alg RS256': 'T-ALG-06/RS512',
  'HS256 keyed with the RSA key\'s PEM': 'T-ALG-04/pem',
  'jwk of the attacker in the header': 'T-HDR-01/jwk-of-attacker',
  'kid unknown': 'T-HDR-04/kid-unknown',
  'header with text behind the JSON': 'T-ENC-06/header-trailing-text',
  'payload a JSON array': 'T-ENC-06/payload-array',
  'ES256 with r = s = 0': 'T-SIG-01/r=0,s=0',
  'ES256 with r = s = n': 'T-SIG-01/r=n,s=n',
  'ES256 signature as DER': 'T-SIG-02/DER',
  'HS256 tag cut to 16 octets': 'T-SIG-06/16-octets',
  'exp in the past': 'T-CLM-03/exp-past',
  'exp a string': 'T-CLM-03/exp-string',
  'exp null': 'T-CLM-03/exp-null',
  'exp negative': 'T-CLM-03/exp-negative',
  'exp NaN': 'T-CLM-03/exp-nan',
  'nbf in an hour': 'T-CLM-04/nbf-hour',
  'nbf a string': 'T-CLM-04/nbf-string',
  'iss without its final slash': 'T-CLM-01/no-final-slash',
  'iss with an upper-case host': 'T-CLM-01/upper-case-host',
  'iss an array': 'T-CLM-01/array',
  'iss missing': 'T-CLM-01/missing',
  'aud a nested array': 'T-CLM-02/nested-array',
  'aud an object': 'T-CLM-02/object',
  'aud longer than the API\'s': 'T-CLM-02/longer',
  'aud missing': 'T-CLM-02/missing',
};
const keyed = /^(JWKS?\b|private JWK|kid )|^alg EdDSA, JWK|with a secret from the JWKS$/;

const fromVector = (id) => {
  const found = cases.find((one) => one.id === id);
  if (!found) throw new Error(`no vector ${id}`);
  return {vector: id, token: found.token, at: found.at, expect: found.expect, config: configs.find(({name}) => name === found.config)};
};

/** Each row: name, config, token, at, keyed; vector and expect where it is one of the vectors. */
export const rows = [
  ...Object.entries(vectors).map(([name, id]) => ({name, ...fromVector(id)})),
  ...Object.entries(ownRows).map(([name, row]) => ({name, at: now, ...row})),
].map((row) => ({...row, keyed: keyed.test(row.name)}));
