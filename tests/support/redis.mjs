// A real redis-server on a free port, without persistence, that goes with the test.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {temporaryFolder, within} from './program.mjs';

const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Redis {
  /** `tls` is an identity, {key, cert}: then it listens with TLS only, and has nothing to say to say(). */
  static async start(t, {tls} = {}) {
    const redis = new Redis();
    redis.folder = temporaryFolder(t.after.bind(t));
    for (const [name, text] of Object.entries(tls ?? {})) writeFileSync(path.join(redis.folder, name), text);
    redis.listening = (port) => (tls ? ['--port', '0', '--tls-port', port, '--tls-cert-file', 'cert', '--tls-key-file', 'key', '--tls-auth-clients', 'no', '--tls-ca-cert-file', 'cert'] : ['--port', port]);
    redis.port = await freePort();
    t.after(() => redis.kill());
    await redis.restart();
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** On the same port, with nothing in it. */
  async restart() {
    this.child = spawn('redis-server', [...this.listening(String(this.port)), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      {cwd: this.folder, stdio: ['ignore', 'pipe', 'inherit']});
    living.add(this.child);
    const said = createInterface({input: this.child.stdout});
    await within(10_000, 'redis-server', new Promise((resolve, reject) => {
      said.on('line', (line) => line.includes('Ready to accept') && resolve());
      this.child.on('error', reject).on('exit', () => reject(new Error('redis-server ended')));
    }));
  }

  async kill() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
    living.delete(this.child);
  }
  freeze() {
    this.child.kill('SIGSTOP');
  }
  thaw() {
    this.child.kill('SIGCONT');
  }

  /** Says one command; the answer as the server wrote it. */
  async say(command) {
    const socket = connect(this.port, '127.0.0.1');
    socket.end(`${command}\r\nQUIT\r\n`);
    let answer = '';
    for await (const piece of socket) answer += piece;
    return answer.replace(/\+OK\r\n$/, '');
  }
}
