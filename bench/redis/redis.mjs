// Measures the Redis store and says whether its gate holds. Started by bench/redis/run, which builds what is measured.
//   node redis.mjs PROGRAM [--rounds N] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {fileURLToPath} from 'node:url';
import {benchmark, commitLine, machineLine} from '../command.mjs';
import {quantile} from '../cold_start/report.mjs';

const heading = '## Limits in Redis';

export const gates = [
  {atLeast: 0.6, says: 'limits decided a second, beside redis-benchmark with the same script and pipelining (the better of 1 and 50 connections): at least 0.6 ×'},
];

/** Ratios of one round each; the median counts. */
export function judge({rounds}) {
  const ratio = quantile(rounds.map(({ours, one, many}) => ours / Math.max(one, many)), 0.5);
  return gates.map((gate) => ({...gate, ratio, passed: ratio >= gate.atLeast}));
}

export function markdown({alone, questions, underWay, keys, rounds, serverMicroseconds, bytesPerKey, version}, judged, conditions) {
  const of = (measure, digits = 0) => {
    const at = (share) => quantile(rounds.map((round) => round[measure]), share).toFixed(digits);
    return `${at(0.5)} [${at(0.1)}–${at(0.9)}]`;
  };
  return [
    ...conditions.map((line) => `- ${line}`),
    `- redis-server ${version}; ${questions} questions a round about ${keys} buckets, ${underWay} under way on a connection; the server has one core, whoever asks has another${alone ? '; all under real-time priority, so that other programs waited' : ''}.`, '',
    '| who asks | a second |', '| --- | --- |',
    `| redis-benchmark, 1 connection | ${of('one')} |`, `| redis-benchmark, 50 connections | ${of('many')} |`, `| portcullis, 1 connection | ${of('ours')} |`, '',
    `A question costs the server ${serverMicroseconds.toFixed(1)} µs and portcullis ${of('processorMicroseconds', 1)} µs of its processor. A bucket takes ${bytesPerKey.toFixed(0)} bytes of the server's memory.`, '',
    '| gate | measured |  |', '| --- | --- | --- |',
    ...judged.map(({says, ratio, passed}) => `| ${says} | ${ratio.toFixed(2)} × | ${passed ? 'pass' : 'FAIL'} |`),
  ].join('\n');
}

const conditions = (rounds) => [
  commitLine(), machineLine(), `${rounds} rounds. Median [10th–90th percentile]; the gate's ratio is the median of the rounds' ratios.`,
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = benchmark({
    name: 'redis', heading, judge,
    markdown: (measured, judged, rounds) => markdown(measured, judged, conditions(rounds)),
    json: (measured, judged) => ({...measured, gates: judged}),
  });
