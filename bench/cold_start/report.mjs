// From rounds to a table and to gates. A ratio is the median of the ratios within each round, where both
// programs ran one after the other on an equally busy machine.

export const gates = [
  {measure: 'decision', beside: 'python', atMost: 1 / 30, says: 'exec to first decision at most 1/30 of the Python handler\'s'},
  {measure: 'decision', beside: 'node', atMost: 1 / 25, says: 'exec to first decision at most 1/25 of the Node authorizer\'s'},
  {measure: 'decision', beside: 'bare_c', atMost: 1.5, says: 'exec to first decision at most 1.5 × the bare C program\'s'},
  {measure: 'memory', beside: 'python', atMost: 1 / 4, says: 'peak memory at most 1/4 of the Python handler\'s'},
  {measure: 'memory', beside: 'node', atMost: 1 / 4, says: 'peak memory at most 1/4 of the Node authorizer\'s'},
];

/** By linear interpolation between the nearest ranks. */
export function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

const spread = (numbers) => ({median: quantile(numbers, 0.5), p10: quantile(numbers, 0.1), p90: quantile(numbers, 0.9)});

/**
 * @param rounds [{portcullis: {next, decision, cpu, memory}, python: …}, …]
 * @returns {{programs, gates, others}} spreads by program and measure, each gate that could be judged, and the
 *   ratio of the decisions beside a program that has none
 */
export function judge(rounds) {
  const names = Object.keys(rounds[0]);
  const measures = Object.keys(rounds[0][names[0]]);
  const programs = Object.fromEntries(names.map((name) =>
    [name, Object.fromEntries(measures.map((measure) => [measure, spread(rounds.map((round) => round[name][measure]))]))]));
  const ratioOf = (measure, beside) => quantile(rounds.map((round) => round.portcullis[measure] / round[beside][measure]), 0.5);
  const judged = gates.filter(({beside}) => names.includes(beside)).map((gate) => {
    const ratio = ratioOf(gate.measure, gate.beside);
    return {...gate, ratio, passed: ratio <= gate.atMost};
  });
  const ungated = names.filter((name) => name !== 'portcullis' && !gates.some(({beside}) => beside === name));
  return {programs, gates: judged, others: Object.fromEntries(ungated.map((name) => [name, ratioOf('decision', name)]))};
}

const fraction = (ratio) => (ratio < 1 ? `1/${(1 / ratio).toFixed(1)}` : `${ratio.toFixed(2)} ×`);
const table = (rows) => rows.map((row, index) => `| ${row.join(' | ')} |${index === 0 ? `\n|${' --- |'.repeat(row.length)}` : ''}`).join('\n');

/** The report as Markdown. @param result what judge() gave, with `labels`, `sizes` and `conditions` */
export function markdown({programs, gates: judged, others, labels, sizes, conditions}) {
  const range = ({median, p10, p90}) => `${median.toFixed(2)} [${p10.toFixed(2)}–${p90.toFixed(2)}]`;
  const rows = Object.entries(programs).map(([name, {next, decision, cpu, memory}]) =>
    [labels[name], range(next), range(decision), cpu.median.toFixed(2), memory.median.toFixed(1), (sizes[name] / 1e6).toFixed(2)]);
  const ungated = Object.entries(others).map(([name, ratio]) => [`exec to first decision beside ${labels[name]}`, fraction(ratio), 'no gate']);
  const verdicts = judged.map(({says, ratio, passed}) => [says, fraction(ratio), passed ? 'pass' : 'FAIL']);
  return [
    ...conditions.map((line) => `- ${line}`), '',
    table([['program', 'exec to first `next`, ms', 'exec to first decision, ms', 'processor time, ms', 'peak memory, MiB', 'bundle, MB zipped'], ...rows]), '',
    table([['gate', 'measured', ''], ...verdicts, ...ungated]),
  ].join('\n');
}

/** `document` with the section under `heading` (a "## …" line) replaced, or added at the end. */
export function withSection(document, heading, body) {
  const section = `${heading}\n\n${body}\n`;
  const lines = document.split('\n');
  const begin = lines.indexOf(heading);
  if (begin < 0) return `${document.trimEnd()}\n\n${section}`;
  const following = lines.findIndex((line, index) => index > begin && line.startsWith('## '));
  const rest = following < 0 ? [] : ['', ...lines.slice(following)];
  return [...lines.slice(0, begin), ...section.trimEnd().split('\n'), ...(rest.length ? rest : [''])].join('\n');
}
