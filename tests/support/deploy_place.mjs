// A folder to deploy from, and an AWS on loopback to deploy to.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {account, AwsStandIn} from './aws_stand_in.mjs';
import {root, run, temporaryFolder} from './program.mjs';

export const ownBucket = `portcullis-${account}-eu-west-1`;
export const secrets = {AUTH0_DOMAIN: 'example.eu.auth0.com', AUTH0_CLIENT_ID: 'page-client', AUTH0_AUDIENCE: 'https://api.example.com'};

/** A clone with nothing but what deploying needs, a bundle and a page of its own, and an AWS of its own. */
export async function workplace(t, files = {'secrets.json': JSON.stringify(secrets)}) {
  const folder = temporaryFolder((end) => t.after(end));
  for (const name of ['Makefile', 'scripts', 'deploy']) cpSync(path.join(root, name), path.join(folder, name), {recursive: true});
  mkdirSync(path.join(folder, 'page-made'));
  mkdirSync(path.join(folder, 'tmp'));
  const write = (name, text, mode) => writeFileSync(path.join(folder, name), text, {mode});
  write('page-made/index.html', '<!doctype html><title>page</title>');
  for (const [name, text] of Object.entries(files)) write(name, text);
  const aws = await new AwsStandIn().start();
  t.after(() => aws.stop());
  const place = {folder, aws, write, read: (name) => readFileSync(path.join(folder, name), 'utf8')};
  place.bundle = (content = {bootstrap: 'program'}) => makeBundle(folder, content);
  place.bundle();
  place.environment = (more = {}) => ({PATH: '/usr/bin:/bin', HOME: folder, TMPDIR: path.join(folder, 'tmp'), AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-key', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', AWS_REGION: 'eu-west-1',
    PORTCULLIS_AWS_ENDPOINT: aws.url, PACKAGE: 'bundle.zip', PAGE: 'page-made', ...more});
  place.make = (words, more) => run('/usr/bin/make', words, {cwd: folder, env: place.environment(more), milliseconds: 120_000});
  return place;
}

function makeBundle(folder, content) {
  const from = path.join(folder, 'bundle');
  rmSync(from, {recursive: true, force: true});
  rmSync(path.join(folder, 'bundle.zip'), {force: true});
  mkdirSync(from);
  for (const [name, text] of Object.entries(content)) writeFileSync(path.join(from, name), text);
  execFileSync('zip', ['-qX', '../bundle.zip', ...Object.keys(content)], {cwd: from});
}

export const keyOf = ({folder}, stack = 'portcullis', architecture = 'x86_64') =>
  `${stack}/lambda-${architecture}-${createHash('sha256').update(readFileSync(path.join(folder, 'bundle.zip'))).digest('hex')}.zip`;
/** What a run forgot to remove. */
export const leftovers = ({folder}) => readdirSync(folder, {recursive: true}).filter((name) => /^tmp\/|\.new/.test(name));
