// What the references demand, row by row, and the test that shows it: gateway.json for the checks of gateway.md §9.1 to
// §9.5 and §9.7, cases.json for the failures that people met elsewhere. A row is {file, test}, a list of them, or {open: why};
// `except` says what of the row a test does not show.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {root} from '../support/program.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const listed = (name) => JSON.parse(read(`tests/conformance/${name}.json`));

const quoted = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether `file` has a test of this name: "Suite.Name" in C++, a title in JavaScript, a row's name in a table. */
function has({file, test: name}) {
  const text = read(file);
  if (file.endsWith('.cpp')) return new RegExp(`^TEST(_F|_P)?\\(${quoted(name).replace('\\.', ',\\s+')}\\)`, 'm').test(text);
  if (file.endsWith('.json')) return JSON.parse(text).some((row) => row.name === name);
  return [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``].some((literal) => text.includes(literal));
}

/** The rows without what shows them, after each named test was looked for. */
function openOnes(rows) {
  const missing = [], open = [];
  for (const [id, shown] of Object.entries(rows)) {
    if (shown.open) open.push(id);
    else for (const one of [shown].flat()) if (!has(one)) missing.push(`${id}: ${one.file} has no test ${one.test}`);
  }
  assert.deepEqual(missing, []);
  return open;
}

const numbered = (prefix, count) => Array.from({length: count}, (_, i) => `${prefix}-${String(i + 1).padStart(2, '0')}`);
const sections = {
  '§9.1': numbered('RT', 20),
  '§9.2': numbered('IN', 25),
  '§9.3': [...numbered('OUT', 18), ...numbered('POL', 23)],
  '§9.4': numbered('CA', 16),
  '§9.5': [...numbered('GW', 9), ...numbered('CO', 6), ...numbered('US', 8)],
  '§9.7': numbered('FA', 34),
};

const gateway = listed('gateway');
for (const [section, ids] of Object.entries(sections))
  test(`each row of gateway.md ${section} is listed with the test that shows it`, (t) => {
    const rows = Object.fromEntries(ids.map((id) => [id, gateway[id]]));
    assert.deepEqual(ids.filter((id) => !rows[id]), [], 'rows that are not listed');
    const open = openOnes(rows);
    const inPart = ids.filter((id) => [rows[id]].flat().some((one) => one.except));
    const list = (word, some) => (some.length ? `; ${word}: ${some.join(' ')}` : '');
    t.diagnostic(`conformance: ${ids.length - open.length} of ${ids.length} rows of ${section}${list('open', open)}${list('in part', inPart)}`);
  });

test('nothing is listed that is in no section', () => {
  const known = new Set(Object.values(sections).flat());
  assert.deepEqual(Object.keys(gateway).filter((id) => !known.has(id)), []);
});

test('each case that is listed is shown by the test that is named', (t) => {
  const cases = listed('cases');
  const open = openOnes(cases);
  for (const id of Object.keys(cases)) assert.match(id, /^C\d{3}$/);
  t.diagnostic(`cases: ${Object.keys(cases).length - open.length} of ${Object.keys(cases).length} that are listed`);
});

test('a test that is not there is noticed', () => {
  assert.ok(!has({file: 'doors/lambda/answer_test.cpp', test: 'Answer.IsNever'}));
  assert.ok(!has({file: 'tests/conformance/conformance_test.mjs', test: ['a test that', 'nobody wrote'].join(' ')}));
  assert.ok(!has({file: 'tests/decisions/events.json', test: 'no such row'}));
});
