// portcullis serve under load, while what it depends on changes, goes and comes back: no answer is wrong, none comes too
// late, and no connection is dropped. With PORTCULLIS_SOAK (make soak) far longer.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import net from 'node:net';
import {cpus} from 'node:os';
import {test} from 'node:test';
import {KeyServer} from '../support/key_server.mjs';
import {temporaryFolder} from '../support/program.mjs';
import {Redis} from '../support/redis.mjs';
import {Load, Serve, configuration, proxyRequest} from '../support/serve.mjs';
import {accessClaims, makeToken, withBadSignature} from '../support/tokens.mjs';
import {eventually} from '../support/world.mjs';
import {publicJwk} from '../vectors/signing.mjs';

const jwk = (kid) => publicJwk(kid, {kid, use: 'sig', alg: 'RS256'});
const soaking = process.env.PORTCULLIS_SOAK !== undefined;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const unhurried = 1_500;  // nobody waits for anything, but the machine may be busy
const longest = 2_900;  // longer than a request may wait for keys, and shorter than a proxy waits for us

/** @returns a function that gives the requests of `kinds` in turn */
const inTurn = (kinds) => {
  let number = 0;
  return () => kinds[number++ % kinds.length];
};
const is = (status, subject) => (answer) => answer.status === status && (subject === undefined || answer.head.includes(`X-Auth-Subject: ${subject}`));

const onCores = (cores, pid) => execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)]);

/** The server has one core and the client another, where there are two: neither is slow because the other is busy. */
function keepApart(server) {
  if (cpus().length < 2) return;
  onCores('0', server);
  onCores('1', process.pid);
}

async function start(t, more, keys = [jwk('k1')]) {
  const keyServer = await KeyServer.start(t, keys);
  const folder = temporaryFolder(t.after.bind(t));
  const config = configuration(keyServer, typeof more === 'function' ? more(folder) : more);
  const serve = await Serve.start(t.after.bind(t), folder, config);
  keepApart(serve.program.pid);
  const token = (key = 'k1', claims = {}) => makeToken({header: {kid: key}, key, claims: accessClaims({iss: keyServer.issuer, ...claims})});
  const good = token();
  const requests = {
    public: {line: proxyRequest('/public'), expect: is(200, '-')},
    good: {line: proxyRequest('/private', {token: good}), expect: is(200, 'auth0|u1')},
    spoofed: {line: proxyRequest('/private', {token: good, headers: ['X-Auth-Subject: root']}), expect: is(200, 'auth0|u1')},
    anonymous: {line: proxyRequest('/private'), expect: is(401)},
    forged: {line: proxyRequest('/private', {token: withBadSignature(good)}), expect: is(401)},
    expired: {line: proxyRequest('/private', {token: token('k1', {exp: 1_700_000_000, iat: 1_600_000_000})}), expect: is(401)},
    unlisted: {line: proxyRequest('/unlisted', {token: good}), expect: is(403)},
    ambiguous: {line: proxyRequest('/public/../private', {token: good}), expect: is(400)},
  };
  return {keyServer, config, serve, token, requests};
}

const reloads = soaking ? 100 : 10;
test(`${reloads} new configurations under load`, async (t) => {
  const {serve, config, requests} = await start(t);
  const load = new Load(serve.listen, 16, inTurn(Object.values(requests)));
  for (let round = 0; round < reloads; ++round)
    await serve.reload({...config, routes: [...config.routes, ...Array.from({length: round % 10}, (_, i) => ({route: `GET /other/${i}`, access: 'authenticated'}))]});
  const answers = await load.stop();
  assert.equal((await serve.metric('portcullis_config_reloads_total')).get(''), reloads);
  t.diagnostic(`${answers} answers, the slowest ${load.slowest.toFixed(0)} ms`);
  assert.ok(load.slowest < unhurried);
});

test('keys are rotated, the issuer is killed and comes back', async (t) => {
  const {serve, keyServer, requests, token} = await start(t, (folder) => ({serve: {admin: `unix:${folder}/admin`}}));
  let newest = requests.good.line;
  const load = new Load(serve.listen, 8, inTurn([requests.public, requests.good, requests.anonymous, requests.forged, {get line() { return newest; }, expect: is(200, 'auth0|u1')}]));
  await pause(100);
  keyServer.keys = [jwk('k1'), jwk('k2')];
  newest = proxyRequest('/private', {token: token('k2')});  // known to the issuer before any token names it
  await pause(300);
  await keyServer.stop();
  await pause(200);
  assert.equal((await serve.ask('/private', {token: token('p384')})).status, 401, 'a key that nobody has');
  const failed = JSON.parse((await serve.tell('/keys/refresh', {method: 'POST'})).body);
  assert.match(failed.issuers[0].last_error, /refused/);
  assert.equal(failed.issuers[0].keys.length, 2, 'the keys at hand go on');
  const again = await KeyServer.start(t, [jwk('k2')], keyServer.port);
  await pause(100);
  const answers = await load.stop();  // not one was wrong
  t.diagnostic(`${answers} answers, the slowest ${load.slowest.toFixed(0)} ms`);
  assert.ok(load.slowest < longest);
  assert.equal((await serve.tell('/keys/refresh', {method: 'POST'})).status, 200);
  assert.equal(again.fetches, 1);
  assert.deepEqual([(await serve.ask('/private', {token: token('k1')})).status, (await serve.ask('/private', {token: token('k2')})).status], [401, 200], 'the old key is gone');
  const known = new Load(serve.listen, 2, inTurn([{line: requests.good.line, expect: is(401)}, {line: newest, expect: is(200, 'auth0|u1')}]));
  await pause(50);
  assert.ok(await known.stop() > 0, 'nor does a token pass that was remembered');
});

