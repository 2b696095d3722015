// What the documents name is there: links and anchors, files, make targets and their variables, options, environment
// variables, reason codes.
import assert from 'node:assert/strict';
import path from 'node:path';
import {before, describe, test} from 'node:test';
import {anchors, codeSpans, links, parse, readText, repositoryFiles} from '../support/markdown.mjs';
import {run} from '../support/program.mjs';

const files = repositoryFiles();
const configurations = ['yaml', 'json', 'nginx', 'caddy', 'haproxy'];  // blocks in these languages hold no commands
const documents = files.filter((file) => file.endsWith('.md')).map((file) => {
  const {blocks, prose} = parse(readText(file));
  const code = [
    ...codeSpans(prose),
    ...blocks.flatMap(({language, line, text}) => (configurations.includes(language) ? [] :
      text.replaceAll('\\\n', '  ').split('\n').map((row, index) => ({line: line + index, text: row})))),
  ];
  return {file, prose, code, anchors: anchors(prose), folder: path.dirname(file)};
});
const sources = files.filter((file) => /\.(cpp|h|mjs|js|sh|cmake|yaml|yml|txt|json|html|py)$|(^|\/)Makefile$|\.example$/.test(file))
  .filter((file) => !/(^tests\/docs\/|package-lock\.json$)/.test(file)).map((file) => ({file, text: readText(file)}));
const inSources = (word, only = () => true) => sources.some(({file, text}) => only(file) && new RegExp(`(^|[^\\w])${word}([^\\w]|$)`, 'm').test(text));

const everyCode = documents.flatMap(({file, folder, code}) => code.map((piece) => ({...piece, file, folder, place: `${file}:${piece.line}`})));
const none = (wrong, rule) => assert.deepEqual([...new Set(wrong)], [], rule);

test('every relative link leads to a file and an anchor that are there', () => {
  const wrong = [];
  for (const {file, folder, prose, anchors: own} of documents)
    for (const {line, target} of links(prose).filter((link) => !/^[a-z]+:/.test(link.target))) {
      const [name, anchor] = target.split('#');
      const wanted = name ? path.normalize(path.join(folder, name)).replace(/\/$/, '') : file;
      const document = documents.find((other) => other.file === wanted);
      if (!files.some((known) => known === wanted || known.startsWith(`${wanted}/`))) wrong.push(`${file}:${line}: ${target}: no such file`);
      else if (anchor && !(name ? document?.anchors : own)?.includes(anchor)) wrong.push(`${file}:${line}: ${target}: no such heading`);
    }
  none(wrong, 'links');
});

test('every document is in the README\'s list', () => {
  const listed = links(documents.find(({file}) => file === 'README.md').prose).map(({target}) => target);
  none(files.filter((file) => /^docs\/.*\.md$|^[A-Z]+\.md$/.test(file) && file !== 'README.md' && !listed.includes(file)), 'missing in README.md');
});

