// Types the commands of the documents as a reader would: each document's `sh` blocks in order, in one shell. A `text`
// block behind one is its output. What the documents write for us to read:
//   # exit N             behind a command: its exit code; without it, 0
//   # needs your …       it is not run (an account, a tenant), but must be a command
//   …                    in an output: anything; on a line of its own: any lines
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, describe, test} from 'node:test';
import {DocumentShell} from '../support/document_shell.mjs';
import {parse, readText} from '../support/markdown.mjs';
import {endOf, temporaryFolder} from '../support/program.mjs';

// `make run` stands in these documents; the others are read beside one.
const documents = [
  {file: 'README.md'},
  {file: 'docs/quickstart.md'},
  {file: 'docs/usage-plans.md'},
  {file: 'docs/rate-limits.md'},
  {file: 'docs/templates.md'},
  {file: 'docs/proxies.md'},
  {file: 'docs/serve.md', beside: 'make run'},
  {file: 'docs/troubleshooting.md', beside: 'make run'},
  {file: 'docs/moving.md', beside: 'make run'},
  {file: 'docs/testing.md', beside: 'make run'},
  {file: 'docs/caching.md', beside: 'make run'},
  {file: 'docs/cors.md', beside: 'make run'},
  {file: 'docs/websocket.md', beside: 'make run'},
];

// Would run this test again.
const notInside = new Map([['make test', 'make -n test']]);

/** The commands of a block: a line, with what is continued by a backslash or belongs to its here-document. */
export function commandsOf(block) {
  const commands = [];
  let ends;  // undefined: a command begins
  for (const line of block.split('\n')) {
    if (ends) commands[commands.length - 1] += `\n${line}`;
    else if (line.trim()) commands.push(line);
    else continue;
    const here = /<<'?(\w+)'?/.exec(ends ? '' : line);
    if (here) ends = (last) => last === here[1];
    else if (!ends && line.endsWith('\\')) ends = (last) => !last.endsWith('\\');
    else if (ends?.(line)) ends = undefined;
  }
  return commands.map((text) => ({
    text,
    code: Number(/ # exit (\d+)$/.exec(text)?.[1] ?? 0),
    needs: / # needs (your [\w ]+?)(?=$|:)/m.exec(text)?.[1],
  }));
}

const patterns = [  // what differs from run to run
  [/localhost:\d+/g, 'localhost:\\d+'],
  [/\b[0-9a-f]{12}\b/g, '[0-9a-f]{12}'],
  [/\b\d\d:\d\d:\d\d\b/g, '\\d\\d:\\d\\d:\\d\\d'],
  [/\b\d+ s ago\b/g, '\\d+ s ago'],
];

function patternOf(line) {
  let pattern = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
  for (const [wanted, instead] of patterns) pattern = pattern.replace(wanted, () => instead);
  return new RegExp(`^${pattern}\\s*$`, 'u');
}

/** Whether an output is what the document shows. */
export function fits(shown, output) {
  const wanted = shown.split('\n');
  const lines = output.replace(/\n+$/, '').split('\n');
  let reached = [0];  // after how many lines of the output may each line of what is shown begin
  for (const line of wanted) {
    const next = line === '…'
      ? lines.map((_, index) => index).concat(lines.length).filter((index) => index >= Math.min(...reached))
      : reached.filter((index) => index < lines.length && patternOf(line).test(lines[index])).map((index) => index + 1);
    if (!next.length) return false;
    reached = next;
  }
  return reached.includes(lines.length);
}

async function onlyReadable(shell, {text}) {
  const make = /^make [^#]*/.exec(text)?.[0];
  assert.equal((await shell.run(`bash -n <<'COMMAND'\n${text}\nCOMMAND`)).code, 0, text);
  if (make) assert.equal((await shell.run(make.replace('make', 'make -n'))).code, 0, `${text}: no such target`);
}

async function typed(shell, command) {
  if (command.needs) return onlyReadable(shell, command).then(() => '');
  if (/^make run\b/.test(command.text)) return shell.startWorld(command.text);
  const {code, output} = await shell.run(notInside.get(command.text) ?? command.text);
  assert.equal(code, command.code, `exit code of: ${command.text}\n${output.slice(0, 2000)}`);
  return output;
}

function withOutputs(blocks) {
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    const follows = next?.language === 'text' && next.line === block.line + block.text.split('\n').length + 2;
    return block.language === 'text' ? [] : [{...block, shown: follows ? next.text : undefined}];
  });
}

for (const {file, beside} of documents) {
  describe(`the commands of ${file}`, () => {
    const atEnd = endOf(after);
    const folder = temporaryFolder(after);
    const shell = new DocumentShell(folder);
    atEnd(async () => assert.equal(await shell.end(), '', 'a call to AWS was made'));
    if (beside) test(`beside ${beside}`, () => shell.startWorld(beside));

    const blocks = withOutputs(parse(readText(file)).blocks);
    assert.ok(blocks.some(({language}) => language === 'sh'), `${file} has commands`);
    for (const {language, line, text, before, shown} of blocks) {
      const name = / write a `([\w.]+)`/.exec(before)?.[1];
      if (language === 'yaml' && name) test(`line ${line}: ${name}`, () => writeFileSync(path.join(folder, name), text));
      if (language !== 'sh') continue;
      test(`line ${line}: ${text.split('\n')[0]}`, async () => {
        let output = '';
        for (const command of commandsOf(text)) output += (await typed(shell, command)).replace(/([^\n])$/, '$1\n');
        if (shown !== undefined) assert.ok(fits(shown, output), `the document shows\n${shown}\nand it is\n${output}`);
      });
    }
  });
}

test('an output fits what is shown with its times, ports and gaps, and nothing else', () => {
  for (const [shown, output, expected] of [
    ['a\nb', 'a\nb\n', true],
    ['a\nb', 'a\nb\nc', false],
    ['a\nb', 'a', false],
    ['…\nb', 'a\na\nb', true],
    ['…\nb\n…', 'b', true],
    ['a\n…', 'a', true],
    ['…\nb', 'b\nc', false],
    ['at localhost:3000/', 'at localhost:41234/', true],
    ['at localhost:3000/', 'at 127.0.0.1:41234/', false],
    ['sha256 b88e82d4c2c3', 'sha256 0123456789ab', true],
    ['sha256 b88e82d4c2c3', 'sha256 0123', false],
    ['expired 300 s ago', 'expired 301 s ago', true],
    ['{"a":1}', '{"a":1}', true],
    ['{"a":1…}', '{"a":12}', true],
    ['{"a":1}', '{"a":2}', false],
  ]) assert.equal(fits(shown, output), expected, `${shown} / ${output}`);
});

test('a command is a line with its continuations, its exit code and what it needs', () => {
  const text = 'one  # exit 1\ntwo \\\n  more  # exit 3\n\ncat <<END\nx\nEND\nmake deploy  # needs your AWS account\nread  # needs your tenant: paste';
  assert.deepEqual(commandsOf(text).map(({code, needs, text: all}) => [all.split('\n').length, code, needs]),
    [[1, 1, undefined], [2, 3, undefined], [3, 0, undefined], [1, 0, 'your AWS account'], [1, 0, 'your tenant']]);
});
