// Keeps what the fuzz targets did in docs/measured.md: node fuzz_report.mjs TABLE JOBS FILE
import {readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import {withSection} from '../bench/cold_start/report.mjs';
import {commitLine} from '../bench/command.mjs';

const [table, jobs, file] = process.argv.slice(2);
const rows = readFileSync(table, 'utf8').trim().split('\n').sort();
const section = [
  `- ${commitLine(process.cwd())}`,
  `- libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer, ${jobs} targets side by side on ${os.cpus().length} cores; nothing was found.`,
  '', '| target | seconds | inputs |', '| --- | --- | --- |', ...rows,
].join('\n');
writeFileSync(file, withSection(readFileSync(file, 'utf8'), '## Fuzzing', section));