// Files of the reader's, of a bundle, of the state folder, or of AWS: not in this repository.
const elsewhere = /^(portcullis(-PORT)?\.yaml|(envoy|route)\.yaml|rules\.yaml|secrets\.json|config\.json|jwks\.json|ca\.pem|event\.json|unreachable\.yaml|denied\.json|(expected|wrong|proposed)\.yaml|without-slash\.yaml|path\.zip|token\.txt|\.well-known\/.*|build\/.*)$|(^|\/|_)(NAME|FOLDER)\b|NAME_/;  // NAME and FOLDER stand for the reader's own
const isFile = /^(?:\.?[\w-]+\/)*[\w.*-]*\.(?:md|mjs|js|cpp|h|sh|ya?ml|json|cmake|txt|html|pem)$|^(?:core|doors|edge|world|page|tests|scripts|docs|deploy|include|cmake)\/[\w./*-]*$/;

test('every file that is named is there', () => {
  const matches = (name, folder) => {
    const pattern = new RegExp(`(^|/)${name.replace(/\/$/, '').replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}($|/)`);
    return files.some((file) => pattern.test(file)) || files.includes(path.join(folder, name));
  };
  none(everyCode.flatMap(({place, folder, text}) => text.replace(/\w+:\/\/\S+/g, '').split(/[\s,;:="'()<>]+/)
    .filter((word) => isFile.test(word) && !elsewhere.test(word) && !matches(word, folder)).map((word) => `${place}: ${word}`)), 'no such file');
});

const makefile = readText('Makefile');
test('every make target and every variable given to it is there', () => {
  const targets = [...makefile.matchAll(/^([a-z]+):/gm)].map(([, name]) => name);
  const wrong = [];
  for (const {place, text} of everyCode)
    for (const [, words] of text.matchAll(/(?:^|[\s=1])make ((?:[\w-]+(?:="[^"]*"|=\S*)? ?)+)/g)) {
      const [target, ...rest] = words.trim().split(/ (?=\w+(?:=|$))/);
      if (!targets.includes(target)) wrong.push(`${place}: make ${target}`);
      for (const word of rest) {
        const name = /^(\w+)=/.exec(word)?.[1];
        if (name && !inSources(name, (file) => file === 'Makefile' || file.startsWith('scripts/'))) wrong.push(`${place}: make ${target} ${name}=`);
      }
    }
  none(wrong, 'no such target or variable');
});

describe('options', () => {
  const commands = ['dev', 'verify', 'decide', 'explain', 'check', 'test', 'token', 'keys', 'serve', 'healthcheck', 'version'];
  const help = new Map();
  const optionsOf = (text) => new Set([...text.matchAll(/(?<![\w-])--?[a-zA-Z][\w-]*/g)].map(([option]) => option));
  before(async () => {
    for (const command of commands) help.set(command, optionsOf((await run('portcullis', [command, '--help'])).stdout));
    help.set('', optionsOf((await run('portcullis', ['--help'])).stdout));
    help.set('portcullis-dev', optionsOf((await run('portcullis-dev', ['--help'])).stdout));
  });

  // A pipe, a list or $(…) holds several commands; each has options of its own.
  const simpleCommands = (text) => text.replace(/ {2,}# .*/, '').split(/\$\(|\||&&|;|"\)|(?<=[a-z])\)/);

  test('that a document gives to a command are in that command\'s help', () => {
    const wrong = [];
    for (const {place, text} of everyCode)
      for (const piece of simpleCommands(text)) {
        const command = /(?:^|[\s/])(?:portcullis (\w+)|(portcullis-dev))\b/.exec(piece) ?? new RegExp(`^(${commands.join('|')}) `).exec(piece.trim());
        const name = command?.[1] ?? command?.[2];
        if (!name || !help.has(name)) continue;
        const given = piece.slice(command.index).replace(/'[^']*'|"[^"]*"|<[^>]*>/g, '').matchAll(/(?<=\s)--[a-z][\w-]*/g);
        for (const [option] of given) if (!help.get(name).has(option)) wrong.push(`${place}: ${name} ${option}`);
      }
    none(wrong, 'no such option');
  });

  test('that a document names alone are of one of our programs or scripts', () => {
    const ours = new Set([...help.values()].flatMap((options) => [...options]));
    none(everyCode.flatMap(({place, text}) => [...text.matchAll(/^(--[a-z][\w-]*)/g)].map(([, option]) => option)
      .filter((option) => !ours.has(option) && !inSources(option, (file) => file.startsWith('scripts/'))).map((option) => `${place}: ${option}`)), 'no such option');
  });

  test('that make run is given are the local world\'s', () => {
    none(everyCode.flatMap(({place, text}) => [...text.matchAll(/make run ARGS="([^"]*)"/g)].flatMap(([, given]) => given.match(/--[a-z][\w-]*/g) ?? [])
      .filter((option) => !help.get('portcullis-dev').has(option)).map((option) => `${place}: ${option}`)), 'no such option');
  });

  test('every command that is named is there', () => {
    none(everyCode.flatMap(({place, text}) => [...text.matchAll(/(?:^|[\s/(])portcullis ([a-z]+)\b/g)]
      .filter(([, command]) => !commands.includes(command)).map(([, command]) => `${place}: portcullis ${command}`)), 'no such command');
  });
});

// Of other people's authorizers, and what stands for the reader's own value.
const foreign = new Set(['TOKEN_ISSUER', 'JWKS_URI', 'CLIENT_ID', 'API_KEY', 'ADA_TOKEN', 'GRACE_TOKEN']);
test('every variable or parameter that a document sets is known somewhere', () => {
  none(everyCode.flatMap(({place, text}) => [...text.matchAll(/^([A-Za-z]\w*)=/g)].map(([, name]) => name)
    .filter((name) => !inSources(name) && !everyCode.some((piece) => piece.file === place.split(':')[0] && piece.text.includes(`$${name}`)))
    .map((name) => `${place}: ${name}=`)), 'no such variable');
});

test('every environment variable that is named is read somewhere', () => {
  none(everyCode.flatMap(({place, text}) => (text.match(/(?<![\w-])[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9](?![\w-])/g) ?? [])
    .filter((word) => !foreign.has(word) && !inSources(word)).map((word) => `${place}: ${word}`)), 'no such variable');
});

test('every reason code has its section, and every section its code', () => {
  const codes = [...readText('include/portcullis/reason.h').matchAll(/ReasonFacts\{Reason::\w+, "([^"]*)"/g)].map(([, code]) => code);
  const sections = [...readText('docs/reasons.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  assert.ok(codes.length > 30);
  assert.deepEqual(sections, codes);
});
