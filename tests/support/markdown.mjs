// What the tests of the documents read out of Markdown: fenced blocks, code, links, anchors.
import {existsSync, readFileSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import path from 'node:path';
import {root} from './program.mjs';

/** Every file of the repository, new ones included, ignored ones not. */
export const repositoryFiles = () =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z'], {cwd: root})
    .toString().split('\0').filter((file) => file && existsSync(path.join(root, file)));

export const readText = (file) => readFileSync(path.join(root, file), 'utf8');

/** @returns {{blocks: {language, line, text, before}[], prose: string}} `line` is the first inside, `before` the prose line above */
export function parse(text) {
  const blocks = [];
  const prose = [];
  let open;
  let before = '';
  text.split('\n').forEach((line, index) => {
    const fence = /^```(\w*)\s*$/.exec(line);
    if (open && fence) {
      blocks.push({...open, text: open.lines.join('\n')});
      open = undefined;
    } else if (open) {
      open.lines.push(line);
    } else if (fence) {
      open = {language: fence[1], line: index + 2, before, lines: []};
    } else if (line.trim()) {
      before = line;
    }
    prose.push(open || fence ? '' : line);
  });
  if (open) throw new Error(`the block of line ${open.line - 1} has no end`);
  return {blocks, prose: prose.join('\n')};
}

const lineOf = (text, index) => text.slice(0, index).split('\n').length;

/** Inline code with its line. */
export const codeSpans = (prose) =>
  [...prose.matchAll(/(`+)([^`\n]+)\1/g)].map((match) => ({line: lineOf(prose, match.index), text: match[2].trim()}));

/** Targets of links, outside code. */
export const links = (prose) =>
  [...prose.replace(/(`+)[^`\n]*\1/g, (code) => 'x'.repeat(code.length)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => ({line: lineOf(prose, match.index), target: match[1]}));

/** The anchors that GitHub makes of headings. */
export function anchors(prose) {
  const seen = new Map();
  return [...prose.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-');
    const count = seen.get(words) ?? 0;
    seen.set(words, count + 1);
    return count ? `${words}-${count}` : words;
  });
}
