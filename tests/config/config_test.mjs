// The configuration's contract: what `check` says of each file of tests/vectors/config.json, word for word, and that the
// JSON Schema for editors accepts and refuses the same files.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import Ajv from 'ajv';
import {parseAllDocuments} from 'yaml';
import {parse, readText, repositoryFiles} from '../support/markdown.mjs';
import {endOf, run, temporaryFolder} from '../support/program.mjs';
import {startWorld} from '../support/world.mjs';

const {good, rows} = JSON.parse(readText('tests/vectors/config.json'));
const cases = rows.filter((row) => row.says);

function fileOf(row) {
  if (row.file !== undefined) return row.file;
  if (!row.change) return row.unchanged ? good : undefined;
  const text = [row.change, row.and ?? ['', '']].reduce((before, [from, to]) => {
    assert.ok(before.includes(from), `the good file has no ${from}`);
    return before.replace(from, () => to);
  }, good);
  return text;
}
const nameOf = (row) => JSON.stringify(row.change?.[1] ?? row.file ?? row.environment ?? 'as it is').slice(0, 120);
const isError = (line) => /^(\S+: )?error: /.test(line);

describe('portcullis check', () => {
  test('says of every file what is wrong, where and what to do', async (t) => {
    for (const row of cases) {
      const folder = temporaryFolder((end) => t.after(end));
      const file = fileOf(row);
      if (file !== undefined) writeFileSync(path.join(folder, 'portcullis.yaml'), file);
      for (const [name, content] of Object.entries(row.files ?? {})) writeFileSync(path.join(folder, name), content);
      const {code, stdout, stderr} = await run('portcullis', ['check'], {cwd: folder, env: row.environment});
      const said = stdout.split('\n').filter((line) => /^(\S+: )?(error|warning): /.test(line));
      assert.deepEqual(said, row.says, nameOf(row));
      assert.equal(code, said.some(isError) ? 2 : 0, nameOf(row));
      assert.equal(stderr, '', nameOf(row));
    }
  });

  test('accepts the examples of docs/config.md', async (t) => {
    const folder = temporaryFolder((end) => t.after(end));
    const env = {LIMITS_STORE: 'rediss://portcullis:hunter2@cache.example.com:6380', INTERNAL_JWT_SECRET: '0123456789abcdef0123456789abcdef'};
    const examples = parse(readText('docs/config.md')).blocks.filter(({language, text}) => language === 'yaml' && /^routes:/m.test(text));
    assert.ok(examples.length >= 5, String(examples.length));
    for (const {text} of examples) {
      const whole = (/^issuers:/m.test(text) ? '' : 'issuers: [{domain: example.eu.auth0.com, audience: api}]\n') + text + (/^default:/m.test(text) ? '' : '\ndefault: deny\n');
      writeFileSync(path.join(folder, 'portcullis.yaml'), whole);
      const {code, stdout} = await run('portcullis', ['check'], {cwd: folder, env});
      assert.equal(code, 0, `${stdout}\n${whole}`);
    }
  });
});

