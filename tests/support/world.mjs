// A local world for one test or suite: started on free ports, its start lines read, ended with its functions.
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {Program, keepOutput, run, within} from './program.mjs';
import {used} from './used_tokens.mjs';

/** Starts `portcullis dev`; `after` is the end of the test (t.after) or suite (node:test's after). */
export async function startWorld(after, {state, args = ['--port', '0', '--tenant-port', '0']}) {
  const program = new Program('portcullis', ['dev', ...args, '--state', state]);
  after(() => program.stop());
  await program.line(/^ready: /);
  const starting = [...program.lines];
  const said = (word) => starting.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length).trim());
  const world = {
    program,
    starting,
    page: said('page')[0],
    tenant: said('tenant')[0].split(/\s/)[0],
    tries: said('try'),
    logs: said('logs')[0],
    ready: starting.find((line) => line.startsWith('ready: ')).slice('ready: '.length),
  };
  world.api = `${world.ready}/dev/api/`;
  let calls = 0;
  world.call = (path, {token, method = 'GET', headers = {}} = {}) => {
    ++calls;
    return fetch(new URL(path, world.api), {method, headers: {...headers, ...(token ? {Authorization: `Bearer ${token}`} : {})}, signal: AbortSignal.timeout(10_000)});
  };
  world.token = async (...more) => {
    const result = await run('portcullis', ['token', '--tenant', world.tenant, ...more], {secret: true});
    if (result.code !== 0) throw new Error(`portcullis token ${more.join(' ')}: exit ${result.code}: ${result.stderr}`);
    return used(result.stdout.trim());
  };
  /** The line printed for the latest call: there is one for every call, in their order. */
  world.lineOfLastCall = () => {
    const requests = () => program.lines.filter((line) => /^\d\d:\d\d:\d\d /.test(line));
    return program.line(() => requests().length >= calls).then(() => requests()[calls - 1]);
  };
  world.decisions = () => {
    const text = readFileSync(`${world.logs}/authorizer.log`, 'utf8');
    keepOutput('authorizer', text);
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((line) => line.msg === 'decision');
  };
  return world;
}

const stat = (pid) => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {state, parent: Number(parent)};
  } catch {
    return null;
  }
};

/** Living children of a process with what they run and the handler they were started for. */
export function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const of = stat(pid);
      return of && of.parent === parent && of.state !== 'Z';
    })
    .map((pid) => {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      return {pid, program: readlinkSync(`/proc/${pid}/exe`), handler: environment.find((entry) => entry.startsWith('_HANDLER='))?.slice(9)};
    });
}

export const alive = (pid) => {
  const of = stat(pid);
  return of !== null && of.state !== 'Z';
};

/** Looks again and again, until `condition` gives something, at most for `milliseconds`. */
export async function eventually(condition, what, milliseconds = 5_000) {
  let over = false;
  const look = async () => {
    while (!over) {
      const found = await condition();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  try {
    return await within(milliseconds, what, look());
  } finally {
    over = true;
  }
}
