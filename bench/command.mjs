// What the benchmarks of one program share: their command line, and the lines that say when and on what they ran.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {withSection} from './cold_start/report.mjs';

/** "Commit …, DATE UTC.", of the tree this file lies in, or of `folder`. */
export function commitLine(folder = path.dirname(fileURLToPath(import.meta.url))) {
  const git = (...words) => execFileSync('git', words, {cwd: folder}).toString().trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') ? ' with changes' : '';
  return `Commit ${git('rev-parse', '--short=12', 'HEAD')}${changed}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
}

export const machineLine = () =>
  `${os.cpus()[0].model}, ${os.cpus().length} cores, ${os.type()} ${os.release().split('-')[0]}; load ${os.loadavg()[0].toFixed(1)}.`;

/**
 * `node … PROGRAM [--rounds N] [--json] [--write FILE.md]`: PROGRAM N prints JSON, which is judged and shown.
 * @param judge  what was measured → verdicts, each with `passed`
 * @param markdown  (measured, judged, rounds) → the section under `heading`
 * @param json  (measured, judged) → what --json prints
 * @returns the exit code: 0: every gate passed; 1: one did not; 2: nothing was measured
 */
export function benchmark({name, heading, judge, markdown, json}) {
  try {
    const {values, positionals} = parseArgs({
      allowPositionals: true,
      options: {rounds: {type: 'string', default: '41'}, json: {type: 'boolean', default: false}, write: {type: 'string'}},
    });
    if (positionals.length !== 1 || !/^[1-9]\d{0,3}$/.test(values.rounds)) throw new Error('name the program to measure, and --rounds from 1 to 9999');
    const measured = JSON.parse(execFileSync(path.resolve(positionals[0]), [values.rounds], {maxBuffer: 64 << 20}));
    const judged = judge(measured);
    const section = markdown(measured, judged, values.rounds);
    process.stdout.write(values.json ? `${JSON.stringify(json(measured, judged))}\n` : `${heading}\n\n${section}\n`);
    if (values.write) writeFileSync(values.write, withSection(existsSync(values.write) ? readFileSync(values.write, 'utf8') : '# Measured\n', heading, section));
    return judged.every(({passed}) => passed) ? 0 : 1;
  } catch (problem) {
    process.stderr.write(`${name}: ${problem.message}\n`);
    return 2;
  }
}
