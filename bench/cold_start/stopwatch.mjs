// One cold start: exec, `next`, the answer, and what the process had needed by then.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const launcher = fileURLToPath(new URL('../../build/bench/cold_start/unpacked/stamp_and_exec', import.meta.url));
const patience = 20_000;

const milliseconds = (nanoseconds) => Number(nanoseconds) / 1e6;

/** Time on a processor of all threads, in ns (proc(5)). */
function cpuTime(pid) {
  return readdirSync(`/proc/${pid}/task`).map((thread) => BigInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, one) => sum + one, 0n);
}

const peakKibibytes = (pid) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

/** Whether an answer is an Allow: a refusal is quicker, and no measurement. */
export function isAllow({kind, body}) {
  try {
    return kind === 'response' && JSON.parse(body).policyDocument.Statement.some((statement) => statement.Effect === 'Allow');
  } catch {
    return false;
  }
}

/** @returns {Promise<{next, decision, cpu, memory}>} ms since exec, ms of processor time, MiB */
export async function coldStart(name, command, environment, service, event) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-bench-'));
  const stamps = openSync(path.join(folder, 'stamps'), 'w+');
  const served = service.serve(event);
  const child = spawn(launcher, command, {env: {...environment, AWS_LAMBDA_RUNTIME_API: service.address}, cwd: '/', stdio: ['ignore', 'ignore', 'ignore', stamps]});
  const ended = once(child, 'exit');
  try {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`${name}: no answer within ${patience} ms`)), patience).unref());
    const died = ended.then(([code, signal]) => Promise.reject(new Error(`${name} ended (${signal ?? code}) without an answer`)));
    const answer = await Promise.race([served, died, late]);
    const cpu = cpuTime(child.pid);
    const memory = peakKibibytes(child.pid) / 1024;
    if (!isAllow(answer)) throw new Error(`${name} did not allow the token`);
    const stamp = Buffer.alloc(16);
    readSync(stamps, stamp, 0, 16, 0);
    const [cpuBefore, exec] = [stamp.readBigInt64LE(0), stamp.readBigInt64LE(8)];
    return {next: milliseconds(answer.asked - exec), decision: milliseconds(answer.answered - exec), cpu: milliseconds(cpu - cpuBefore), memory};
  } finally {
    child.kill('SIGKILL');
    await ended;
    closeSync(stamps);
    rmSync(folder, {recursive: true, force: true});
  }
}
