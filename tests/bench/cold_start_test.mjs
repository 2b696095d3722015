// The measurement of cold starts measures: not how quick anything is, but that what it says follows from what it saw.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {binary, root, temporaryFolder} from '../support/program.mjs';
import {wholeRequest} from '../../bench/cold_start/lambda_service.mjs';
import {gates, judge, quantile, withSection} from '../../bench/cold_start/report.mjs';
import {isAllow} from '../../bench/cold_start/stopwatch.mjs';

const program = (decision, memory = 1) => ({next: decision / 2, decision, cpu: decision, memory});
const round = (mine, others) => ({portcullis: program(mine), python: program(others, 4), node: program(others, 4), bare_c: program(mine)});

const run = (bootstrap, ...words) => spawnSync(path.join(root, 'bench/cold_start/run'), words, {
  env: {...process.env, BOOTSTRAP: bootstrap}, encoding: 'utf8', timeout: 60_000,
});

test('one round of portcullis and of the bare C program gives numbers, a section and a verdict', (t) => {
  const file = path.join(temporaryFolder((end) => t.after(end)), 'measured.md');
  const {status, stdout, stderr} = run(binary('bootstrap'), '--rounds', '1', '--warm-up', '0', '--only', 'portcullis,bare_c', '--json', '--write', file);
  assert.ok(status === 0 || status === 1, stderr);
  const {programs, gates: judged, sizes, rounds} = JSON.parse(stdout);
  assert.equal(rounds.length, 1);
  for (const name of ['portcullis', 'bare_c']) {
    const {next, decision, cpu, memory} = programs[name];
    assert.ok(next.median > 0 && next.median < decision.median, `${name} decides after it asked`);
    assert.ok(cpu.median > 0 && memory.median > 0.1 && sizes[name] > 10_000);
  }
  assert.deepEqual(judged.map(({beside}) => beside), ['bare_c']);
  assert.equal(status, judged[0].passed ? 0 : 1);
  assert.match(readFileSync(file, 'utf8'), /^# Measured\n\n## Cold start\n\n- Commit [0-9a-f]{12}/);
});

test('a program that does not allow the token, or cannot be started, is no measurement', () => {
  for (const bootstrap of ['/bin/true', '/bin/ls']) {
    const {status, stdout, stderr} = run(bootstrap, '--rounds', '1', '--warm-up', '0', '--only', 'portcullis');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /portcullis ended \(\d+\) without an answer/);
  }
  assert.match(run('/no/such').stderr, /name the bootstrap to measure/);
  assert.match(run('/bin/true', '--rounds', '0').stderr, /--rounds is a number from 1/);
  assert.match(run('/bin/true', '--only', 'portcullis,nobody').stderr, /there is no program nobody/);
});

test('a gate passes at its bound and fails beyond it', () => {
  assert.deepEqual(gates.map(({beside, measure}) => `${measure} ${beside}`), ['decision python', 'decision node', 'decision bare_c', 'memory python', 'memory node']);
  const verdicts = (rounds) => judge(rounds).gates.map(({passed}) => passed);
  assert.deepEqual(verdicts([round(1, 30)]), [true, true, true, true, true]);
  assert.deepEqual(verdicts([round(1, 29.9)]), [false, true, true, true, true]);
  assert.deepEqual(verdicts([round(1, 24.9)]), [false, false, true, true, true]);
  const heavy = {...round(1, 30), portcullis: program(1, 1.01)};
  assert.deepEqual(verdicts([heavy]), [true, true, true, false, false]);
  assert.deepEqual(verdicts([{...round(1, 30), bare_c: program(0.66)}]), [true, true, false, true, true]);
});

test('a ratio is of one round, so a slow machine does not count', () => {
  const rounds = [round(1, 40), round(10, 400), round(1, 40), round(100, 4000), round(1, 40)];
  assert.ok(judge(rounds).gates.every(({passed}) => passed));
  assert.equal(judge(rounds).gates[0].ratio, 1 / 40);
});

test('quantiles lie between the nearest ranks', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([4, 1, 2, 3], 0.5), 2.5);
  assert.equal(quantile([10, 20], 0.1), 11);
  assert.equal(quantile([7], 0.9), 7);
});

test('only an Allow counts as a decision', () => {
  const policy = (Effect) => JSON.stringify({policyDocument: {Statement: [{Effect}]}});
  assert.ok(isAllow({kind: 'response', body: policy('Allow')}));
  for (const answer of [{kind: 'response', body: policy('Deny')}, {kind: 'error', body: policy('Allow')}, {kind: 'response', body: '{}'}, {kind: 'response', body: ''}])
    assert.ok(!isAllow(answer));
});

test('a request is taken when it is whole', () => {
  const whole = Buffer.from('POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET');
  assert.deepEqual(wholeRequest(whole), {method: 'POST', path: '/a', body: 'abc', rest: Buffer.from('GET')});
  for (let size = 0; size < whole.length - 3; ++size) assert.equal(wholeRequest(whole.subarray(0, size)), undefined);
  assert.equal(wholeRequest(Buffer.from('GET /b HTTP/1.1\r\n\r\n')).body, '');
});

test('a section is replaced where it stands and leaves the others alone', () => {
  const before = '# Measured\n\nWords.\n';
  const added = withSection(before, '## A', 'one');
  assert.equal(added, '# Measured\n\nWords.\n\n## A\n\none\n');
  const two = withSection(added, '## B', 'two');
  assert.equal(withSection(two, '## A', 'new'), '# Measured\n\nWords.\n\n## A\n\nnew\n\n## B\n\ntwo\n');
  assert.equal(withSection(two, '## B', 'new'), '# Measured\n\nWords.\n\n## A\n\none\n\n## B\n\nnew\n');
});

test('the lock file names no host', () => {
  const lock = readFileSync(path.join(root, 'bench/cold_start/node_authorizer/package-lock.json'), 'utf8');
  assert.ok(!lock.includes('resolved'));
  assert.match(lock, /"integrity": "sha512-/);
});
