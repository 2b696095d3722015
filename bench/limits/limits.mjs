// Measures what counting a request costs and says whether the gates hold. Started by bench/limits/run, which builds what is measured.
//   node limits.mjs PROGRAM [--rounds N] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {fileURLToPath} from 'node:url';
import {benchmark, commitLine, machineLine} from '../command.mjs';
import {quantile} from '../cold_start/report.mjs';

const heading = '## Limits in memory';

const ratio = (one, other) => ({rounds}) => quantile(rounds.map((round) => round[one] / round[other]), 0.5);
export const gates = [
  {says: 'a million keys: at most 0.4 × the time of the sharded map', atMost: 0.4, of: ratio('table', 'map'), unit: ' ×'},
  {says: 'a million keys: at most 60 bytes a key', atMost: 60, of: ({bytes, keys}) => bytes.table / keys, unit: ' B'},
  {says: 'a hot key: at most 2 × clock and hash alone', atMost: 2, of: ratio('hot', 'floor'), unit: ' ×'},
];

/** Ratios of one round each; the median counts. */
export const judge = (measured) => gates.map(({says, atMost, of, unit}) => {
  const value = of(measured);
  return {says, atMost, value, unit, passed: value <= atMost};
});

export function markdown({keys, bytes, given_up, rounds}, judged, conditions) {
  const at = (measure, part) => quantile(rounds.map((round) => round[measure]), part).toFixed(0);
  const range = (measure) => `${at(measure, 0.5)} [${at(measure, 0.1)}–${at(measure, 0.9)}]`;
  const each = (total) => (total / keys).toFixed(1);
  return [
    ...conditions.map((line) => `- ${line}`), '',
    '| one request counted, clock and hash of its key included | processor time, ns | bytes a key |', '| --- | --- | --- |',
    `| 64 × (mutex + \`unordered_map\`), a million keys in any order | ${range('map')} | ${each(bytes.map)} |`,
    `| \`LimitTable\`, the same | ${range('table')} | ${each(bytes.table)} |`,
    `| \`LimitTable\`, one hot key | ${range('hot')} | |`,
    `| clock and hash alone | ${range('floor')} | |`, '',
    `Of the million keys, all of which owed something, ${given_up} gave way.`, '',
    '| gate | measured |  |', '| --- | --- | --- |',
    ...judged.map(({says, value, unit, passed}) => `| ${says} | ${value.toFixed(2)}${unit} | ${passed ? 'pass' : 'FAIL'} |`),
  ].join('\n');
}

const conditions = (rounds) => [
  commitLine(), machineLine(),
  `${rounds} rounds of 100,000 requests each, one contestant after the other, on one thread; keys of 51 octets. Median [10th–90th percentile]; the gates' ratios are medians of the rounds' ratios.`,
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = benchmark({
    name: 'limits', heading, judge,
    markdown: (measured, judged, rounds) => markdown(measured, judged, conditions(rounds)),
    json: (measured, judged) => ({...measured, gates: judged}),
  });
