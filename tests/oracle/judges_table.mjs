// The judges' table of docs/judges.md: hostile and odd tokens before portcullis and before the verifiers of npm.
//   node tests/oracle/judges_table.mjs                        prints it
//   node tests/oracle/judges_table.mjs --write docs/judges.md writes it
import {createPublicKey} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {run} from '../support/program.mjs';
import {now, rows} from './judged_rows.mjs';

const versionOf = (name) => JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
const configs = [...new Map(rows.map(({config}) => [config.name, config])).values()];
const [A, R, notItsPart] = ['A', 'R', '–'];

/** What portcullis says of each row: one `verify --batch` a configuration. One that it refuses refuses its rows. */
export async function ourVerdicts() {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-judges-'));
  const verdicts = new Map();
  const judge = async (config, index) => {
    const own = rows.filter((row) => row.config === config);
    const input = own.map((row) => `${JSON.stringify({token: row.token, at: row.at})}\n`).join('');
    const {code, stdout, stderr} = await run('portcullis', ['verify', '--batch', ...flags(config, path.join(folder, `${index}`))], {input});
    if (code === 2) return own.forEach((row) => verdicts.set(row.name, {verdict: R, reason: 'configuration refused'}));
    if (code !== 0) throw new Error(`${config.name}: exit ${code}: ${stderr}`);
    return stdout.trimEnd().split('\n').forEach((line, i) => {
      const {valid, reason} = JSON.parse(line);
      verdicts.set(own[i].name, {verdict: valid ? A : R, reason});
    });
  };
  try {
    for (let i = 0; i < configs.length; i += 4) await Promise.all(configs.slice(i, i + 4).map((config, k) => judge(config, i + k)));
  } finally {
    rmSync(folder, {recursive: true});
  }
  return verdicts;
}

/** Keys alone go by flags; a secret and a kid that may be missing only by a configuration file. */
function flags({issuer, audiences, algorithms, profile, leeway, jwks, secret, allow_missing_kid: optional}, file) {
  if (jwks) writeFileSync(`${file}.jwks.json`, JSON.stringify(jwks));
  if (jwks && !optional) {
    return ['--jwks', `${file}.jwks.json`, '--issuer', issuer, '--audience', audiences[0], '--profile', profile, ...algorithms.flatMap((alg) => ['--alg', alg])];
  }
  if (secret) writeFileSync(`${file}.secret`, secret);
  const keys = secret ? {secret: `file:${file}.secret`} : {jwks_file: `${file}.jwks.json`, allow_missing_kid: true};
  const issuers = [{issuer, audience: audiences, algorithms, token: profile, leeway: `${leeway}s`, ...keys}];
  writeFileSync(`${file}.yaml`, JSON.stringify({issuers, routes: [], default: 'authenticated'}));
  return ['--config', `${file}.yaml`];
}

// --- the verifiers of npm, each set up as its documents say: issuer, audience, algorithms, leeway

async function joseJudge() {
  const {createLocalJWKSet, jwtVerify} = await import('jose');
  return async ({config, token, at}) => {
    const key = config.secret ? Buffer.from(config.secret) : createLocalJWKSet(config.jwks);
    await jwtVerify(token, key, {issuer: config.issuer, audience: config.audiences, algorithms: config.algorithms,
      clockTolerance: config.leeway, currentDate: new Date(at * 1000)});
  };
}

async function awsJudge() {
  const {JwtVerifier} = await import('aws-jwt-verify');
  return async ({config, token}) => {
    if (config.secret) throw new Error('no shared secrets');
    const verifier = JwtVerifier.create({issuer: config.issuer, audience: config.audiences, jwksUri: 'https://tenant.example.com/jwks', graceSeconds: config.leeway});
    verifier.cacheJwks(config.jwks);
    verifier.verifySync(token);
  };
}

async function jsonwebtokenJudge() {
  const {default: jsonwebtoken} = await import('jsonwebtoken');
  return async ({config, token, at, keyed}) => {
    if (keyed) return notItsPart;
    let key = config.secret;
    if (!key) {  // the caller finds the key: by the kid, else the only one
      const {kid} = jsonwebtoken.decode(token, {complete: true})?.header ?? {};
      const jwk = config.jwks.keys.find((one) => one.kid === kid) ?? config.jwks.keys[0];
      key = createPublicKey({key: jwk, format: 'jwk'});
    }
    jsonwebtoken.verify(token, key, {issuer: config.issuer, audience: config.audiences, algorithms: config.algorithms,
      clockTolerance: config.leeway, clockTimestamp: at});
    return undefined;
  };
}

