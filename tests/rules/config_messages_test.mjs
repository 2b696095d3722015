// Every sentence that a configuration can be refused or warned with stands word for word in tests/vectors/config.json,
// where the tests of edge/config and of tests/config compare whole messages. A new one without a row fails here.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file) => readFileSync(join(root, file), 'utf8');
const table = JSON.parse(read('tests/vectors/config.json'));
const said = table.rows.flatMap((row) => row.says ?? []).join('\n');

/** String literals, adjacent ones joined, as the program says them. */
function sentences(text) {
  const found = [];
  let open = '';
  let end = -1;
  for (const match of text.matchAll(/\/\/[^\n]*|R"([^(\s]*)\([^]*?\)\1"|"((?:\\.|[^"\\\n])*)"|'(?:\\.|[^'\\\n])+'/g)) {
    if (match[2] === undefined) continue;
    if (end < 0 || text.slice(end, match.index).trim()) found.push(open), open = '';
    open += match[2].replace(/\\n/g, '\n').replace(/\\(["\\])/g, '$1');
    end = match.index + match[0].length;
  }
  return [...found, open].filter((sentence) => /[a-z'")] [a-z'"(]/i.test(sentence.trim()));
}

const between = (text, from, to) => text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from)));
const loader = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'edge/config/*.cpp'], {cwd: root}).toString().trim().split('\n')
  .filter((file) => !/_test\.cpp$|json_schema\.cpp$/.test(file));
const places = [
  ...loader.map((file) => [file, read(file)]),
  ['edge/config/shape.h', [...read('edge/config/shape.h').matchAll(/\.mandatory = ("(?:\\.|[^"\\])*")/g)].map(([, literal]) => literal).join(';')],
  ['core/access/compiled_rules.cpp', read('core/access/compiled_rules.cpp')],
  ['core/access/limit_rules.cpp', read('core/access/limit_rules.cpp')],
  ['core/access/route_pattern.cpp', read('core/access/route_pattern.cpp')],
  ['core/access/path.cpp', read('core/access/path.cpp')],
  ['core/access/atom.cpp', between(read('core/access/atom.cpp'), 'std::string fault_of(', '\n}')],
  ['core/access/requirement.cpp', between(read('core/access/requirement.cpp'), 'struct FirstFault', '\n};')],
  ['doors/lambda/cache_hazards.cpp', read('doors/lambda/cache_hazards.cpp')],
  ['doors/lambda/sender_hazards.cpp', read('doors/lambda/sender_hazards.cpp')],
  ['doors/lambda/policy_document.cpp', between(read('doors/lambda/policy_document.cpp'), 'std::string fault_of_policy(', '\n}')],
  ['doors/cli/check.cpp', between(read('doors/cli/check.cpp'), 'void warn_of_public_default', 'void check_for_bundle')],
];

// What no file can cause, with the reason.
const elsewhere = new Map([
  ['pauses of key source ', 'what a seed is for: nobody is told'],
  ['verified tokens ', 'what a seed is for: nobody is told'],
  ['not an absolute URL like https://login.example.com/', 'of issuers made by a program; the file has a sentence of its own'],
  ['without jwks_uri each start asks the issuer where its keys are; check --online tells their URL, write it as jwks_uri',
    'of check --bundle: tests/bundle'],
  ['store: memory remembers seen DPoP proofs in each process by itself: a copied request passes once at each instance of a function; where it may not, let them share a store: rediss://…',
    'of check --bundle: tests/cli/limits_test.mjs'],
  ['is longer than 8 KiB', 'of requests; a route so long is refused with it, too'],
  ['does not start with a slash', 'of requests; a route has a sentence of its own'],
  ['has a question mark', 'of requests; a route has a sentence of its own'],
  [' in dpop.algorithms: a proof\'s key is public, so its algorithm is one of RS, PS, ES or EdDSA', 'of rules made by a program; the file has a sentence of its own'],
  ['dpop.window is from 10s to 600s', 'of rules made by a program; the file has a range'],
  ['max_age is from 1s to 365d', 'of rules made by a program; the file has a range'],
  ['the count of a rate is 1 to 1,000,000,000', 'of rules made by a program; the file has a range'],
  ['the period of a rate is 1 ms to 31 days', 'of rules made by a program; the file has a range'],
  ['burst is 1 to 1,000,000', 'of rules made by a program; the file has a range'],
  ['limit_keys is 1,000 to 20,000,000', 'of rules made by a program; the file has a range'],
  ['": cost is 1 or more', 'of rules made by a program; the file has a range'],
  ...[': two rates have the period ', ': \'by\' has the same entry twice; remove one', 'a limit\'s name is 1 to 64 letters, digits, - and _, not ',
    ': a claim is claim:POINTER with a JSON pointer such as /plan or /https:~1~1x.example~1plan (RFC 6901: ~1 is a slash, ~0 a tilde)',
    '" has a cost and no limit; name one, or remove cost', 'there is a limit ', '; give this one another name']
    .map((sentence) => [sentence, 'of rules made by a program; the file has a sentence of its own']),
  ['a requirement has a value: ', 'of rules made by a program; the file has a sentence of its own'],
  ['a claim is claim:POINTER=VALUE with a JSON pointer such as /plan or /https:~1~1x.example~1roles (RFC 6901: ~1 is a slash, ~0 a tilde)',
    'of rules made by a program; the file has a sentence of its own'],
]);

test('every sentence about a configuration has its row in tests/vectors/config.json', () => {
  const all = places.flatMap(([file, text]) => sentences(text).map((sentence) => ({file, sentence})));
  assert.ok(all.length > 80, String(all.length));
  assert.deepEqual(all.filter(({sentence}) => !said.includes(sentence.trim()) && !elsewhere.has(sentence)).map(({file, sentence}) => `${file}: ${sentence}`), []);
  assert.deepEqual([...elsewhere.keys()].filter((sentence) => !all.some((one) => one.sentence === sentence)), [], 'these are gone: take them off the list');
});

test('no row is there twice', () => {
  const names = table.rows.filter((row) => row.says).map((row) => JSON.stringify([row.file, row.unchanged, row.change, row.and, row.environment, row.files]));
  assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
});

test('every key of the table is read, and nothing is read that is no key', () => {
  const keys = [...read('edge/config/shape.h').matchAll(/\.name = "(\w+)"/g)].map(([, name]) => name);
  const readers = loader.filter((file) => /\/(load|\w+_settings|access)\.cpp$/.test(file)).map(read).join('\n');
  const asked = [...readers.matchAll(/\bfind\("([a-z]\w*)"\)|\bkey == "(\w+)"/g)].map((match) => match[1] ?? match[2]);
  assert.ok(keys.length > 35);
  assert.deepEqual(keys.filter((key) => !asked.includes(key) && !['all', 'jwks_uri'].includes(key)), [], 'read by no one');  // those two: what is left
  assert.deepEqual(asked.filter((key) => !keys.includes(key)), [], 'has no row');
});

test('the schema knows every algorithm', () => {
  const names = [...read('core/token/algorithm.h').matchAll(/AlgorithmFacts\{Algorithm::\w+, +"(\w+)"/g)].map(([, name]) => name);
  const [one] = JSON.parse(read('docs/portcullis.schema.json')).properties.issuers.items.properties.algorithms.anyOf;
  assert.deepEqual(one.anyOf[0].enum, names);
});
