// The measurement of decisions measures: not how quick they are, but that what it says follows from what it saw; and that
// a remembered token costs no allocation, which no other program on the machine can change.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import path from 'node:path';
import {test} from 'node:test';
import {root} from '../support/program.mjs';
import {judge, markdown} from '../../bench/verification/verification.mjs';

test('every contestant comes out as its name says, and a remembered token takes no memory', () => {
  const program = path.join(process.env.PORTCULLIS_BUILD ?? path.join(root, 'build/release'), 'verification_bench');
  const judged = judge(JSON.parse(execFileSync(program, ['1'])));  // exit 2 for another outcome
  assert.ok(judged.length >= 15);
  assert.ok(judged.every(({median, ratio}) => median > 0 && ratio > 0));
  const remembered = judged.filter(({name}) => name.includes('remembered'));
  assert.deepEqual(remembered.map(({allocations}) => allocations), [0, 0]);
});

test('a gate passes at its bound and fails beyond it, by the median of the ratios', () => {
  const verdict = (...times) => {
    const judged = judge([{name: 'alone', beside: null, gate: 0, allocations: 0, nanoseconds: times.map(([alone]) => alone)},
      {name: 'whole', beside: 'alone', gate: 1.5, allocations: 3, nanoseconds: times.map(([, whole]) => whole)}]);
    assert.match(markdown(judged, ['once']), /^- once\n\n\| whole decision/);
    return judged[1].passed;
  };
  assert.equal(verdict([10, 15]), true);
  assert.equal(verdict([10, 15.1]), false);
  assert.equal(verdict([10, 10], [10, 90], [90, 90]), true);
});
