// What is deployed beside the server: the systemd unit, the alerts, and the page for whoever they wake.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {root} from '../support/program.mjs';

const file = (name) => path.join(root, name);
const read = (name) => readFileSync(file(name), 'utf8');
const succeeds = (program, args) => {
  const {status, stdout, stderr} = spawnSync(program, args, {encoding: 'utf8'});
  assert.equal(status, 0, stdout + stderr);
  return stdout;
};

test('the systemd unit leaves the server next to nothing: an exposure of 1.5 at most', () => {
  const said = succeeds('systemd-analyze', ['security', '--offline=true', '--threshold=15', '--no-pager', file('deploy/serve/portcullis.service')]);
  assert.match(said, /Overall exposure level for portcullis\.service: [01]\.\d/);
});

test('each alert fires on its fault, and is silent in good times', () => {
  succeeds('promtool', ['check', 'rules', file('deploy/prometheus/alerts.yaml')]);
  succeeds('promtool', ['test', 'rules', file('deploy/prometheus/alerts_test.yaml')]);
});

test('alerts and documents name metrics that there are, and every alert has its paragraph', () => {
  const known = new Set([...read('doors/serve/metrics.cpp').matchAll(/family\("(\w+)"/g)].map(([, name]) => name));
  assert.ok(known.size >= 20);
  const alerts = read('deploy/prometheus/alerts.yaml'), page = read('docs/operations.md');
  for (const [name] of alerts.matchAll(/\bportcullis_\w+/g)) assert.ok(known.has(name.replace(/_bucket$/, '')), name);
  for (const name of known) assert.ok(page.includes(name), `docs/operations.md lists ${name}`);
  for (const [name] of page.matchAll(/\b(portcullis|process)_\w+/g)) assert.ok(known.has(name), `${name} of docs/operations.md`);
  const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  assert.ok(names.length >= 10);
  for (const name of names) {
    assert.match(page, new RegExp(`^### ${name}$`, 'm'));
    assert.ok(alerts.includes(`runbook: docs/operations.md#${name.toLowerCase()}`));
    assert.ok(read('deploy/prometheus/alerts_test.yaml').includes(`alertname="${name}"`), `${name} is tested`);
  }
});
