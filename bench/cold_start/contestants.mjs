// What is started: each from the same event, token and key, which it finds in its environment.
import {execFileSync} from 'node:child_process';
import {createPublicKey, sign} from 'node:crypto';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {keys, privateKey, publicJwk} from '../../tests/vectors/signing.mjs';
import {used} from '../../tests/support/used_tokens.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const built = fileURLToPath(new URL('../../build/bench/cold_start/unpacked/', import.meta.url));
const python = '/usr/bin/python3';  // the one that Debian's python3-jwt belongs to

const client = 'demoClientId00000000000000000000';
const issuer = 'https://example.eu.auth0.com/';
const arn = 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/POST/api/private';

/** A TOKEN event with an ID token as Auth0 gives it. */
export function makeEvent() {
  const now = Math.floor(Date.now() / 1000);
  const claims = {nickname: 'ada', name: 'ada@example.com', picture: 'https://example.com/ada.png', updated_at: '2026-01-01T00:00:00.000Z',
    email: 'ada@example.com', email_verified: true, iss: issuer, sub: 'auth0|5f7c8ec7c33c6c004bbafe82', aud: client, iat: now, exp: now + 36_000};
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const message = `${part({alg: 'RS256', typ: 'JWT', kid: 'k1'})}.${part(claims)}`;
  const token = used(`${message}.${sign('sha256', message, privateKey('k1')).toString('base64url')}`);
  return {type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn: arn};
}

const certificate = keys.k1_certificate;
const original = {_HANDLER: 'authorizer', AUTH0_CLIENT_ID: client, AUTH0_CLIENT_PUBLIC_KEY: certificate};
const node = {_HANDLER: 'authorizer', AUTH0_CLIENT_ID: client, ISSUER: issuer, JWKS: JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', alg: 'RS256', use: 'sig'})]})};
const pythonPackages = () => execFileSync(python, ['-c', 'import os, cryptography, jwt, _cffi_backend; print(*map(os.path.dirname, (cryptography.__file__, jwt.__file__)), _cffi_backend.__file__, sep="\\n")'])
  .toString().trim().split('\n');

/** `bundle()`: the files and folders that are uploaded beside what the platform has. */
export const contestants = {
  portcullis: {
    label: 'portcullis `bootstrap`',
    command: (bootstrap) => [bootstrap],
    environment: original,
    bundle: (bootstrap) => [bootstrap],
  },
  python: {
    label: 'Python, python3-jwt (bundle without interpreter and OpenSSL)',
    command: () => [python, '-B', path.join(here, 'python_authorizer/bootstrap.py')],
    environment: original,
    bundle: () => [path.join(here, 'python_authorizer'), ...pythonPackages()],
  },
  node: {
    label: 'Node, aws-jwt-verify (bundle without node)',
    command: () => [process.execPath, path.join(here, 'node_authorizer/bootstrap.mjs')],
    environment: node,
    bundle: () => [path.join(here, 'node_authorizer')],
  },
  node_require: {  // no gate is beside it: people who follow the library's README write `import`
    label: 'Node, aws-jwt-verify by `require`, in one file',
    command: () => [process.execPath, path.join(here, 'node_authorizer/by_require.cjs')],
    environment: node,
    bundle: () => [path.join(here, 'node_authorizer')],
  },
  bare_c: {
    label: 'bare C, the same libcrypto',
    command: () => [path.join(built, 'bare_c')],
    environment: {PUBLIC_KEY: createPublicKey(certificate).export({type: 'spki', format: 'pem'})},
    bundle: () => [path.join(built, 'bare_c')],
  },
};

/** The size of a zip of these, in bytes. */
export function zippedSize(paths) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-bench-'));
  try {
    const zip = path.join(folder, 'bundle.zip');
    for (const one of paths) execFileSync('zip', ['-q', '-X', '-9', '-r', zip, path.basename(one)], {cwd: path.dirname(one)});
    return statSync(zip).size;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
