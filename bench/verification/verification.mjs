// Measures what decisions cost and says whether the gates hold. Started by bench/verification/run, which builds what is measured.
//   node verification.mjs PROGRAM [--rounds N] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {quantile, withSection} from '../cold_start/report.mjs';

const heading = '## Verification';

/** A ratio is the median of the ratios within each round, where both ran one after the other. */
export function judge(contestants) {
  const times = new Map(contestants.map(({name, nanoseconds}) => [name, nanoseconds]));
  return contestants.map(({name, beside, gate, allocations, nanoseconds}) => {
    const ratio = beside === null ? 1 : quantile(nanoseconds.map((own, round) => own / times.get(beside)[round]), 0.5);
    return {name, beside, gate: gate || null, allocations, median: quantile(nanoseconds, 0.5), ratio, passed: !gate || ratio <= gate};
  });
}

export function markdown(judged, conditions) {
  const rows = judged.map(({name, beside, gate, allocations, median, ratio, passed}) =>
    `| ${name} | ${median.toFixed(0)} | ${beside === null ? '' : `${ratio.toFixed(3)} × ${beside === judged[0].name ? 'the signature alone' : 'an accepted one'}`} | ${gate === null ? '' : `≤ ${gate}: ${passed ? 'pass' : 'FAIL'}`} | ${allocations} |`);
  return [
    ...conditions.map((line) => `- ${line}`), '',
    '| whole decision | processor time, ns | ratio | gate | allocations of ours |', '| --- | --- | --- | --- | --- |', ...rows,
  ].join('\n');
}

function conditions(rounds) {
  const git = (...words) => execFileSync('git', words, {cwd: path.dirname(fileURLToPath(import.meta.url))}).toString().trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') ? ' with changes' : '';
  return [
    `Commit ${git('rev-parse', '--short=12', 'HEAD')}${changed}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    `${os.cpus()[0].model}, ${os.cpus().length} cores, ${os.type()} ${os.release().split('-')[0]}; load ${os.loadavg()[0].toFixed(1)}.`,
    'RS256, 2,048 bits, 2,000 different tokens of about 1,000 octets. The signature alone: OpenSSL, its contexts set up once, the octets decoded. Beside it whole decisions of one process: path, route, credential, token, claims, requirement.',
    `${rounds} rounds of 2,000 turns each, one contestant after the other; medians, and of the ratios the medians of the rounds.`,
  ];
}

function main() {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {rounds: {type: 'string', default: '41'}, json: {type: 'boolean', default: false}, write: {type: 'string'}},
  });
  if (positionals.length !== 1 || !/^[1-9]\d{0,3}$/.test(values.rounds)) throw new Error('name the program to measure, and --rounds from 1 to 9999');
  const judged = judge(JSON.parse(execFileSync(path.resolve(positionals[0]), [values.rounds], {maxBuffer: 64 << 20})));
  const section = markdown(judged, conditions(values.rounds));
  process.stdout.write(values.json ? `${JSON.stringify(judged)}\n` : `${heading}\n\n${section}\n`);
  if (values.write) writeFileSync(values.write, withSection(existsSync(values.write) ? readFileSync(values.write, 'utf8') : '# Measured\n', heading, section));
  return judged.every(({passed}) => passed) ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = main();
  } catch (problem) {
    process.stderr.write(`verification: ${problem.message}\n`);
    process.exitCode = 2;
  }
}
