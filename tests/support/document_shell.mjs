// The shell of somebody who reads a document and types its commands, in a folder that looks like a clone after
// `make build`. What is built already, fetched or installed is not done again: these scripts do nothing here.
import {spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {freePort} from './proxies.mjs';
import {used} from './used_tokens.mjs';
import {binary, environment, keepOutput, root, within} from './program.mjs';
import {eventually} from './world.mjs';

const doneAlready = ['setup.sh', 'build.sh', 'page.sh'];
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

// Of the bundle only the names matter to somebody who deploys it.
const packing = `cd build && zip -q -j portcullis-lambda-"$ARCH".zip release/bootstrap $(ls ../portcullis.yaml 2>/dev/null)`;

function script(file, text) {
  writeFileSync(file, `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(file, 0o755);
}

/** The token command speaks to the world of this test, and what it gives is noted for the leak search. */
const portcullis = (folder) => `
if [[ \${1-} == token && -s ${folder}/tenant && " $* " != *" --tenant "* ]]; then
  set -- "$@" --tenant "$(<${folder}/tenant)"
  ${binary('portcullis')} "$@" | tee -a ${folder}/tokens
  exit "\${PIPESTATUS[0]}"
fi
exec ${binary('portcullis')} "$@"`;

function furnish(folder) {
  for (const name of ['scripts', 'build/release', 'home', 'bin']) mkdirSync(path.join(folder, name), {recursive: true});
  symlinkSync(path.join(root, 'Makefile'), path.join(folder, 'Makefile'));
  if (existsSync(path.join(root, 'deploy'))) symlinkSync(path.join(root, 'deploy'), path.join(folder, 'deploy'));
  for (const name of readdirSync(path.join(root, 'scripts')))
    if (![...doneAlready, 'package.sh'].includes(name)) symlinkSync(path.join(root, 'scripts', name), path.join(folder, 'scripts', name));
  for (const name of doneAlready) script(path.join(folder, 'scripts', name), 'exit 0');
  script(path.join(folder, 'scripts/package.sh'), packing);
  for (const name of ['portcullis-dev', 'bootstrap']) symlinkSync(binary(name), path.join(folder, 'build/release', name));
  script(path.join(folder, 'build/release/portcullis'), portcullis(folder));
  script(path.join(folder, 'bin/aws'), `printf '%s\\n' "$*" >>${folder}/calls-to-aws; exit 1`);
  writeFileSync(path.join(folder, 'home/.curlrc'), 'silent\nshow-error\n');  // as on a terminal: no meter in the output
  writeFileSync(path.join(folder, 'tokens'), '');
}

// Sources one command after another; behind its output stands its exit code, in the same pipe, so that nothing of the
// output comes later. Commands come by name, so that they may read their input.
const driver = `
while IFS= read -r -u 3 command; do
  . "$command" </dev/null
  printf '\\001%d\\001' $?
done`;
const end = /\x01(\d+)\x01$/;

const groups = new Set();
process.on('exit', () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch { /* it ended */ }
});

export class DocumentShell {
  #command = 0;
  #worlds = [];
  #places = new Map();  // of a server in the document: where it listens here

  constructor(folder) {
    this.folder = folder;
    furnish(folder);
    const inherited = Object.fromEntries(Object.entries(environment({})).filter(([name]) => !/^(MAKE|MFLAGS)/.test(name)));
    this.child = spawn('bash', ['--noprofile', '--norc', '-c', driver], {
      cwd: folder,
      env: {...inherited, HOME: path.join(folder, 'home'), PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`},
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
    this.child.stdout.setEncoding('utf8');
    this.closed = new Promise((_, reject) => this.child.once('close', () => reject(new Error('the shell ended'))));
    this.closed.catch(() => {});  // in the end it may
  }

  /** @returns {Promise<{code, output}>} of one command; localhost's ports 3000 and 3001 are those of the first world,
   *  and 9091 and 9092 free ones */
  async run(text, milliseconds = 30_000) {
    const file = path.join(this.folder, `command-${++this.#command}`);
    const [world] = this.#worlds;
    const places = world ? [['localhost:3000', world.api], ['localhost:3001', world.tenant]] : [];
    for (const place of ['127.0.0.1:9091', '127.0.0.1:9092']) if (text.includes(place)) places.push([place, await this.#instead(place)]);
    const typed = places.reduce((before, [shown, meant]) => before.replaceAll(shown, meant), text);
    writeFileSync(file, `{ ${typed}\n} 2>&1\n`);
    const ended = new Promise((resolve) => {
      let output = '';
      const take = (more) => {
        output += more;
        if (!end.test(output)) return;
        this.child.stdout.off('data', take);
        resolve({code: Number(end.exec(output)[1]), output: output.replace(end, '').replaceAll('\r', '')});
      };
      this.child.stdout.on('data', take);
    });
    this.child.stdio[3].write(`${file}\n`);
    const result = await within(milliseconds, text, Promise.race([ended, this.closed]));
    this.#noteTokens(result.output);
    return result;
  }

  async #instead(place) {
    if (!this.#places.has(place)) this.#places.set(place, `127.0.0.1:${await freePort()}`);
    return this.#places.get(place);
  }

  #noteTokens(output) {
    for (const token of output.match(jwt) ?? []) used(token);  // the tenant's answer to curl
    const file = path.join(this.folder, 'tokens');
    for (const token of readFileSync(file, 'utf8').split('\n').filter(Boolean)) used(token);
    writeFileSync(file, '');
    keepOutput('document', output.replace(jwt, '(a token)'));
  }

  /** Starts `make run …` as it is written, on free ports, and waits for `ready:`. */
  async startWorld(text) {
    const log = path.join(this.folder, `world-${this.#worlds.length + 1}.log`);
    const ports = '--port 0 --tenant-port 0';
    const command = text.includes('ARGS="') ? text.replace('ARGS="', `ARGS="${ports} `) : text.replace('make run', `make run ARGS="${ports}"`);
    const {output} = await this.run(`setsid ${command} >${log} 2>&1 & echo "group $!"`);
    const group = Number(/^group (\d+)$/m.exec(output)[1]);
    groups.add(group);
    const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await eventually(() => /^ready: /m.test(said()) || (/\*\*\* /.test(said()) && Promise.reject(new Error(said()))), `ready: of ${text}`, 20_000);
    const port = (word) => new RegExp(`^(?:${word}) .*localhost:(\\d+)`, 'm').exec(said())[1];
    this.#worlds.push({group, log, api: `localhost:${port('page')}`, tenant: `localhost:${port('tenant|stand-in')}`});
    if (this.#worlds.length === 1) writeFileSync(path.join(this.folder, 'tenant'), `http://${this.#worlds[0].tenant}`);
    return said().split('\n').filter((line) => !/^\d\d:\d\d:\d\d /.test(line)).join('\n');
  }

  /** Ends everything. @returns the calls to AWS that were made */
  async end() {
    for (const {group, log} of this.#worlds) {
      process.kill(-group, 'SIGTERM');
      await eventually(() => { try { return !process.kill(-group, 0); } catch { return true; } }, 'end of the world', 5_000);
      groups.delete(group);
      keepOutput('document-world', readFileSync(log, 'utf8'));
    }
    const logs = path.join(this.folder, 'home/.local/state/portcullis/logs');
    if (existsSync(logs)) for (const name of readdirSync(logs)) keepOutput(`document-${name}`, readFileSync(path.join(logs, name), 'utf8'));
    this.child.stdio[3].end();
    const calls = path.join(this.folder, 'calls-to-aws');
    return existsSync(calls) ? readFileSync(calls, 'utf8') : '';
  }
}
