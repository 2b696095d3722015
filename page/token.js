// Reading a token for a person: nothing is verified here. That is portcullis' work.

/// @returns {kind: 'jwt', header, payload} or {kind: 'opaque', parts}
export function decode(token) {
  const parts = token.split('.');
  if (parts.length === 3) {
    try {
      const [header, payload] = parts.slice(0, 2).map(readPart);
      return {kind: 'jwt', header, payload};
    } catch {
      // three parts, but no JSON inside: as unreadable as any other text
    }
  }
  return {kind: 'opaque', parts: parts.length};
}

function readPart(part) {
  const read = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(fromBase64url(part)));
  if (read === null || typeof read !== 'object' || Array.isArray(read)) throw new TypeError('no object');
  return read;
}

function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function toBase64url(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/// The same claims under a header that says nobody signed them, and without a signature (RFC 7519 §6).
export function unsigned(token) {
  const claims = token.split('.')[1];
  return `${toBase64url('{"alg":"none","typ":"JWT"}')}.${claims}.`;
}

const span = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']];

/// `2 h 5 min 7 s`: the three largest units.
export function duration(seconds) {
  let left = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [size, unit] of span) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 3) break;
  }
  return parts.join(' ') || '0 s';
}

const moment = (seconds) => new Date(seconds * 1000).toLocaleString([], {dateStyle: 'medium', timeStyle: 'medium'});
const isTime = (value) => typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1e11;
const timed = (before) => (value) => (isTime(value) ? `${before} ${moment(value)}.` : 'Should be a number of seconds since 1970.');

function audienceSentence(value, {audience, clientId}) {
  const all = [value].flat();
  if (all.includes(audience)) return 'Audience: who the token is meant for. This API is named, as it must be.' + (all.some((one) => String(one).endsWith('/userinfo')) ? ' The other is the issuer’s own, for your profile.' : '');
  if (all.includes(clientId)) return 'Audience: this page’s client ID, not an API. That makes it an ID token, which tells the page who you are; an API must refuse it.';
  return 'Audience: another API than this one, so this one must refuse it.';
}

function subjectSentence(value) {
  if (String(value).endsWith('@clients')) return 'Subject: a machine that logged in with its own secret.';
  return 'Subject: the person, by the issuer’s own name for them. It stays when name or e-mail change.';
}

const partySentence = (value, {clientId}) =>
  `Authorized party: the application that asked for the token. ${value === clientId ? 'It is this page.' : 'It is not this page.'}`;

const claimSentences = {
  iss: () => 'Issuer: who made and signed the token. Compared letter by letter, final slash included.',
  sub: subjectSentence,
  aud: audienceSentence,
  azp: partySentence,
  client_id: partySentence,
  scope: () => 'Scope: what this page asked for and was granted. “read:orders” opens the orders; openid, profile and email are about you.',
  permissions: () => 'Permissions: all that you may do at this API, whatever was asked for.',
  iat: timed('Issued at: made on'),
  nbf: timed('Not before: valid from'),
  exp: timed('Expires: worthless after'),
  auth_time: timed('You entered your password on'),
  jti: () => 'The token’s own number; no two have the same.',
  gty: () => 'Grant type: how the token was obtained.',
  nonce: () => 'A number this page made up, to know that the token answers its own question.',
  sid: () => 'Your session at the issuer.',
  name: () => 'Your name.',
  nickname: () => 'Your short name.',
  given_name: () => 'Your first name.',
  family_name: () => 'Your family name.',
  email: () => 'Your e-mail address.',
  email_verified: () => 'Whether the issuer made sure that the address is yours.',
  picture: () => 'Where your picture is. This page does not load it.',
  updated_at: () => 'When the issuer last changed your profile.',
  at_hash: () => 'Ties the ID token to the access token that came with it.',
  cnf: () => 'Confirmation: the token is bound to a key or certificate, and worthless without it.',
  org_id: () => 'The organization you logged in for.',
  org_name: () => 'That organization’s name.',
};

const headerSentences = {
  alg: (value) => (value === 'none' ? 'Algorithm: none. Nobody signed this; never acceptable.' : 'Algorithm of the signature. portcullis accepts only configured ones, whatever the token says.'),
  kid: () => 'Key ID: which of the issuer’s published keys signed it.',
  typ: () => 'What kind of object this is.',
};

export function claimSentence(name, value, config) {
  return Object.hasOwn(claimSentences, name) ? claimSentences[name](value, config) : `A claim of the issuer’s own, “${name}”. It counts only where a rule names it.`;
}

export function headerSentence(name, value) {
  return Object.hasOwn(headerSentences, name) ? headerSentences[name](value) : `A header parameter, “${name}”.`;
}

export function valueText(value) {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ') || '(none)';
  return JSON.stringify(value);
}