async function expressJudge(address) {
  const {auth} = await import('express-oauth2-jwt-bearer');
  return async ({config, token}) => {
    const keys = config.secret ? {secret: config.secret} : {jwksUri: `${address}/${encodeURIComponent(config.name)}`};
    const middleware = auth({issuer: config.issuer, audience: config.audiences, tokenSigningAlg: config.algorithms[0], clockTolerance: config.leeway, ...keys});
    const headers = {host: 'api.example.com', authorization: `Bearer ${token}`};
    const request = {headers, method: 'GET', protocol: 'https', query: {}, originalUrl: '/', get: (name) => headers[name.toLowerCase()], is: () => false};
    const error = await new Promise((next) => middleware(request, {}, next));
    if (error) throw error;
  };
}

/** Two of them read the clock of the process: it stands at `at` meanwhile. */
async function atInstant(seconds, work) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      if (given.length) super(...given);
      else super(seconds * 1000);
    }
    static now() { return seconds * 1000; }
  };
  try {
    return await work();
  } finally {
    globalThis.Date = RealDate;
  }
}

async function theirVerdicts(judge) {
  const verdicts = new Map();
  for (const row of rows) {
    verdicts.set(row.name, await atInstant(row.at, async () => {
      try {
        return (await judge(row)) ?? A;
      } catch {
        return R;
      }
    }));
  }
  return verdicts;
}

async function table() {
  const server = createServer((request, response) => {
    const config = configs.find(({name}) => name === decodeURIComponent(request.url.slice(1)));
    response.end(JSON.stringify(config.jwks));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const judges = {
    'jose': await joseJudge(), 'aws-jwt-verify': await awsJudge(), 'jsonwebtoken': await jsonwebtokenJudge(),
    'express-oauth2-jwt-bearer': await expressJudge(`http://127.0.0.1:${server.address().port}`),
  };
  const columns = [];
  for (const judge of Object.values(judges)) columns.push(await theirVerdicts(judge));
  server.close();
  server.closeAllConnections();
  const ours = await ourVerdicts();
  const version = (await run('portcullis', ['version'])).stdout.split(/\s+/).find((word) => /^\d+\.\d+/.test(word));

  const names = Object.keys(judges);
  const escaped = (text) => text.replaceAll('|', '\\|');
  const lines = rows.map(({name}) => {
    const {verdict, reason} = ours.get(name);
    return `| ${escaped(name)} | ${columns.map((column) => column.get(name)).join(' | ')} | **${verdict}** | ${verdict === A ? '' : reason.includes(' ') ? reason : `\`${reason}\``} |`;
  });
  const accepted = (column) => rows.filter(({name}) => ours.get(name).verdict === R && column.get(name) === A).length;
  return `# How strict others are

The same tokens before portcullis and before four verifiers of npm. The clock stands at ${new Date(now * 1000).toISOString().slice(0, 10)}; every token has a valid signature over what was sent unless its row says otherwise, so an A in a row with a defect is leniency, not forgery.

**A** accepted, **R** refused, **–** not its part: the caller chooses the key. Each is set up with the issuer, the audience, the allowed algorithms and the leeway of the row, as far as it takes them: aws-jwt-verify takes no list of algorithms, express-oauth2-jwt-bearer one algorithm. \`configuration refused\`: no usable key is left for an algorithm that is allowed, or the secret is too short, so portcullis does not start.

This page is generated, never typed: \`node tests/oracle/judges_table.mjs --write docs/judges.md\`. The rows are vectors of \`tests/vectors/tokens.json\`, named in \`tests/oracle/judged_rows.mjs\`.

| | version | refused here, accepted there |
|---|---|---|
${names.map((name, i) => `| ${name} | ${versionOf(name)} | ${accepted(columns[i])} |`).join('\n')}
| portcullis | ${version} | |

| token | ${names.join(' | ')} | portcullis | reason |
|---|${names.map(() => '---|').join('')}---|---|
${lines.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--write');
  const text = await table();
  if (at < 0) process.stdout.write(text);
  else writeFileSync(process.argv[at + 1], text);
}
