// The measurement of the Redis store: what it says follows from what it saw.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {gates, judge, markdown} from '../../bench/redis/redis.mjs';

test('the gate passes at its bound and fails below it, beside the better of the two, by the median of the rounds', () => {
  const verdict = (...rounds) => judge({rounds})[0].passed;
  assert.deepEqual(gates.map(({atLeast}) => atLeast), [0.6]);
  assert.equal(verdict({one: 100, many: 50, ours: 60}), true);
  assert.equal(verdict({one: 50, many: 100, ours: 59.9}), false);
  assert.equal(verdict({one: 100, many: 1, ours: 90}, {one: 100, many: 1, ours: 1}, {one: 100, many: 1, ours: 90}), true);
});

test('the section names what was measured and how it was', () => {
  const rounds = [{one: 100_000, many: 120_000, ours: 90_000, processorMicroseconds: 1.5}];
  const measured = {alone: true, questions: 10, underWay: 64, keys: 5, rounds, serverMicroseconds: 6.1, bytesPerKey: 186, version: '7.0.15'};
  const section = markdown(measured, judge(measured), ['Commit x.']);
  assert.match(section, /portcullis, 1 connection \| 90000 /);
  assert.match(section, /real-time priority/);
  assert.match(section, /\| 0\.75 × \| pass \|/);
});
