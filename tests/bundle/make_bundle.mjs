// scripts/package.sh as the tests call it: into their own folder, never over the bundle that a person made.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {root, run} from '../support/program.mjs';

/** @param variables  ARCH, CONFIG, CA, KEYS … @returns {Promise<{code, stdout, stderr, zip}>} */
export async function runPackage(folder, name, variables, {cwd = folder} = {}) {
  const zip = path.join(folder, name);
  const result = await run(path.join(root, 'scripts/package.sh'), [], {cwd, env: {OUT: zip, ...variables}, milliseconds: 900_000});
  return {...result, zip};
}

/** @returns the path of the zip */
export async function makeBundle(folder, name, variables) {
  const {code, stderr, zip} = await runPackage(folder, name, {YES: '1', ...variables});
  assert.equal(code, 0, stderr.slice(-2_000));
  return zip;
}

/** Writes a configuration for one issuer, `name` in `folder`; with a `store`, of two orders an hour. @returns its path */
export function authorizerConfig(folder, issuer, {name = 'authorizer.yaml', more = '', store} = {}) {
  const limits = `limits:
  orders: { rate: 2/hour, by: principal }
store: ${store}
when_store_fails: deny
`;
  const file = path.join(folder, name);
  writeFileSync(file, `issuers:
  - issuer: ${issuer}
    jwks_uri: ${issuer}.well-known/jwks.json
    audience: https://api.example.com
    algorithms: [RS256]
    token: auth0-access
${more}routes:
  - route: "POST /api/private"
    access: authenticated
  - route: "GET /orders"
    access: { all: ["scope:read:orders"] }${store ? '\n    limit: [orders]' : ''}
default: deny
${store ? limits : ''}lambda: { cache: 60s }
`);
  return file;
}
