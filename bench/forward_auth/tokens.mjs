// Access tokens of about 1,000 octets, as Auth0 gives them, each for another subject.
import {sign} from 'node:crypto';
import {privateKey} from '../../tests/vectors/signing.mjs';

export const issuer = 'https://example.eu.auth0.com/';
export const audience = 'https://api.example.com';

export function tokens(count) {
  const key = privateKey('k1');
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({alg: 'RS256', typ: 'at+jwt', kid: 'k1'});
  return Array.from({length: count}, (_, number) => {
    const claims = {iss: issuer, sub: `auth0|507f1f77bcf86cd7994${String(number).padStart(5, '0')}`,
      aud: [audience, `${issuer}userinfo`], iat: now - 60, exp: now + 36_000, azp: 'my_client_id_0123456789abcdef',
      scope: 'openid profile email read:orders', permissions: ['read:orders', 'write:orders', 'read:items', 'write:items', 'admin']};
    const message = `${header}.${part(claims)}`;
    return `${message}.${sign('sha256', message, key).toString('base64url')}`;
  });
}
