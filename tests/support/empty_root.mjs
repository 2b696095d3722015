// A file system that holds a bundle and next to nothing else, and bootstrap started in it as Lambda starts it.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, copyFileSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Program} from './program.mjs';

/** Whether this is a user namespace with one user in it. */
export const oneUser = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)[2] === '1';
// Nobody owns nothing in there, so that only /tmp can be written to.
const asNobody = oneUser ? [] : ['--userspec=+65534:+65534', '--groups='];

/** What Lambda sets for provided.al2023 (gateway.md §1.3), and nothing else. */
const lambdaVariables = (api) => ({
  AWS_LAMBDA_RUNTIME_API: api.address,
  _HANDLER: 'authorizer',
  LAMBDA_TASK_ROOT: '/var/task',
  LAMBDA_RUNTIME_DIR: '/var/runtime',
  AWS_REGION: 'eu-west-1',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_LAMBDA_FUNCTION_NAME: 'authorizer',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/authorizer',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_SESSION_TOKEN: 'example',
  PATH: '/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  LD_LIBRARY_PATH: '/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib',
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
});

export class EmptyRoot {
  /** Unzips `bundle` into var/task below `folder`; `emulator` is a static program that runs it, or nothing. */
  constructor(folder, {bundle, nameServer, emulator}) {
    this.folder = folder;
    this.task = path.join(folder, 'var/task');
    for (const name of ['etc', 'tmp', 'var/task']) mkdirSync(path.join(folder, name), {recursive: true});
    chmodSync(folder, 0o755);
    chmodSync(path.join(folder, 'tmp'), 0o1777);
    writeFileSync(path.join(folder, 'etc/resolv.conf'), `nameserver ${nameServer.address}\noptions timeout:1 attempts:1\n`);
    const {status, stderr} = spawnSync('unzip', ['-q', bundle, '-d', this.task], {encoding: 'utf8'});
    if (status !== 0) throw new Error(`unzip ${bundle}: ${stderr}`);
    if (emulator) copyFileSync(emulator, path.join(folder, 'emulator'));
    this.command = emulator ? ['/emulator', '/var/task/bootstrap'] : ['/var/task/bootstrap'];
  }

  /** Puts these certificates where Amazon Linux has the platform's. */
  trust(file) {
    const place = path.join(this.folder, 'etc/pki/tls/certs');
    mkdirSync(place, {recursive: true});
    copyFileSync(file, path.join(place, 'ca-bundle.crt'));
  }

  start(t, api) {
    const variables = Object.entries(lambdaVariables(api)).map(([name, value]) => `${name}=${value}`);
    const program = new Program('/usr/bin/env', ['-i', ...variables, '/usr/sbin/chroot', ...asNobody, this.folder, ...this.command]);
    t.after(() => program.stop('SIGKILL'));
    return program;
  }

  /** Everything in it but /tmp, as text that differs when anything does. */
  contents() {
    const lines = [];
    const walk = (name) => {
      const full = path.join(this.folder, name);
      const of = lstatSync(full);
      const content = of.isFile() ? createHash('sha256').update(readFileSync(full)).digest('hex') : of.isSymbolicLink() ? readlinkSync(full) : '';
      lines.push([name, of.mode.toString(8), of.uid, of.mtimeMs, content].join(' '));
      if (of.isDirectory()) for (const entry of readdirSync(full).sort()) walk(path.join(name, entry));
    };
    for (const entry of readdirSync(this.folder).sort()) if (entry !== 'tmp') walk(entry);
    return lines.join('\n');
  }
}
