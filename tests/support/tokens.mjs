// Tokens as a row of a table describes them: what differs from a good one.
import {b64, signer} from '../vectors/signing.mjs';
import {used} from './used_tokens.mjs';

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A compact JWS. A claim or header member that is undefined is left out. `sign` signs the message; else key and alg do. */
export function makeToken({header = {}, claims, key = 'k1', alg = 'RS256', sign = signer(key, alg)}) {
  const message = `${b64(JSON.stringify({alg, typ: 'JWT', ...header}))}.${b64(JSON.stringify(claims))}`;
  return used(`${message}.${b64(sign(message))}`);
}

export const issuer = 'https://example.eu.auth0.com/';
export const audience = 'https://api.example.com';

/** Claims of an Auth0 access token. */
export const accessClaims = (more = {}) =>
  ({iss: issuer, sub: 'auth0|u1', aud: audience, azp: 'demoClient', iat: nowSeconds() - 60, exp: nowSeconds() + 3600, scope: 'read:orders', ...more});

/** A good token with its last signature octets turned around: no other octets of it differ. */
export function withBadSignature(token) {
  const last = token.at(-3);
  return used(`${token.slice(0, -3)}${last === 'A' ? 'B' : 'A'}${token.slice(-2)}`);
}
