// Starts the programs under test, keeps what they print for the search for leaked tokens, and ends them.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const build = process.env.PORTCULLIS_BUILD ?? path.join(root, 'build/release');
export const binary = (name) => path.join(build, name);

const output = process.env.PORTCULLIS_TEST_OUTPUT;
const testName = path.basename(process.argv[1] ?? 'test', '.mjs');
let started = 0;

/** Appends to a log that the leak search reads; nothing without PORTCULLIS_TEST_OUTPUT. */
function keep(log, text) {
  if (!output) return;
  mkdirSync(output, {recursive: true});
  appendFileSync(path.join(output, `${log}.log`), text);
}

/** Text that a test read elsewhere (a function's log file, say), for the leak search. */
export const keepOutput = (name, text) => keep(`${testName}-${name}`, text);

/** The environment of a test: nothing of ours leaks in from outside. */
export function environment(more) {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AUTH0_|PORTCULLIS_|AWS_|_HANDLER|XDG_|NODE_)/.test(name)));
  return {...inherited, ...more};
}

export const deadline = (milliseconds, what) =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds).unref());

/** @returns what `promise` gives, if it does so in time */
export const within = (milliseconds, what, promise) => Promise.race([promise, deadline(milliseconds, what)]);

const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** One running program, its output by lines. */
export class Program {
  constructor(name, args, {env = {}, cwd, detached = false, stdin = 'ignore'} = {}) {
    this.log = `${testName}-${path.basename(name)}-${++started}`;
    this.child = spawn(name.includes('/') ? name : binary(name), args, {env: environment(env), cwd, detached, stdio: [stdin, 'pipe', 'pipe']});
    living.add(this.child);
    this.lines = [];
    this.partial = {stdout: '', stderr: ''};
    this.listeners = new Set();
    for (const stream of ['stdout', 'stderr']) {
      this.child[stream].setEncoding('utf8').on('data', (text) => this.#take(stream, text));
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      living.delete(this.child);
      this.#wake();
      return {code, signal};
    });
  }

  get pid() {
    return this.child.pid;
  }
  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  #take(stream, text) {
    keep(this.log, text);
    const parts = (this.partial[stream] + text).split('\n');
    this.partial[stream] = parts.pop();
    this.lines.push(...parts);
    this.#wake();
  }

  #wake() {
    for (const listener of [...this.listeners]) listener();
  }

  /** The first line from number `from` on that `wanted` (a pattern or function) takes. */
  line(wanted, {from = 0, milliseconds = 10_000} = {}) {
    const matches = typeof wanted === 'function' ? wanted : (line) => wanted.test(line);
    const search = new Promise((resolve, reject) => {
      const look = () => {
        const found = this.lines.slice(from).find(matches);
        if (found !== undefined) resolve(found);
        else if (!this.running) reject(new Error(`${this.log} ended without the line ${wanted}; it said ${this.lines.length} lines`));
        else return;
        this.listeners.delete(look);
      };
      this.listeners.add(look);
      look();
    });
    return within(milliseconds, `line ${wanted} of ${this.log}`, search);
  }

  async stop(signal = 'SIGTERM') {
    if (this.running) this.child.kill(signal);
    try {
      return await within(5_000, `end of ${this.log}`, this.ended);
    } catch (error) {
      this.child.kill('SIGKILL');
      throw error;
    }
  }
}

/**
 * Runs a program to its end. `input` is text or an iterable of pieces; With `secret` what it prints to stdout (a token
 * that was asked for) is not kept for the leak search, with `secret: 'all'` nothing of it: the test itself looks.
 * @returns {Promise<{code, signal, stdout, stderr}>}
 */
export async function run(name, args, {env = {}, cwd, input = '', secret = false, milliseconds = 60_000} = {}) {
  const child = spawn(name.includes('/') ? name : binary(name), args, {env: environment(env), cwd, stdio: 'pipe'});
  living.add(child);
  const text = {stdout: [], stderr: []};
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (bytes) => text[stream].push(bytes));
  child.stdin.on('error', () => {});  // a program may stop reading early
  const feeding = feed(child, input);
  try {
    const [code, signal] = await within(milliseconds, `${path.basename(name)} ${args[0]}`, once(child, 'close'));
    await feeding;
    const result = {code, signal, stdout: Buffer.concat(text.stdout).toString(), stderr: Buffer.concat(text.stderr).toString()};
    if (!secret) keep(`${testName}-${path.basename(name)}`, result.stdout);
    if (secret !== 'all') keep(`${testName}-${path.basename(name)}`, result.stderr);
    return result;
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    living.delete(child);
  }
}

async function feed(child, input) {
  const closed = once(child, 'close').catch(() => {});
  for (const piece of typeof input === 'string' || Buffer.isBuffer(input) ? [input] : input) {
    if (child.exitCode !== null || child.stdin.destroyed) break;
    if (!child.stdin.write(piece)) await Promise.race([once(child.stdin, 'drain').catch(() => {}), closed]);
  }
  child.stdin.end();
}

/** An empty folder that goes when the test (or suite) `t` ends. */
export function temporaryFolder(after) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-test-'));
  after(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/**
 * For a suite: call it in the body of describe with node:test's `after`. What is given to the result from
 * `before` or a test is done at the suite's end, the last first. (An after() called in a before() ends with that.)
 */
export function endOf(after) {
  const todo = [];
  after(async () => {
    for (const end of todo.reverse()) await end();
  });
  return (end) => todo.push(end);
}
