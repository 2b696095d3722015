// docs/config.md has a row for every key of the configuration and every variable that is read, and for nothing else.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {codeSpans, parse, readText, repositoryFiles} from '../support/markdown.mjs';

const prose = parse(readText('docs/config.md')).prose;
/** What stands below a heading, up to the next one. */
const section = (heading) => {
  const [, text] = new RegExp(`^#{2,3} ${heading}\\n([^]*?)(?=^#{2,3} |$(?![^]))`, 'm').exec(prose) ?? assert.fail(`docs/config.md has no heading ${heading}`);
  return text;
};
const firstColumns = (text) => [...text.matchAll(/^\| `([^`]+)`[^|]*\|/gm)].map(([, code]) => code);

// tests/config holds it to be what the program accepts.
const schema = JSON.parse(readText('docs/portcullis.schema.json'));
const {issuers, routes, failed_tokens, dpop, lambda, serve, cors} = schema.properties;
const [limit] = Object.values(schema.properties.limits.patternProperties);
const named = [['limits', limit], ['failed_tokens', failed_tokens], ['serve', serve]];
const access = routes.items.properties.access.anyOf;
const members = (mapping) => Object.entries(mapping.properties)
  .flatMap(([name, value]) => [name, ...(value.properties ? Object.keys(value.properties).map((inner) => `${name}.${inner}`) : [])]);

for (const [heading, keys] of [
  ['Top level', Object.keys(schema.properties)],
  ['issuers', members(issuers.items)],
  ['routes', members(routes.items)],
  ...named.map(([heading, mapping]) => [heading, members(mapping)]),
  ['dpop', members(dpop)],
  ['lambda', members(lambda)],
  ['cors', members(cors)],
]) {
  test(`${heading}: every key has its row, and every row its key`, () => {
    assert.deepEqual(firstColumns(section(heading)).sort(), [...keys].sort());
  });
}

test('access: every word and every condition has its row, and every row is one', () => {
  const possible = [...access.flatMap((one) => one.enum ?? []), ...access.flatMap((one) => Object.keys(one.properties ?? {}))];
  const rows = firstColumns(section('access').split('| requirement |')[0]).map((code) => code.split(':')[0]);
  assert.deepEqual([...new Set(rows)].sort(), possible.sort());
});

test('limits: everything that calls can be counted by has its row', () => {
  const [, words] = /dimension_words\[\] = \{([^}]*)\}/.exec(readText('edge/config/shape.h'));
  assert.deepEqual(firstColumns(section('By whom calls are counted')).sort(), [...words.match(/\w+/g), 'claim:/pointer'].sort());
});

test('the words and names of a key are in its row', () => {
  const wordsOf = (value) => [value, ...(value.anyOf ?? []).flatMap((one) => [one, one.items ?? {}, ...(one.anyOf ?? [])])].flatMap((one) => one.enum ?? []);
  const missing = [];
  for (const [heading, mapping] of [['Top level', schema], ['issuers', issuers.items], ['routes', routes.items], ...named, ['dpop', dpop], ['lambda', lambda]])
    for (const [name, value] of Object.entries(mapping.properties)) {
      const text = name === 'algorithms' || name === 'token' ? section('issuers') + section('Profiles') : section(heading).split('\n').find((line) => line.startsWith(`| \`${name}\``));
      const told = codeSpans(text).map((span) => span.text);
      for (const word of wordsOf(value)) if (!told.includes(word) && word !== 'true' && word !== 'false') missing.push(`${heading} ${name}: ${word}`);
    }
  assert.deepEqual(missing, []);
});

test('every variable that is read is told, and every one that is told is read', () => {
  const variable = /(?<![\w])(?:AUTH0|PORTCULLIS|SSL|AWS|LAMBDA)_[A-Z0-9_]+|(?<![\w])_HANDLER/g;
  const read = new Set(repositoryFiles().filter((file) => /^(core|edge|doors)\/.*\.(cpp|h)$/.test(file) && !/_test\.cpp$|^edge\/deployment\//.test(file))
    .flatMap((file) => readText(file).match(/"(?:(?:AUTH0|PORTCULLIS|SSL|AWS|LAMBDA)_[A-Z0-9_]+|_HANDLER)"/g) ?? []).map((literal) => literal.slice(1, -1)));
  assert.ok(read.size >= 10);
  const told = new Set(codeSpans(section('The environment')).flatMap((span) => span.text.match(variable) ?? []));
  assert.deepEqual([...read].filter((name) => !told.has(name)), [], 'no row');
  assert.deepEqual([...told].filter((name) => !read.has(name)), [], 'nobody reads it');
});
