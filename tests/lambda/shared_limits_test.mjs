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
const slack = 1_500;   // of a busy machine
const recovery = 2_000;

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

describe('a Redis that is frozen, flushed, killed and restarted', {concurrency: true}, () => {
  for (const [door, open] of Object.entries({'decide --batch': commandLine, 'the Lambda': lambda})) {
    for (const policy of ['local', 'allow', 'deny']) {
      test(`${door}, when_store_fails: ${policy}`, async (t) => {
        const redis = await Redis.start(t);
        const folder = temporaryFolder(t.after.bind(t));
        configure(folder, redis, policy);
        const {program, changes, ask} = await open(t, folder);
        let granted = 0;  // by the store, or by what stands in for it
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
        const recovered = async (told) => {
          const began = performance.now();
          while (changes().length < told) {
            await pause(50);
            await timed();
            assert.ok(performance.now() - began < recovery + slack, `no answer of the store again; it was said: ${changes().join('\n')}`);
          }
        };
        const asPolicySays = (reasons) => {
          if (policy === 'allow') assert.deepEqual([...new Set(reasons)], ['ok']);
          if (policy === 'deny') assert.deepEqual([...new Set(reasons)], ['store_unavailable']);
          if (policy === 'local') assert.ok(reasons.every((reason) => ['ok', 'rate_limited'].includes(reason)), reasons.join());
        };

        assert.deepEqual(await some(2), ['ok', 'ok']);
        assert.deepEqual(changes(), []);

        redis.freeze();
        limited = policy !== 'allow';
        const frozen = await some(burst + 5);
        asPolicySays(frozen);
        if (policy === 'local') assert.equal(frozen.filter((reason) => reason === 'ok').length, burst, 'one burst of this instance\'s own');
        assert.equal(changes().length, 1, 'told once');
        redis.thaw();
        await recovered(2);
        limited = true;

        // What was under way when it froze may count, and a script that is gone is no matter. Then the bucket is empty,
        // as every instance sees.
        assert.match(await redis.say('SCRIPT FLUSH'), /OK/);
        const rest = await some(burst);
        assert.equal(rest.at(-1), 'rate_limited');
        assert.ok(rest.lastIndexOf('ok') < rest.indexOf('rate_limited'));
        assert.equal(changes().length, 2);

        // Without its data the store grants a new burst, and no more: a second later at the latest, for so long what
        // it refused is remembered.
        assert.match(await redis.say('FLUSHALL'), /OK/);
        await pause(1_050);
        const again = await some(burst + 5);
        assert.equal(again.filter((reason) => reason === 'ok').length, burst);

        await redis.kill();
        limited = policy !== 'allow';
        await pause(1_050);
        const killed = await some(5);
        asPolicySays(killed);
        if (policy === 'local') assert.deepEqual([...new Set(killed)], ['rate_limited'], 'its own burst is used up');
        assert.equal(changes().length, 3);
        await redis.restart();
        await recovered(4);
        limited = true;
        await some(burst + 5);

        const bursts = policy === 'local' ? 4 : 3;  // the store's at first, flushed and restarted; the instance's own
        assert.ok(granted <= bursts * burst, `${granted} were granted`);
        assert.ok(slowest < deadline + slack, `the slowest took ${slowest} ms`);
        assert.ok(program.running);
      });
    }
  }
});