describe('the JSON Schema', () => {
  let schema, valid;
  before(async () => {
    const printed = await run('portcullis', ['check', '--schema']);
    assert.equal(printed.code, 0);
    assert.equal((await run('portcullis', ['check', 'portcullis.yaml', '--schema'])).code, 2, 'it checks no file');
    schema = JSON.parse(printed.stdout);
    assert.equal(readText('docs/portcullis.schema.json'), printed.stdout, 'portcullis check --schema > docs/portcullis.schema.json');
    const ajv = new Ajv({allErrors: true, strict: true, strictRequired: false, strictTypes: false, validateSchema: true});
    valid = ajv.compile(schema);
  });
  /** @returns why an editor would refuse this file; undefined: it would not */
  function refusal(text) {
    const documents = parseAllDocuments(text, {version: '1.2', merge: false, logLevel: 'error'});
    if (documents.length !== 1 || documents[0].errors.length) return 'not one YAML document';
    return valid(documents[0].toJS()) ? undefined : valid.errors.map(({instancePath, message}) => `${instancePath} ${message}`).join('; ');
  }

  test('accepts what check accepts, and refuses what it refuses where a schema can see why', () => {
    for (const row of cases.filter((one) => fileOf(one) !== undefined)) {
      const why = refusal(fileOf(row));
      if (row.says.some(isError) && !row.beyond_schema) assert.ok(why, `accepted: ${nameOf(row)}`);
      if (!row.says.some(isError)) assert.equal(why, undefined, nameOf(row));
    }
  });

  test('is told to be blind only where it is', () => {
    const seen = cases.filter((row) => row.beyond_schema && row.beyond_schema !== 'YAML' && refusal(fileOf(row)));
    assert.deepEqual(seen.map(nameOf), []);
    assert.deepEqual([...new Set(cases.map((row) => row.beyond_schema).filter(Boolean))].sort(),
      ['YAML', 'what a file holds', 'what a variable holds', 'one value against another', 'octets behind escapes', 'bits of an address'].sort());
  });

  test('has exactly the durations of each range, in every unit', () => {
    const issuer = schema.properties.issuers.items.properties;
    const conditions = schema.properties.routes.items.properties.access.anyOf.find((one) => one.properties).properties;
    for (const [name, {pattern}, least, most] of [['leeway', issuer.leeway, 0, 300], ['fresh', issuer.keys.properties.fresh, 60, 86_400],
      ['stale', issuer.keys.properties.stale, 0, 604_800], ['max_age', conditions.max_age, 1, 31_536_000], ['window', schema.properties.dpop.properties.window, 10, 600],
      ['cache', schema.properties.lambda.properties.cache, 0, 3600]]) {
      const known = new RegExp(pattern, 'u');
      for (const [unit, seconds] of [['s', 1], ['m', 60], ['h', 3600], ['d', 86_400]]) {
        const last = Math.floor(most / seconds);
        const numbers = new Set([...Array(Math.min(last, 20_000) + 5).keys(), last - 1, last, last + 1, last * 10, last + 100_000]);
        for (const number of numbers) {
          const inside = number * seconds >= least && number * seconds <= most;
          if (number >= 0 && known.test(`${number}${unit}`) !== inside) assert.fail(`${name}: ${number}${unit}`);
        }
      }
      assert.deepEqual(['0', '1', '-1s', '1 s', '1.5m', '1w', 's', ''].filter((text) => known.test(text)), least === 0 ? ['0'] : [], name);
    }
  });

  test('has exactly the numbers and rates that check accepts', () => {
    const limit = Object.values(schema.properties.limits.patternProperties)[0].properties;
    for (const [name, value, least, most] of [['cost', schema.properties.routes.items.properties.cost, 1, 1_000_000], ['burst', limit.burst, 1, 1_000_000],
      ['limit_keys', schema.properties.limit_keys, 1000, 20_000_000]]) {
      const known = new RegExp(value.pattern, 'u');
      for (const number of [0, 1, 9, 10, 999, 1000, 1001, 65_536, most - 1, most, most + 1, most * 10])
        assert.equal(known.test(String(number)), number >= least && number <= most, `${name}: ${number}`);
      assert.deepEqual(['', '-1', '1.5', '1e3', ' 1'].filter((text) => known.test(text)), [], name);
    }
    const rate = new RegExp(limit.rate.anyOf[0].pattern, 'u');
    for (const [text, good] of [['1/s', true], ['1000000000/day', true], ['1000000001/day', false], ['0/s', false], ['7/1s', true], ['7/31d', true], ['7/744h', true],
      ['7/745h', false], ['7/32d', false], ['7/0s', false], ['7/minute', false], ['7/', false], ['/s', false], ['7', false], ['1.5/s', false]])
      assert.equal(rate.test(text), good, text);
  });

  test('has a wrong and a right value for every key in the table', () => {
    const keys = [];
    (function collect(node, at) {
      for (const [name, below] of Object.entries(node.properties ?? {})) {
        keys.push([...at, name].join('.'));
        for (const inner of [below, below.items, ...(below.anyOf ?? [])]) if (inner?.additionalProperties === false) collect(inner, [...at, name]);
        for (const inner of Object.values(below.patternProperties ?? {})) collect(inner, [...at, name, '*']);
      }
    })(schema, []);
    const named = ['limits', 'serve.identity'];  // their keys are the writer's own names
    assert.ok(keys.length > 60, String(keys.length));
    const written = (row) => {
      const names = new Set();
      (function walk(value, at) {
        if (Array.isArray(value)) value.forEach((item) => walk(item, at));
        else if (value && typeof value === 'object') for (const [name, below] of Object.entries(value)) {
          const here = [...at, named.includes(at.join('.')) ? '*' : name];
          names.add(here.join('.'));
          walk(below, here);
        }
      })(parseAllDocuments(fileOf(row), {logLevel: 'error'})[0]?.toJS(), []);
      return names;
    };
    const accepted = new Set(cases.filter((row) => fileOf(row) && !row.says.some(isError)).flatMap((row) => [...written(row)]));
    const last = (key) => key.split('.').at(-1);
    const wrong = cases.filter((row) => row.says.some(isError) && row.change).map((row) => row.change.join('\n'));
    assert.deepEqual(keys.filter((key) => !accepted.has(key)), [], 'no accepted file has it');
    assert.deepEqual(keys.filter((key) => !wrong.some((text) => text.includes(`${last(key)}:`))), [], 'no refused file has it');
  });

  test('accepts every configuration that the documents show', () => {
    let shown = 0;
    for (const file of repositoryFiles().filter((name) => name.endsWith('.md'))) {
      const {blocks} = parse(readText(file));
      const texts = blocks.flatMap(({language, text}) => (language === 'yaml' ? [text] :
        [...text.matchAll(/<<'?(\w+)'?\n([^]*?)\n\1$/gm)].map(([, , inner]) => inner)));
      for (const text of texts.filter((one) => /^(issuers|routes|default|lambda|cors):/m.test(one))) {
        ++shown;
        const value = parseAllDocuments(text)[0].toJS();
        const whole = {routes: [], default: 'deny', ...value};  // some show only what they speak of
        assert.equal(valid(whole) ? '' : JSON.stringify(valid.errors), '', `${file}: ${text}`);
      }
    }
    assert.ok(shown >= 4, String(shown));
  });

  test('accepts every whole configuration that stands in a test', () => {
    const literals = repositoryFiles().filter((file) => /_test\.(mjs|cpp)$|make_bundle\.mjs$/.test(file) && file !== 'tests/config/config_test.mjs')
      .flatMap((file) => [...readText(file).matchAll(/`([^`]*\broutes:[^`]*^default:[^`]*)`|R"\(((?:(?!\)")[^])*\broutes:(?:(?!\)")[^])*^default:(?:(?!\)")[^])*)\)"/gm)]
        .map((match) => [file, match[1] ?? match[2]]));
    assert.ok(literals.length >= 10, String(literals.length));
    for (const [file, literal] of literals) {
      const filled = literal.replace(/"\$\{[^}]*\}[^"$]*"/g, '"https://x.example.com/"')
        .replace(/burst: \$\{[^}]*\}/g, 'burst: 5').replace(/store: \$\{[^}]*\}/g, 'store: memory').replace(/when_store_fails: \$\{[^}]*\}/g, 'when_store_fails: local').replace(/(default: )\$\{[^}]*\}/g, '$1deny').replace(/: \$\{[^}]*\}/g, ': https://x.example.com/').replace(/\$\{[^}]*\}/g, '');
      assert.equal(refusal(filled), undefined, `${file}: ${literal}`);
    }
  });

  test('accepts what the local world writes for its functions', async () => {
    const state = temporaryFolder(endOf(after));
    const world = await startWorld((end) => after(end), {state});
    const written = readdirSync(state).filter((name) => name.endsWith('.yaml'));
    assert.ok(written.length > 0);
    for (const name of written) assert.equal(refusal(readFileSync(path.join(state, name), 'utf8')), undefined, name);
    await world.program.stop();
  });
});
