// Measures what an answer of the forward-auth server costs beside others, and says whether the gates hold. Started by
// bench/forward_auth/run, which builds what is measured.
//   node forward_auth.mjs PROGRAM [--rounds N] [--json] [--write FILE.md]
// Exit 0: every gate passed; 1: one did not; 2: nothing was measured.
import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {benchmark, commitLine, machineLine} from '../command.mjs';
import {quantile} from '../cold_start/report.mjs';

const heading = '## Forward authentication';

export const labels = {
  nginx_204: 'nginx, `return 204` for everybody',
  portcullis_cached: '`portcullis serve`, 2,000 tokens in turn',
  portcullis_fresh: '`portcullis serve`, each token for the first time',
  haproxy: 'HAProxy, `jwt_verify` with alg, iss, aud, exp',
  apache: 'Apache, mod_auth_openidc, keys from a JWKS',
  apache_file: 'the same, its key in a file',
  express: 'Express, express-oauth2-jwt-bearer, keys from a JWKS',
  front_nginx_204: 'nginx `auth_request`, asking nginx, `return 204`: both together',
  front_portcullis: 'nginx `auth_request`, asking `portcullis serve`, 2,000 tokens: both together',
};

export const gates = [
  {name: 'portcullis_cached', beside: 'nginx_204', at_most: 1.1},
  {name: 'portcullis_fresh', beside: 'haproxy', at_most: 0.7},
  {name: 'portcullis_fresh', beside: 'apache', at_most: 0.25},
  {name: 'portcullis_fresh', beside: 'express', at_most: 0.15},
  {name: 'front_portcullis', beside: 'front_nginx_204', at_most: 1.05},
];

/** A ratio is the median of the ratios within each round, where both ran soon after each other. */
export function judge(servers) {
  const times = new Map(servers.map(({name, rounds}) => [name, rounds.map(({microseconds}) => microseconds)]));
  return gates.map(({name, beside, at_most}) => {
    const ratio = quantile(times.get(name).map((own, round) => own / times.get(beside)[round]), 0.5);
    return {name, beside, at_most, ratio, passed: ratio <= at_most};
  });
}

export function markdown(servers, judged, conditions) {
  const median = (rounds, what) => quantile(rounds.map((round) => round[what]), 0.5);
  const rows = servers.map(({name, rounds}) => {
    const times = rounds.map(({microseconds}) => microseconds);
    return `| ${labels[name]} | ${median(rounds, 'microseconds').toFixed(1)} [${Math.min(...times).toFixed(1)}–${Math.max(...times).toFixed(1)}] | ` +
      `${Math.round(median(rounds, 'rate'))} | ${median(rounds, 'p99').toFixed(1)} |`;
  });
  return [
    ...conditions.map((line) => `- ${line}`), '',
    '| server | processor time a request, µs | requests a second | 99th percentile, ms |', '| --- | --- | --- | --- |', ...rows, '',
    '| gate: processor time at most | measured |  |', '| --- | --- | --- |',
    ...judged.map(({name, beside, at_most, ratio, passed}) =>
      `| ${labels[name]}: ${at_most} × ${labels[beside]} | ${ratio.toFixed(2)} | ${passed ? 'pass' : 'FAIL'} |`),
  ].join('\n');
}

const firstLine = (...command) => execFileSync(command[0], command.slice(1), {stdio: ['ignore', 'pipe', 'pipe']}).toString().split('\n')[0];

const conditions = (rounds) => [
  commitLine(), machineLine(),
  `${firstLine('haproxy', '-v')}; ${firstLine('apache2', '-v')}; Node ${process.versions.node}.`,
  'Every server has one worker, on the first core; wrk asks on the second, 64 connections that stay. RS256, 2,048 bits, tokens of about 1,000 octets. "For the first time": 20,000 tokens in turn, where one is remembered that comes again before some 4,096 others.',
  'All but HAProxy demand the scope, too; all but nginx check signature, algorithm, issuer, audience and time. Apache has the modules that Debian enables and gets its keys, like Express, from the JWKS of an issuer, which may change them; with a key in a file it needs less, and no gate is about that.',
  `${rounds} rounds of 2 s each, one server after the other; medians [least–most], and of the ratios the medians of the rounds. Judged is the time that the server's processes had a processor; requests a second and percentiles suffer from whatever else runs.`,
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = benchmark({
    name: 'forward_auth', heading, judge,
    markdown: (servers, judged, rounds) => markdown(servers, judged, conditions(rounds)),
    json: (servers, judged) => ({servers, gates: judged}),
  });
