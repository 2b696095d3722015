// Measures what decisions cost and says whether the gates hold. Started by bench/verification/run, which builds what is measured.
//   node verification.mjs PROGRAM [--rounds N] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {fileURLToPath} from 'node:url';
import {benchmark, commitLine, machineLine} from '../command.mjs';
import {quantile} from '../cold_start/report.mjs';

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

const conditions = (rounds) => [
  commitLine(), machineLine(),
  'RS256, 2,048 bits, 2,000 different tokens of about 1,000 octets. The signature alone: OpenSSL\'s own functions, set up once, the octets decoded; ours take a shorter way to the same power (core/token/rsa_power.cpp). Beside it whole decisions of one process: path, route, credential, token, claims, requirement.',
  `${rounds} rounds of 2,000 turns each, one contestant after the other; medians, and of the ratios the medians of the rounds.`,
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = benchmark({
    name: 'verification', heading, judge,
    markdown: (_, judged, rounds) => markdown(judged, conditions(rounds)),
    json: (_, judged) => judged,
  });
