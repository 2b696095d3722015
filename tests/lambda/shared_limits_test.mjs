// Limits in a Redis that is killed, restarted, frozen and flushed while `decide --batch` and the Lambda decide: nobody
// waits longer than the deadline, the failure policy holds to the letter, and the store is used again by itself.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {publicJwk} from '../vectors/signing.mjs';
import {Program, temporaryFolder} from '../support/program.mjs';
import {Redis} from '../support/redis.mjs';
import {RuntimeApi, tokenEvent} from '../support/runtime_api.mjs';
import {accessClaims, makeToken} from '../support/tokens.mjs';

const burst = 20;
const deadline = 20;   // ms, of a question
const slack = 3_000;   // of a busy machine
const recovery = 2_000 + 20_000;  // which may miss the deadline of one try a second again and again
const late = 5;        // answers that a busy machine may have missed the deadline with, where the store was there

function configure(folder, redis, policy) {
  writeFileSync(path.join(folder, 'jwks.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
  writeFileSync(path.join(folder, 'portcullis.yaml'), `issuers:
  - domain: example.eu.auth0.com
    jwks_file: jwks.json
    audience: https://api.example.com
    algorithms: [RS256]
    token: auth0-access
routes:
  - route: "POST /api/private"
    access: authenticated
    limit: [per-user]
default: deny
limits:
  per-user: { rate: 20/hour, burst: ${burst}, by: principal }
store: ${redis.url}
when_store_fails: ${policy}
lambda: { cache: 0s }
`);
}

const token = () => makeToken({header: {kid: 'k1'}, claims: accessClaims()});

/** `portcullis decide --batch`: one line in, one line out. */
async function commandLine(t, folder) {
  const program = new Program('portcullis', ['decide', '--batch', '--config', path.join(folder, 'portcullis.yaml')], {stdin: 'pipe'});
  t.after(() => program.stop('SIGKILL'));
  const request = {method: 'POST', path: '/api/private', headers: {Authorization: `Bearer ${token()}`}};
  return {
    program,
    changes: () => program.lines.filter((line) => line.startsWith('portcullis: ')),
    async ask() {
      const from = program.lines.length;
      program.child.stdin.write(`${JSON.stringify({request})}\n`);
      const decision = JSON.parse(await program.line(/^\{/, {from}));
      return decision.reason;
    },
  };
}

/** `bootstrap` on a Runtime API. */
async function lambda(t, folder) {
  const api = await RuntimeApi.start(t);
  const program = new Program('bootstrap', [], {
    env: {AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: 'authorizer', PORTCULLIS_CONFIG: path.join(folder, 'portcullis.yaml')}, cwd: folder});
  t.after(() => program.stop('SIGKILL'));
  await api.idle();
  return {
    program,
    changes: () => program.lines.filter((line) => line.includes('"store"') && JSON.parse(line).msg === 'store'),
    async ask() {
      await api.idle();
      const from = program.lines.length;
      await api.invoke(tokenEvent(`Bearer ${token()}`));
      return JSON.parse(await program.line(/"msg":"decision"/, {from})).reason;
    },
  };
}

describe('a Redis that is frozen, flushed, killed and restarted', {concurrency: 3}, () => {
  for (const [door, open] of Object.entries({'decide --batch': commandLine, 'the Lambda': lambda})) {
    for (const policy of ['local', 'allow', 'deny']) {
      test(`${door}, when_store_fails: ${policy}`, async (t) => {
        const redis = await Redis.start(t);
        const folder = temporaryFolder(t.after.bind(t));
        configure(folder, redis, policy);
        const {program, changes, ask} = await open(t, folder);
        let granted = 0;  // by the store, or by what stands in for it
        let bursts = policy === 'local' ? 2 : 1;  // the store's at first, and the instance's own
        let limited = true;
        let slowest = 0;
        const timed = async () => {
          const began = performance.now();
          const reason = await ask();
          slowest = Math.max(slowest, performance.now() - began);
          if (reason === 'ok' && limited) ++granted;
          return reason;
        };
        const some = async (count) => {
          const reasons = [];
          for (let i = 0; i < count; ++i) reasons.push(await timed());
          return reasons;
        };
        const isOut = () => {
          const outs = changes().map((line) => line.includes('out of reach'));
          assert.ok(outs.every((out, at) => out === (at % 2 === 0)), `each change is told once: ${changes().join('\n')}`);
          return outs.at(-1) ?? false;
        };
        /** `count` answers of the store. Where it was out of reach meanwhile, as a busy machine makes it, they tell nothing of it: again then. */
        const ofTheStore = async (count, judge, prepare = async () => {}) => {
          for (let attempt = 0; attempt < 8; ++attempt) {
            await prepare(attempt);
            const [before, grantedBefore] = [changes().length, granted];
            const reasons = await some(count);
            if (!isOut() && changes().length === before) return judge(reasons);
            if (policy === 'allow') granted = grantedBefore;  // not the store's
            limited = policy !== 'allow';
            await recovered();
            limited = true;
          }
          assert.fail(`the store was never in reach for ${count} answers: ${changes().join('\n')}`);
        };
        /** Without its data the store grants a new burst, a second later at the latest: for so long what it refused is remembered. */
        const empty = async () => {
          assert.match(await redis.say('FLUSHALL'), /OK/);
          await pause(1_050);
          ++bursts;
        };
        const recovered = async () => {
          const began = performance.now();
          while (isOut()) {
            await pause(50);
            await timed();
            assert.ok(performance.now() - began < recovery, `no answer of the store again; it was said: ${changes().join('\n')}`);
          }
        };
        const asPolicySays = (reasons) => {
          if (policy === 'allow') assert.deepEqual([...new Set(reasons)], ['ok']);
          if (policy === 'deny') assert.deepEqual([...new Set(reasons)], ['store_unavailable']);
          if (policy === 'local') assert.ok(reasons.every((reason) => ['ok', 'rate_limited'].includes(reason)), reasons.join());
        };

        const admitted = (reasons) => reasons.filter((reason) => reason === 'ok').length;

        await ofTheStore(2, (reasons) => assert.ok(!reasons.includes('rate_limited')), async (attempt) => attempt && empty());

        redis.freeze();
        limited = policy !== 'allow';
        const frozen = await some(burst + 5);
        asPolicySays(frozen);
        if (policy === 'local') assert.ok(admitted(frozen) <= burst && admitted(frozen) >= burst - late, 'one burst of this instance\'s own');
        assert.ok(isOut());
        redis.thaw();
        await recovered();
        limited = true;

        // What was under way when it froze may count, and a script that is gone is no matter. Then the bucket is empty,
        // as every instance sees.
        assert.match(await redis.say('SCRIPT FLUSH'), /OK/);
        await ofTheStore(burst, (rest) => assert.ok(rest.includes('rate_limited') && admitted(rest) < burst));

        await ofTheStore(burst + late, (again) => assert.ok(Math.abs(admitted(again) - burst) <= late, `${admitted(again)} were admitted`), empty);

        await redis.kill();
        limited = policy !== 'allow';
        await pause(1_050);
        const killed = await some(5);
        asPolicySays(killed);
        if (policy === 'local') assert.deepEqual([...new Set(killed)], ['rate_limited'], 'its own burst is used up');
        assert.ok(isOut());
        await redis.restart();
        ++bursts;
        await recovered();
        limited = true;
        await ofTheStore(burst + 5, (last) => assert.ok(last.includes('rate_limited')));

        assert.ok(granted <= bursts * burst + (policy === 'allow' ? late : 0), `${granted} were granted`);
        assert.ok(slowest < deadline + slack, `the slowest took ${slowest} ms`);
        assert.ok(program.running);
      });
    }
  }
});
