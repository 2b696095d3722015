#!/usr/bin/env node
// Rounds of redis-benchmark and of our client, one after the other, against one redis-server: rounds.mjs ROUNDS
// prints JSON. The server has one processor, whoever asks it has another. CLIENT is our client's path.
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:net';
import os from 'node:os';
import {createInterface} from 'node:readline';

const rounds = Number(process.argv[2]);
const client = process.env.CLIENT;
const questions = 100_000, underWay = 64, keys = 10_000;
/** Where it is allowed, other programs wait meanwhile. */
const alone = spawnSync('chrt', ['-f', '1', 'true']).status === 0 ? ['chrt', '-f', '1'] : [];
const on = (core) => [...alone, ...(os.cpus().length > 1 ? ['taskset', '-c', String(core)] : [])];
const say = (words) => execFileSync(words[0], words.slice(1)).toString();

const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const {port} = probe.address();
probe.close();
await once(probe, 'close');

const [program, ...words] = [...on(0), 'redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
const server = spawn(program, words, {cwd: os.tmpdir(), stdio: ['ignore', 'pipe', 'inherit']});
process.on('exit', () => server.kill('SIGKILL'));
for await (const line of createInterface({input: server.stdout})) if (line.includes('Ready to accept')) break;
server.stdout.resume();

const ours = () => JSON.parse(say([...on(1), client, String(port), String(questions), String(underWay), String(keys)]));
const hash = createHash('sha1').update(execFileSync(client, ['--script'])).digest('hex');
/** The same command: a key as long as ours, among as many. */
const theirs = (connections) => {
  const key = `pc:{${'0'.repeat(32)}}:${'0'.repeat(20)}__rand_int__`;
  const csv = say([...on(1), 'redis-benchmark', '-p', String(port), '-c', String(connections), '-P', String(underWay), '-n', String(questions), '-r', String(keys), '--csv',
    'EVALSHA', hash, '1', key, '0', '1', '1000', '1000000']);
  return Number(/","([\d.]+)"/.exec(csv.trim().split('\n').at(-1))[1]);
};

ours();  // warms up, and brings the script along
const measured = {alone: alone.length > 0, questions, underWay, keys, rounds: []};
for (let i = 0; i < rounds; ++i) {
  const one = theirs(1), many = theirs(50), {perSecond, processorMicroseconds} = ours();
  measured.rounds.push({one, many, ours: perSecond, processorMicroseconds});
}
const info = say(['redis-cli', '-p', String(port), 'info', 'commandstats']);
measured.serverMicroseconds = Number(/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(info)[1]);
measured.version = /v=(\S+)/.exec(say(['redis-server', '--version']))[1];
say(['redis-cli', '-p', String(port), 'flushall']);
const used = () => Number(/used_memory:(\d+)/.exec(say(['redis-cli', '-p', String(port), 'info', 'memory']))[1]);
const before = used();
ours();
measured.bytesPerKey = (used() - before) / keys;
process.stdout.write(`${JSON.stringify(measured)}\n`);
server.kill('SIGKILL');
