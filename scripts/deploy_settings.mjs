// Whose tokens the deployed authorizer accepts, and what the page must know: from secrets.json and public_key (the
// original example's files, in the repository's root) and the environment, which wins.
//   node scripts/deploy_settings.mjs FOLDER TEMPLATE environment|bundle [NAME=VALUE…]
//       writes FOLDER/parameters.json for the AWS CLI (with PARAMETERS and NAME=VALUE) and FOLDER/site.json.
//       "bundle": its portcullis.yaml names the issuers, so the functions get no AUTH0_ variables (both: an init error).
//   node scripts/deploy_settings.mjs --site SITE.json PUBLIC PRIVATE      prints the page's config.json
//   node scripts/deploy_settings.mjs --dashboard CONFIG.json              prints what belongs into the Auth0 dashboard
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

const names = ['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_AUDIENCE'];
const mostKeyBytes = 3000;  // of the 4 KB that a function's variables may have together
export const sitePort = Number(process.env.PORT || 8000);  // the address that Auth0 must know: fixed

class Wrong extends Error {}  // its message is for the person

function readSecrets() {
  if (!existsSync('secrets.json')) return {};
  let secrets;
  try {
    secrets = JSON.parse(readFileSync('secrets.json', 'utf8'));
  } catch {  // the parser's message would quote the file
    throw new Wrong('secrets.json is not JSON: compare it with deploy/secrets.example.json.');
  }
  for (const name of names)
    if (secrets?.[name] !== undefined && typeof secrets[name] !== 'string') throw new Wrong(`${name} in secrets.json must be a text.`);
  return secrets ?? {};
}

function readPublicKey() {
  const text = process.env.AUTH0_CLIENT_PUBLIC_KEY || (existsSync('public_key') ? readFileSync('public_key', 'utf8') : '');
  if (/PRIVATE KEY/.test(text)) throw new Wrong('public_key holds a private key: put the certificate there (Auth0: your application, Advanced Settings, Certificates).');
  if (text && !/^\s*-----BEGIN (CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----/.test(text))
    throw new Wrong('public_key holds no PEM certificate: download it (Auth0: your application, Advanced Settings, Certificates), or remove the file if you use AUTH0_AUDIENCE.');
  if (Buffer.byteLength(text) > mostKeyBytes) throw new Wrong(`public_key is larger than ${mostKeyBytes} bytes: one certificate is enough.`);
  return text.trim();
}

function readIdentity() {
  const secrets = readSecrets();
  const identity = Object.fromEntries(names.map((name) => [name, (process.env[name] || secrets[name] || '').trim()]));
  for (const [name, value] of Object.entries(identity))
    if (/^your-/.test(value)) throw new Wrong(`${name} is still the example's placeholder: put yours into secrets.json.`);
  identity.AUTH0_DOMAIN = identity.AUTH0_DOMAIN.replace(/^https:\/\//, '').replace(/\/+$/, '');
  return {...identity, publicKey: readPublicKey()};
}

// All of them, always: what an update leaves out keeps the value that it had.
const nobody = {Auth0Domain: '', Auth0Audience: '', Auth0ClientId: '', Auth0ClientPublicKey: ''};

/** The template's parameters for these identities: access tokens, or the original example's ID tokens. */
function tokenParameters({AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_AUDIENCE, publicKey}) {
  if (AUTH0_AUDIENCE && publicKey)
    throw new Wrong('AUTH0_AUDIENCE (access tokens) and public_key (ID tokens) exclude each other: remove public_key, or leave AUTH0_AUDIENCE out.');
  if (AUTH0_AUDIENCE) {
    if (!AUTH0_DOMAIN) throw new Wrong('AUTH0_AUDIENCE needs AUTH0_DOMAIN, your tenant (such as example.eu.auth0.com).');
    return {...nobody, Auth0Domain: AUTH0_DOMAIN, Auth0Audience: AUTH0_AUDIENCE};
  }
  if (publicKey) {
    if (!AUTH0_CLIENT_ID) throw new Wrong('public_key needs AUTH0_CLIENT_ID, in secrets.json: the client whose ID tokens are accepted.');
    return {...nobody, Auth0Domain: AUTH0_DOMAIN, Auth0ClientId: AUTH0_CLIENT_ID, Auth0ClientPublicKey: publicKey};
  }
  throw new Wrong('nothing says whose tokens are accepted: set AUTH0_DOMAIN and AUTH0_AUDIENCE (in secrets.json or the environment), or give the original\'s secrets.json with public_key, or bundle a portcullis.yaml.');
}

const pair = (word) => {
  const [, name, value] = /^([A-Za-z0-9]+)=(.*)$/s.exec(word) ?? [];
  if (!name) throw new Wrong(`PARAMETERS: "${word}" is not NAME=VALUE.`);
  return [name, value];
};

function allParameters(template, issuers, words) {
  const known = [.../^Parameters:\n((?:(?: .*)?\n)+)/m.exec(readFileSync(template, 'utf8'))[1].matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
  const identity = readIdentity();
  const wished = (process.env.PARAMETERS ?? '').split(/\s+/).filter(Boolean).map(pair);
  if (wished.some(([name]) => name === 'ApiKeyValue')) throw new Wrong('PARAMETERS stands in the process list: give ApiKeyValue as the variable PORTCULLIS_API_KEY.');
  const parameters = {
    ...(issuers === 'bundle' ? nobody : tokenParameters(identity)),
    ...(process.env.PORTCULLIS_API_KEY ? {ApiKeyValue: process.env.PORTCULLIS_API_KEY} : {}),
    ...Object.fromEntries([...wished, ...words.map(pair)]),
  };
  for (const name of Object.keys(parameters))
    if (!known.includes(name)) throw new Wrong(`${path.basename(template)} has no parameter ${name}; it has ${known.join(', ')}.`);
  return {identity, parameters};
}

function write(folder, template, issuers, ...words) {
  const {identity: {publicKey, ...site}, parameters} = allParameters(template, issuers, words);
  const list = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ParameterKey, ParameterValue}));
  writeFileSync(path.join(folder, 'parameters.json'), JSON.stringify(list), {mode: 0o600});
  writeFileSync(path.join(folder, 'site.json'), JSON.stringify(site));
}

