// Tokens that are wrong in exactly one way, and what must come of them.
import {unsigned} from './token.js';

const scope = 'openid profile email read:orders';

/// `make` gets the session and the configuration; `orders` sends it there instead of the protected API.
/// `localOnly`: a real tenant has no parameter that asks for such a token.
export const breaks = [
  {
    id: 'break-expired',
    name: 'Expired token',
    what: 'A properly signed token whose time ended a minute ago.',
    expect: ['expired'],
    localOnly: true,
    make: (session, {audience}) => session.freshToken({audience, scope, lifetime: -60}),
  },
  {
    id: 'break-audience',
    name: 'Token for another audience',
    what: 'A good token of the same tenant and for the same person, made for another API.',
    expect: ['bad_aud'],
    make: (session, config) => session.freshToken({audience: otherAudience(config), scope: 'openid profile email'}),
  },
  {
    id: 'break-opaque',
    name: 'Token without audience',
    what: 'The login did not say for which API. The tenant then gives an opaque token, good for its own /userinfo only.',
    expect: ['not_jws'],
    make: (session) => session.freshToken({scope: 'openid profile email'}),
  },
  {
    id: 'break-alg-none',
    name: 'alg: none',
    what: 'Your real claims under a header that says “alg: none”, with the signature removed: anybody could write that. The missing signature is noticed before the alg is.',
    expect: ['alg_not_allowed', 'malformed'],
    make: async (session) => unsigned(await session.accessToken()),
  },
  {
    id: 'break-unknown-key',
    name: 'Signed by an unknown key',
    what: 'Right claims and a right signature, by a key that the tenant does not publish.',
    expect: ['unknown_kid'],
    localOnly: true,
    make: (session, {audience}) => session.freshToken({audience, scope, signing_key: 'unknown'}),
  },
  {
    id: 'break-id-token',
    name: 'ID token instead of the access token',
    what: 'The ID token tells this page who you are. Its audience is the page, not the API.',
    expect: ['bad_aud', 'wrong_token_type'],
    make: (session) => session.idToken(),
  },
  {
    id: 'break-permission',
    name: 'Token without the permission',
    what: 'A good token that was asked for without the scope read:orders, sent to the orders.',
    expect: ['insufficient_scope', 'forbidden'],
    orders: true,
    make: (session, {audience}) => session.freshToken({audience, scope: 'openid profile email'}),
  },
];

// Each Auth0 tenant has this second API; the local one has another.
const otherAudience = ({local, tenant}) => (local ? 'https://other.example.com' : `${tenant}/api/v2/`);

export const expectation = ({expect}) => `Expect: refused with ${expect.join(' or ')}.`;

/// What to say when the answer is there.
export function outcome({expect}, status, reason) {
  if (status === undefined) return 'The browser hid the answer, so there is nothing to compare.';
  if (status < 400) return 'Not as expected: it was let in. Look at the token below: is it really broken?';
  if (!reason) return `Refused with ${status}, as expected. This API does not publish its reasons.`;
  return expect.includes(reason) ? `As expected: refused with ${reason}.` : `Refused, but with ${reason} where ${expect.join(' or ')} was expected.`;
}
