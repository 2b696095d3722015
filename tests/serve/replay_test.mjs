// DPoP proofs in front of several machines: each passes once where they share a store, and is for one URL only.
import assert from 'node:assert/strict';
import {createHash, randomUUID} from 'node:crypto';
import {test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {KeyServer} from '../support/key_server.mjs';
import {run, temporaryFolder} from '../support/program.mjs';
import {Redis} from '../support/redis.mjs';
import {Serve, configuration} from '../support/serve.mjs';
import {accessClaims, makeToken, nowSeconds} from '../support/tokens.mjs';
import {publicJwk} from '../vectors/signing.mjs';

const url = 'https://api.example.com/private';
const {kty, crv, x, y} = publicJwk('p256');
const digest = (text) => createHash('sha256').update(text).digest('base64url');

async function world(t) {
  const keyServer = await KeyServer.start(t, [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]);
  const token = makeToken({header: {kid: 'k1'}, claims: accessClaims({iss: keyServer.issuer, cnf: {jkt: digest(JSON.stringify({crv, kty, x, y}))}})});
  const prove = (htu = url) => makeToken({alg: 'ES256', key: 'p256', header: {typ: 'dpop+jwt', jwk: {kty, crv, x, y}},
    claims: {jti: randomUUID(), htm: 'GET', htu, iat: nowSeconds(), ath: digest(token)}});
  const start = (config) => Serve.start(t.after.bind(t), temporaryFolder(t.after.bind(t)), config);
  /** What a machine answers to the proof: the status. */
  const ask = async (serve, proof, named = new URL(url)) => (await serve.ask('/private', {headers: {'X-Original-Proto': named.protocol.slice(0, -1),
    'X-Original-Host': named.host, Authorization: `DPoP ${token}`, DPoP: proof}})).status;
  return {keyServer, token, prove, start, ask};
}

test('a proof passes once on all machines that share a store, and once on each of those that do not', async (t) => {
  const {keyServer, token, prove, start, ask} = await world(t);
  const redis = await Redis.start(t);
  const config = (more) => configuration(keyServer, {store: redis.url, when_store_fails: 'deny', ...more});
  const [one, other] = await Promise.all([start(config()), start(config())]);
  /** By the command line, a third machine. */
  const command = async (proof) => JSON.parse((await run('portcullis', ['decide', '--json', '--config', one.file, '--request', `GET ${url}`,
    '-H', `Authorization: DPoP ${token}`, '-H', `DPoP: ${proof}`])).stdout).status;
  const decide = (machine, proof) => (machine === command ? command(proof) : ask(machine, proof));
  /** The answers of machines to one proof, one after the other; where the store was late, as on a busy machine, once more with another. */
  const answers = async (...machines) => {
    for (let attempt = 0; attempt < 20; ++attempt) {
      const proof = prove();
      const statuses = [];
      for (const machine of machines) statuses.push(await decide(machine, proof));
      if (!statuses.includes(503)) return statuses;
      await pause(200);
    }
    assert.fail('the store was never in time');
  };
  assert.deepEqual(await answers(one, other, one, command), [200, 401, 401, 401]);
  assert.deepEqual(await answers(command, one, command), [200, 401, 401]);
  assert.equal(other.log.find(({msg, status}) => msg === 'decision' && status === 401).reason, 'dpop_replayed');
  for (const name of (await redis.say('KEYS *')).match(/pc:.*/g)) assert.match(name, /^pc:dpop:\{[0-9a-f]{32}\}\r?$/);

  await redis.kill();
  const late = prove();
  assert.equal(await ask(one, late), 503, 'when_store_fails: deny');
  assert.ok([...(await one.metric('portcullis_store_errors_total')).values()][0] > 0);
  for (const policy of ['local', 'allow']) {
    for (const serve of [one, other]) await serve.reload(config({when_store_fails: policy}));
    const proof = prove();
    const statuses = [];
    for (const serve of [one, one, other, other]) statuses.push(await ask(serve, proof));
    assert.deepEqual(statuses, [200, 401, 200, 401], `${policy}: each refuses what it has seen itself`);
  }
  assert.equal(await ask(one, late), 401, 'what was not decided is not seen for the first time later');

  for (const serve of [one, other]) await serve.reload(configuration(keyServer, {store: 'memory'}));
  const proof = prove();
  const statuses = [];
  for (const serve of [one, one, other, other]) statuses.push(await ask(serve, proof));
  assert.deepEqual(statuses, [200, 401, 200, 401], 'each knows its own');
});

test('a proof is for the URL that is configured, whatever host a client names', async (t) => {
  const {keyServer, prove, start, ask} = await world(t);
  const foreign = new URL('https://other.example.com/private');
  const serve = await start(configuration(keyServer));
  assert.equal(await ask(serve, prove()), 200);
  assert.equal(await ask(serve, prove(foreign.href), foreign), 200, 'the proxy answers to that name');
  assert.equal(await ask(serve, prove(), foreign), 401);

  const told = configuration(keyServer, {serve: {public_base_url: 'https://api.example.com/'}});
  await serve.reload(told);
  assert.equal(await ask(serve, prove(foreign.href), foreign), 401);
  assert.equal(await ask(serve, prove(), foreign), 200);
  assert.equal(await ask(serve, prove()), 200);
  const from = serve.program.lines.length;
  await serve.reload(configuration(keyServer));
  assert.ok(serve.program.lines.slice(from).some((line) => line.includes('DPoP proofs may be for other URLs')), 'what allows more is told');
});
