// DPoP proofs in front of several machines: each passes once where they share a store, is for one URL only, and holds a
// nonce that those with one secret take from each other.
import assert from 'node:assert/strict';
import {createHash, randomUUID} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
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
  const prove = (htu = url, nonce) => makeToken({alg: 'ES256', key: 'p256', header: {typ: 'dpop+jwt', jwk: {kty, crv, x, y}},
    claims: {jti: randomUUID(), htm: 'GET', htu, iat: nowSeconds(), ath: digest(token), ...(nonce && {nonce})}});
  const start = (config) => Serve.start(t.after.bind(t), temporaryFolder(t.after.bind(t)), config);
  /** What a machine answers to the proof. */
  const answer = (serve, proof, named = new URL(url)) => serve.ask('/private', {headers: {'X-Original-Proto': named.protocol.slice(0, -1),
    'X-Original-Host': named.host, Authorization: `DPoP ${token}`, DPoP: proof}});
  const ask = async (...request) => (await answer(...request)).status;
  /** By the command line, with a machine's configuration: the status. */
  const command = async (serve, proof) => JSON.parse((await run('portcullis', ['decide', '--json', '--config', serve.file, '--request', `GET ${url}`,
    '-H', `Authorization: DPoP ${token}`, '-H', `DPoP: ${proof}`])).stdout).status;
  return {keyServer, prove, start, answer, ask, command};
}

test('a proof passes once on all machines that share a store, and once on each of those that do not', async (t) => {
  const {keyServer, prove, start, ask, command} = await world(t);
  const redis = await Redis.start(t);
  const config = (more) => configuration(keyServer, {store: redis.url, when_store_fails: 'deny', ...more});
  const [one, other] = await Promise.all([start(config()), start(config())]);
  /** The command line is a third machine. */
  const decide = (machine, proof) => (machine === command ? command(one, proof) : ask(machine, proof));
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

test('a nonce is good at every server with the same secret, and else only where it came from', async (t) => {
  const {keyServer, prove, start, answer, command} = await world(t);
  const folder = temporaryFolder(t.after.bind(t));
  const secret = (name, text) => {
    writeFileSync(path.join(folder, name), text);
    return `file:${path.join(folder, name)}`;
  };
  const asking = (nonce_secret) => configuration(keyServer, {dpop: {nonce: 'required', ...(nonce_secret && {nonce_secret})}});
  const shared = asking(secret('nonces', `${'n'.repeat(32)}\n`));
  /** A client that a balancer sends from one server to the next: the statuses. */
  const inTurn = async (...servers) => {
    const statuses = [];
    let nonce;
    for (const serve of servers) {
      const {status, headers} = await answer(serve, prove(url, nonce));
      statuses.push(status);
      nonce = headers['dpop-nonce'] ?? nonce;
    }
    return statuses;
  };
  const [one, other] = await Promise.all([start(shared), start(shared)]);
  assert.deepEqual(await inTurn(one, other, one, other), [401, 200, 200, 200]);
  const given = (await answer(one, prove())).headers['dpop-nonce'];
  assert.equal(await command(other, prove(url, given)), 200, 'the command line has the secret, too');

  const apart = asking(secret('others', `${'o'.repeat(32)}\n`));
  for (const config of [apart, asking()]) {
    const refused = await other.reload(config, 'reload failed');
    assert.match(refused.detail, /another dpop\.nonce_secret needs a restart/);
    assert.ok(!refused.detail.includes('o'.repeat(32)));
  }
  assert.deepEqual(await inTurn(one, other), [401, 200], 'the secret it began with goes on');

  const [third, fourth] = await Promise.all([start(apart), start(asking())]);
  assert.deepEqual(await inTurn(third, one, third, one), [401, 401, 401, 401]);
  assert.deepEqual(await inTurn(fourth, one, fourth, fourth), [401, 401, 401, 200]);
  assert.equal(await command(fourth, prove(url, given)), 401);
});
