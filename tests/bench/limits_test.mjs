// The measurement of limits measures: not how quick they are, but that what it says follows from what it saw; and how much
// memory a key takes, which no other program on the machine can change.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {root, temporaryFolder} from '../support/program.mjs';
import {judge} from '../../bench/limits/limits.mjs';

const run = (...words) => spawnSync(path.join(root, 'bench/limits/run'), words, {encoding: 'utf8', timeout: 120_000});

test('one round gives numbers, a section and a verdict, and a key takes what it may take', (t) => {
  const file = path.join(temporaryFolder((end) => t.after(end)), 'measured.md');
  const {status, stdout, stderr} = run('--rounds', '1', '--json', '--write', file);
  assert.ok(status === 0 || status === 1, stderr);
  const {bytes, keys, given_up, rounds, gates} = JSON.parse(stdout);
  assert.ok(['map', 'table', 'floor', 'hot'].every((measure) => rounds[0][measure] > 0));
  assert.ok(bytes.table <= 60 * keys && bytes.map > 2 * bytes.table, `${bytes.table} and ${bytes.map} bytes`);
  assert.ok(given_up < keys / 1000, `${given_up} gave way`);
  assert.equal(status, gates.every(({passed}) => passed) ? 0 : 1);
  assert.match(readFileSync(file, 'utf8'), /^# Measured\n\n## Limits in memory\n\n- Commit [0-9a-f]{12}/);
});

test('a gate passes at its bound and fails beyond it, by the median of the rounds', () => {
  const verdicts = (bytes, ...rounds) => judge({keys: 100, bytes: {table: bytes}, rounds}).map(({passed}) => passed);
  const round = (map, table, floor, hot) => ({map, table, floor, hot});
  assert.deepEqual(verdicts(6000, round(10, 4, 10, 20)), [true, true, true]);
  assert.deepEqual(verdicts(6001, round(10, 4.1, 10, 20.1)), [false, false, false]);
  assert.deepEqual(verdicts(1, round(10, 1, 10, 10), round(10, 9, 10, 90), round(10, 2, 10, 11)), [true, true, true]);
});
