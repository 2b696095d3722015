// Measures cold starts in turn and says whether the gates hold. Started by bench/cold_start/run, which builds
// what is measured.
//   node cold_start.mjs BOOTSTRAP [--rounds N] [--warm-up N] [--only NAME,…] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {contestants, makeEvent, zippedSize} from './contestants.mjs';
import {LambdaService} from './lambda_service.mjs';
import {judge, markdown, withSection} from './report.mjs';
import {coldStart} from './stopwatch.mjs';

const most_rounds = 1000;
const heading = '## Cold start';

function giveUp(why) {
  process.stderr.write(`cold_start: ${why}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    const {values, positionals} = parseArgs({
      allowPositionals: true,
      options: {
        rounds: {type: 'string', default: '21'},
        'warm-up': {type: 'string', default: '2'},
        only: {type: 'string', default: Object.keys(contestants).join(',')},
        json: {type: 'boolean', default: false},
        write: {type: 'string'},
      },
    });
    const count = (name, least) => {
      if (!/^\d{1,4}$/.test(values[name]) || +values[name] < least || +values[name] > most_rounds) throw new Error(`--${name} is a number from ${least} to ${most_rounds}`);
      return +values[name];
    };
    const names = values.only.split(',');
    const unknown = names.find((name) => !Object.hasOwn(contestants, name));
    if (unknown !== undefined) throw new Error(`there is no program ${unknown} (there are: ${Object.keys(contestants).join(', ')})`);
    if (!names.includes('portcullis')) throw new Error('--only must name portcullis: everything is measured beside it');
    if (positionals.length !== 1 || !existsSync(positionals[0])) throw new Error('name the bootstrap to measure');
    return {bootstrap: path.resolve(positionals[0]), rounds: count('rounds', 1), warmUp: count('warm-up', 0), names, json: values.json, write: values.write};
  } catch (problem) {
    return giveUp(problem.message);
  }
}

/** Each round starts every program once, each time another one first. */
async function measure({bootstrap, rounds, warmUp, names}) {
  const service = await LambdaService.start();
  const event = makeEvent();
  const measured = [];
  for (let round = 0; round < warmUp + rounds; ++round) {
    const one = {};
    for (let turn = 0; turn < names.length; ++turn) {
      const name = names[(round + turn) % names.length];
      const {command, environment} = contestants[name];
      one[name] = await coldStart(name, command(bootstrap), environment, service, event);
    }
    if (round >= warmUp) measured.push(Object.fromEntries(names.map((name) => [name, one[name]])));
  }
  service.stop();
  return measured;
}

// proc(5): the scheduling policy is field 41 of stat, the 39th behind the name.
const is_real_time = () => ['1', '2'].includes(readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ')[38]);
const said = (program, ...words) => execFileSync(program, words, {cwd: path.dirname(fileURLToPath(import.meta.url))}).toString().trim();
const load = () => os.loadavg()[0].toFixed(1);

function conditions({rounds, warmUp, names}, loadBefore) {
  const commit = `${said('git', 'rev-parse', '--short=12', 'HEAD')}${said('git', 'status', '--porcelain', '--untracked-files=no') ? ' with changes' : ''}`;
  const versions = [`OpenSSL of the bundle: ${said('openssl', 'version').split(' ')[1]}`];
  if (names.includes('python')) versions.push(said('/usr/bin/python3', '-c', 'import sys, jwt, cryptography; print(f"Python {sys.version.split()[0]}, PyJWT {jwt.__version__}, cryptography {cryptography.__version__}")'));
  if (names.includes('node')) versions.push(`Node ${process.versions.node}, aws-jwt-verify ${JSON.parse(readFileSync(new URL('node_authorizer/node_modules/aws-jwt-verify/package.json', import.meta.url))).version}`);
  return [
    `Commit ${commit}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    `${os.cpus()[0].model}, ${os.cpus().length} cores, ${os.type()} ${os.release().split('-')[0]}; load ${loadBefore} before, ${load()} after; ${is_real_time() ? 'all under real-time priority, so that other programs waited' : 'other programs took their turns'}.`,
    `${versions.join('; ')}.`,
    `${rounds} rounds after ${warmUp} to warm up; each starts every program once, in turn. Median [10th–90th percentile]; the gates' ratios are medians of the rounds' ratios. What is linked here is copied before, as a bundle is unpacked.`,
  ];
}

const wanted = readArguments();
const loadBefore = load();
const rounds = await measure(wanted).catch((problem) => giveUp(problem.message));
const result = judge(rounds);
const of = (what) => Object.fromEntries(wanted.names.map((name) => [name, what(contestants[name])]));
result.labels = of(({label}) => label);
result.sizes = of(({bundle}) => zippedSize(bundle(wanted.bootstrap)));
result.conditions = conditions(wanted, loadBefore);
process.stdout.write(wanted.json ? `${JSON.stringify({...result, rounds}, null, 2)}\n` : `${markdown(result)}\n`);
if (wanted.write) {
  const before = existsSync(wanted.write) ? readFileSync(wanted.write, 'utf8') : '# Measured\n';
  writeFileSync(wanted.write, withSection(before, heading, markdown(result)));
}
process.exitCode = result.gates.every(({passed}) => passed) ? 0 : 1;
