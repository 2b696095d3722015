// Measures look-ups and says whether the gates hold. Started by bench/route_matching/run, which builds what is measured.
//   node route_matching.mjs PROGRAM [--rounds N] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {fileURLToPath} from 'node:url';
import {benchmark, commitLine, machineLine} from '../command.mjs';
import {quantile} from '../cold_start/report.mjs';

const heading = '## Route matching';

// The tree of segments is as deep for 5,000 routes as for 50. What is left is the processor's cache: the larger table
// does not fit where the smaller one does.
export const gates = [
  {measure: 'same', atMost: 1.5, says: 'the same requests in a table of 5,000 routes: at most 1.5 × the time in one of 50'},
  {measure: 'all', atMost: 5, says: 'requests for all of the 5,000: at most 5 × the time in a table of 50'},
];

/** Ratios of one round each; the median counts. */
export function judge({rounds}) {
  return gates.map((gate) => {
    const ratio = quantile(rounds.map((round) => round[gate.measure] / round.few), 0.5);
    return {...gate, ratio, passed: ratio <= gate.atMost};
  });
}

export function markdown({fill, rounds}, judged, conditions) {
  const median = (measure) => quantile(rounds.map((round) => round[measure]), 0.5);
  const range = (measure) => `${median(measure).toFixed(0)} [${quantile(rounds.map((round) => round[measure]), 0.1).toFixed(0)}–${quantile(rounds.map((round) => round[measure]), 0.9).toFixed(0)}]`;
  return [
    ...conditions.map((line) => `- ${line}`), '',
    '| look-up | processor time, ns |', '| --- | --- |',
    `| among 50 routes | ${range('few')} |`, `| the same requests among 5,000 | ${range('same')} |`, `| requests for all of the 5,000 | ${range('all')} |`, '',
    `Filling the table, which finds routes that match the same: ${fill.few.toFixed(2)} ms for 50, ${fill.many.toFixed(1)} ms for 5,000.`, '',
    '| gate | measured |  |', '| --- | --- | --- |',
    ...judged.map(({says, ratio, passed}) => `| ${says} | ${ratio.toFixed(2)} × | ${passed ? 'pass' : 'FAIL'} |`),
  ].join('\n');
}

const conditions = (rounds) => [
  commitLine(), machineLine(),
  `${rounds} rounds of 20,000 look-ups each, half of which find nothing. Median [10th–90th percentile]; the gates' ratios are medians of the rounds' ratios.`,
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = benchmark({
    name: 'route_matching', heading, judge,
    markdown: (measured, judged, rounds) => markdown(measured, judged, conditions(rounds)),
    json: (measured, judged) => ({...measured, gates: judged}),
  });
