// Keeps what the soaks counted in docs/measured.md: node soak_report.mjs FILE LOG…
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {withSection} from '../bench/cold_start/report.mjs';
import {commitLine, machineLine} from '../bench/command.mjs';

const [file, ...logs] = process.argv.slice(2);

/** What a test said of itself: "counted: …" of a unit test; of node's the test's name and the line behind it. */
function told(log) {
  const text = readFileSync(log, 'utf8');
  const rows = [...text.matchAll(/^counted: (.+)$/gm)].map(([, counted]) => counted);
  for (const [, name, said] of text.matchAll(/^ok \d+ - (.+)\n(?: .*\n)*# (.+)$/gm)) rows.push(`${name}: ${said}`);
  return rows.map((row) => `| ${path.basename(log, '.log')} | ${row} |`);
}

const rows = logs.flatMap(told);
if (!rows.length) throw new Error('the soaks counted nothing');
const section = [`- ${commitLine(process.cwd())}`, `- ${machineLine()}`, '- Every test of these passed.', '', '| soak | what it went through |', '| --- | --- |', ...rows].join('\n');
writeFileSync(file, withSection(readFileSync(file, 'utf8'), '## Soaks', section));
