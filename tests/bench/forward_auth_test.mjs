// What the benchmark of the forward-auth server says follows from what it saw.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {gates, judge, labels, markdown} from '../../bench/forward_auth/forward_auth.mjs';

const all = (times) => Object.keys(labels).map((name) =>
  ({name, rounds: (times[name] ?? [1000, 1000, 1000]).map((microseconds) => ({microseconds, rate: 1e6 / microseconds, p99: 1}))}));

test('every gate is between two servers that are measured', () => {
  for (const {name, beside} of gates) assert.ok(labels[name] && labels[beside] && name.includes('portcullis'));
});

test('a gate passes at its bound and fails beyond it, by the median of the ratios', () => {
  const verdict = (own, floor) => judge(all({portcullis_cached: own, nginx_204: floor}))[0];
  assert.deepEqual(verdict([11, 11, 11], [10, 10, 10]), {...gates[0], ratio: 1.1, passed: true});
  assert.equal(verdict([11.1, 11.1, 11.1], [10, 10, 10]).passed, false);
  assert.equal(verdict([11, 90, 90], [10, 10, 90]).passed, true);
});

test('the report names every server and shows what failed', () => {
  const servers = all({portcullis_cached: [12, 12, 12], nginx_204: [10, 10, 10]});
  const report = markdown(servers, judge(servers), ['once']);
  for (const label of Object.values(labels)) assert.ok(report.includes(`| ${label} | `), label);
  assert.match(report, /^- once\n\n\| server/);
  assert.match(report, /1\.1 × nginx, `return 204` for everybody \| 1\.20 \| FAIL \|/);
});
