// The rows of tokens.md that are tests: tokens.json for the attacks of §3 (T-…) and what §8 says of ours, token_cases.json
// for the failures that people met elsewhere. A row is {file, test}, a list of them, or {open: why}.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {rows as judgedRows} from '../oracle/judged_rows.mjs';
import {root} from '../support/program.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const listed = (name) => JSON.parse(read(`tests/conformance/${name}.json`));
const vectors = new Map();  // by row
for (const one of JSON.parse(read('tests/vectors/tokens.json')).cases) vectors.set(one.row, [...(vectors.get(one.row) ?? []), one]);

/** Why a named test does not show its row; nothing if it does. */
function fault({file, test: name}) {
  if (file === 'tests/vectors/tokens.json') {
    const cases = vectors.get(name) ?? [];
    if (!cases.some(({expect}) => expect !== 'ok')) return 'no such vector is refused';
    return cases.some(({expect}) => expect === 'ok') ? undefined : 'no twin is accepted';
  }
  if (file === 'tests/oracle/judged_rows.mjs') return judgedRows.some((row) => row.name === name) ? undefined : 'no such row';
  const text = read(file);
  const wanted = file.endsWith('_test.cpp') ? new RegExp(`^TEST(_F|_P)?\\(${name.replace('.', ', ')}\\)`, 'm') : undefined;
  return (wanted ? wanted.test(text) : text.includes(name)) ? undefined : 'no such test';
}

function check(name) {
  const rows = listed(name);
  const wrong = [];
  for (const [id, shown] of Object.entries(rows)) {
    for (const one of [shown].flat().filter(({open}) => !open)) if (fault(one)) wrong.push(`${id}: ${one.file}: ${one.test}: ${fault(one)}`);
  }
  assert.deepEqual(wrong, []);
  return rows;
}
const open = (rows) => Object.entries(rows).filter(([, shown]) => shown.open).map(([id]) => id);
const tell = (what, rows) => console.log(`counted: ${what}: ${Object.keys(rows).length - open(rows).length} of ${Object.keys(rows).length} rows shown`);

test('every attack and every verdict of tokens.md §3 and §8 has its test', () => {
  const rows = check('tokens');
  const wanted = Object.entries({ALG: 7, SIG: 9, ENC: 10, HDR: 9, CLM: 12, DOS: 8}).flatMap(([kind, count]) =>
    Array.from({length: count}, (_, i) => `T-${kind}-${String(i + 1).padStart(2, '0')}`));
  assert.deepEqual(Object.keys(rows).filter((id) => id.startsWith('T-')), wanted);
  assert.deepEqual(Object.keys(rows).filter((id) => id.startsWith('§8 ')).sort(), judgedRows.map(({name}) => `§8 ${name}`).sort());
  assert.deepEqual(open(rows), [], 'a row that is shown now is open no longer');
  tell('tokens.md §3 and §8', rows);
});

test('every case of tokens, claims and keys has its test', () => {
  const rows = check('token_cases');
  assert.deepEqual(Object.keys(rows), ['C001', 'C003', 'C005', 'C007', 'C009', 'C011']);
  tell('cases of tokens, claims and keys', rows);
});