function site(file, PUBLIC_ENDPOINT, PRIVATE_ENDPOINT) {
  const config = {...JSON.parse(readFileSync(file, 'utf8')), PUBLIC_ENDPOINT, PRIVATE_ENDPOINT};
  process.stdout.write(JSON.stringify(config, null, 2) + '\n');
}

function dashboard(file) {
  const {AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_AUDIENCE} = JSON.parse(readFileSync(file, 'utf8'));
  const origin = `http://localhost:${sitePort}`;
  const missing = Object.entries({AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_AUDIENCE}).filter(([, value]) => !value).map(([name]) => name);
  console.log(`the page is in build/site; make site shows it at ${origin}/

In the Auth0 dashboard${AUTH0_DOMAIN ? ` of ${AUTH0_DOMAIN}` : ''}, paste:
  Applications > ${AUTH0_CLIENT_ID || 'your application'} > Settings (type: Single Page Application)
    Allowed Callback URLs   ${origin}/
    Allowed Logout URLs     ${origin}/
    Allowed Web Origins     ${origin}
  Applications > APIs
    Identifier              ${AUTH0_AUDIENCE || '(yours; it becomes AUTH0_AUDIENCE)'}
    Signing Algorithm       RS256
    Allow Offline Access    on
    Enable RBAC             on, with Add Permissions in the Access Token, where your rules ask for permissions`);
  if (missing.length) console.log(`\nthe page cannot log in yet: put ${missing.join(' and ')} into secrets.json, then make deploy again.`);
}

const [first, ...rest] = process.argv.slice(2);
try {
  if (first === '--site') site(...rest);
  else if (first === '--dashboard') dashboard(...rest);
  else write(first, ...rest);
} catch (error) {
  if (!(error instanceof Wrong)) throw error;
  console.error(`deploy: ${error.message}`);
  process.exitCode = 2;
}