test('an issuer that accepts and never answers holds up nobody else, and those who need it no longer than agreed', async (t) => {
  const {serve, keyServer, requests, token} = await start(t);
  keyServer.http.removeAllListeners('request');
  keyServer.http.on('request', () => {});
  const others = new Load(serve.listen, 8, inTurn([requests.public, requests.good, requests.anonymous]));
  const began = performance.now();
  const held = await Promise.all(Array.from({length: 20}, (_, i) => serve.ask(i ? '/private' : '/public', {token: token('k2')})));
  assert.ok(performance.now() - began < longest, 'none outlives its deadline');
  assert.deepEqual(held.map(({status}) => status), [200, ...Array(19).fill(503)], 'nobody is told 401 while it is not known; a public route does without');
  const answers = await others.stop();
  t.diagnostic(`${answers} answers meanwhile, the slowest ${others.slowest.toFixed(0)} ms`);
  assert.ok(others.slowest < unhurried);
});

test('Redis is stopped, frozen and comes back', async (t) => {
  const redis = await Redis.start(t);
  const limited = {routes: [{route: 'GET /public', access: 'public'}, {route: 'GET /private', access: 'authenticated', limit: ['many']}],
    limits: {many: {rate: '1000000/s', burst: 1000000, by: 'principal'}}, store: redis.url};
  const {serve, requests} = await start(t, limited);
  const load = new Load(serve.listen, 8, inTurn([requests.public, requests.good, requests.anonymous, requests.forged]));
  await pause(200);
  redis.freeze();
  await pause(400);
  redis.thaw();
  await pause(200);
  await redis.kill();
  await pause(400);
  await redis.restart();
  onCores(`0-${cpus().length - 1}`, redis.child.pid);  // else it has only what our load leaves of our own core, and 5 ms to answer
  await serve.program.line(/"state":"answering"/, {milliseconds: 30_000});  // each loop tries once a second
  const answers = await load.stop();
  t.diagnostic(`${answers} answers, the slowest ${load.slowest.toFixed(0)} ms`);
  assert.ok(load.slowest < unhurried);
  assert.ok((await serve.metric('portcullis_store_errors_total')).get('') > 0);
});

test('memory is flat', async (t) => {
  const {serve, requests, token} = await start(t);
  const residents = async () => (await serve.metric('process_resident_memory_bytes')).get('');
  // More tokens than are remembered, so that they displace each other.
  const fresh = Array.from({length: soaking ? 6_000 : 100}, (_, i) => ({line: proxyRequest('/private', {token: token('k1', {sub: `user-${i}`})}), expect: is(200, `user-${i}`)}));
  const inTurnOf = inTurn([...fresh, ...Array.from({length: 20}, () => Object.values(requests)).flat()]);
  const wanted = soaking ? 10_000_000 : 30_000;
  const load = new Load(serve.listen, 16, inTurnOf);
  const until = async (count) => {
    while (load.answers < count && !load.faults.length) await pause(20);
  };
  await until(wanted / 3);
  const before = await residents();
  await until(wanted);
  const after = await residents();
  const answers = await load.stop();
  t.diagnostic(`${answers} answers, memory from ${(before / 2 ** 20).toFixed(1)} to ${(after / 2 ** 20).toFixed(1)} MiB`);
  assert.ok(after - before < 2 * 2 ** 20, `${after - before} bytes more`);
});

test('thousands of idle and slow connections leave good requests served', async (t) => {
  const {serve, requests} = await start(t);
  const port = Number(serve.listen.split(':')[1]);
  const {stdout: limit} = await import('node:child_process').then(({spawnSync}) => spawnSync('sh', ['-c', 'ulimit -n'], {encoding: 'utf8'}));
  const wanted = Math.min(10_000, limit.trim() === 'unlimited' ? 10_000 : Number(limit) - 500);
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  for (let i = 0; i < wanted; i += 500) {
    const some = Array.from({length: Math.min(500, wanted - i)}, () => net.connect(port, '127.0.0.1').on('error', () => {}));
    sockets.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  sockets.forEach((socket, i) => i % 2 && socket.write(requests.good.line.slice(0, 20 + (i % 80))));  // half of them are slow
  const load = new Load(serve.listen, 8, inTurn(Object.values(requests)));
  await eventually(async () => (await serve.metric('portcullis_connections')).get('') >= wanted, `${wanted} connections`);
  await pause(800);
  const answers = await load.stop();
  t.diagnostic(`${answers} answers beside ${wanted} idle and slow connections, the slowest ${load.slowest.toFixed(0)} ms`);
  assert.ok(answers > 500 && load.slowest < unhurried);
});
