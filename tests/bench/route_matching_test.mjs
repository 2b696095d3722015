// The measurement of look-ups among routes measures: not how quick they are, but that what it says follows from what it saw.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {root, temporaryFolder} from '../support/program.mjs';
import {gates, judge} from '../../bench/route_matching/route_matching.mjs';

const run = (...words) => spawnSync(path.join(root, 'bench/route_matching/run'), words, {encoding: 'utf8', timeout: 120_000});

test('one round gives numbers, a section and a verdict', (t) => {
  const file = path.join(temporaryFolder((end) => t.after(end)), 'measured.md');
  const {status, stdout, stderr} = run('--rounds', '1', '--json', '--write', file);
  assert.ok(status === 0 || status === 1, stderr);
  const {fill, rounds, found, gates: judged} = JSON.parse(stdout);
  assert.equal(rounds.length, 1);
  assert.ok(rounds[0].few > 0 && rounds[0].same > 0 && rounds[0].all > 0 && fill.many > 0);
  assert.ok(found > 30_000 && found < 50_000, 'of four times 20,000 look-ups half are for a route');
  assert.equal(status, judged.every(({passed}) => passed) ? 0 : 1);
  assert.match(readFileSync(file, 'utf8'), /^# Measured\n\n## Route matching\n\n- Commit [0-9a-f]{12}/);
});

test('a gate passes at its bound and fails beyond it, by the median of the rounds', () => {
  const verdicts = (...rounds) => judge({rounds}).map(({passed}) => passed);
  assert.deepEqual(gates.map(({measure, atMost}) => [measure, atMost]), [['same', 1.5], ['all', 5]]);
  assert.deepEqual(verdicts({few: 10, same: 15, all: 50}), [true, true]);
  assert.deepEqual(verdicts({few: 10, same: 15.1, all: 50.1}), [false, false]);
  assert.deepEqual(verdicts({few: 10, same: 10, all: 10}, {few: 10, same: 90, all: 90}, {few: 10, same: 10, all: 10}), [true, true]);
});
