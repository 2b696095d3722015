// The judges' table: each row gets from portcullis what its vector says, and docs/judges.md says that of us which
// portcullis says now. The other columns are measurements: `node tests/oracle/judges_table.mjs --write docs/judges.md`.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {before, describe, test} from 'node:test';
import {rows} from './judged_rows.mjs';
import {ourVerdicts} from './judges_table.mjs';
import {used} from '../support/used_tokens.mjs';

const page = readFileSync(new URL('../../docs/judges.md', import.meta.url), 'utf8');
const written = new Map(page.split('\n').filter((line) => line.includes('**A**') || line.includes('**R**')).filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | ')).map((cells) => [cells[0], cells.slice(-2)]));

describe('before the judges', () => {
  let verdicts;
  before(async () => {
    rows.forEach(({token}) => used(token));
    verdicts = await ourVerdicts();
  });

  for (const {name, expect = 'configuration refused', config} of rows)
    test(`${name}: ${expect}`, () => {
      const {verdict, reason} = verdicts.get(name);
      assert.equal(verdict, expect === 'ok' ? 'A' : 'R');
      const unusable = reason === 'configuration refused' && expect === 'unknown_kid' && config.jwks;  // no key is left for an algorithm
      if (!unusable) assert.equal(reason, expect);
      assert.deepEqual(written.get(name), [`**${verdict}**`, verdict === 'A' ? '' : reason.includes(' ') ? reason : `\`${reason}\``], 'docs/judges.md');
    });

  test('and the page has these rows only', () => assert.deepEqual([...written.keys()], rows.map(({name}) => name)));
});
