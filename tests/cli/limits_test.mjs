// Limits as the command line decides them: in one batch, by the clock of its lines, and as check warns of them.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {after, describe, test} from 'node:test';
import {publicJwk} from '../vectors/signing.mjs';
import {endOf, run, temporaryFolder} from '../support/program.mjs';
import {Redis} from '../support/redis.mjs';
import {accessClaims, audience, issuer, makeToken, nowSeconds} from '../support/tokens.mjs';

const folder = temporaryFolder(endOf(after));
const file = (name, content) => {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
};
const jwks = file('keys.json', JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
const rules = `issuers:
  - issuer: ${issuer}
    jwks_file: ${jwks}
    audience: ${audience}
routes:
  - route: "GET /L1"
    access: authenticated
    limit: L1
  - route: "GET /L2"
    access: authenticated
    limit: L2
  - route: "GET /L3"
    access: authenticated
    limit: [L3, two]
  - route: "GET /open"
    access: public
    limit: L1
  - route: "GET /open/counted"
    access: public
    limit: [L1, by-address]
default: deny
limits:
  L1: { rate: 60/min, burst: 1, by: principal }
  L2: { rate: 7/min, burst: 1, by: principal }
  L3: { rate: 1/hour, burst: 3, by: principal }
  two: { rate: [100/min, 500/10m], burst: 20, by: client }
  by-address: { rate: 10/s, by: address }
failed_tokens: { rate: 20/min }
`;
const config = file('portcullis.yaml', `${rules}lambda: { cache: 0s }\n`);
const token = makeToken({header: {kid: 'k1'}, claims: accessClaims({azp: 'app'})});
const start = nowSeconds();

/** @param calls  [path, seconds after the start] each */
async function decisions(calls) {
  const line = ([path, at]) => JSON.stringify({request: {method: 'GET', path, headers: {Authorization: `Bearer ${token}`}}, at: start + at});
  const {code, stdout} = await run('portcullis', ['decide', '--batch', '--config', config], {input: calls.map((call) => `${line(call)}\n`).join('')});
  assert.equal(code, 0);
  return stdout.trimEnd().split('\n').map((text) => JSON.parse(text));
}

/** A list of Structured Fields (RFC 9651 §4.2.1) whose items are strings with integers as parameters. */
function parsed(field) {
  const items = [];
  let rest = field;
  while (rest) {
    const item = /^"([\x20\x21\x23-\x5b\x5d-\x7e]*)"((?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)(?:, |$)/.exec(rest);
    assert.ok(item, `no list of strings: ${rest}`);
    items.push({name: item[1], ...Object.fromEntries(item[2].split(';').slice(1).map((one) => [one.split('=')[0], Number(one.split('=')[1])]))});
    rest = rest.slice(item[0].length);
  }
  return items;
}

describe('limits in a batch', () => {
  const cases = [
    {name: 'L1, 0.2 s later', path: '/L1', admitted: [0], refused: [0.2], wait: 1},
    {name: 'L1, 0.999 s later', path: '/L1', admitted: [0], refused: [0.999], wait: 1},
    {name: 'L2', path: '/L2', admitted: [0], refused: [0.1], wait: 9},
    {name: 'L3', path: '/L3', admitted: [0, 0, 0], refused: [1, 1], wait: 3599},
  ];
  for (const {name, path, admitted, refused, wait} of cases)
    test(`C037: ${name}: who waits exactly as told is admitted`, async () => {
      const last = refused.at(-1);
      const times = [...admitted, ...refused, ...Array(50).fill(last), last + wait];
      const answers = await decisions(times.map((at) => [path, at]));
      assert.ok(answers.slice(0, admitted.length).every(({reason}) => reason === 'ok'));
      for (const answer of answers.slice(admitted.length, -1)) {
        assert.deepEqual([answer.reason, answer.status, answer.headers['Cache-Control']], ['rate_limited', 429, 'no-store']);
        assert.match(answer.headers['Retry-After'], /^[1-9]\d*$/);
      }
      const told = answers.at(-2);
      assert.equal(told.headers['Retry-After'], String(wait));
      assert.deepEqual(told.limit, {name: path.slice(1), remaining: 0, reset: wait});
      assert.equal(answers.at(-1).reason, 'ok', 'refused attempts do not push the time further out');
    });

  test('instants far away are decided like others', async () => {
    const answers = await decisions([['/L1', 253402300799 - start], ['/L1', 253402300799 - start], ['/L1', -start], ['/L1', 0], ['/L1', 0]]);
    assert.deepEqual(answers.map(({reason}) => reason), ['expired', 'expired', 'not_yet', 'ok', 'rate_limited']);
  });

  test('the fields are lists of Structured Fields, and the limit of the JSON is the first of them', async () => {
    const answers = await decisions(Array(4).fill(['/L3', 0]));
    for (const answer of answers) {
      const [standings, policies] = [parsed(answer.headers.RateLimit), parsed(answer.headers['RateLimit-Policy'])];
      assert.deepEqual(policies.map(({name, q, w, 'pc-burst': burst}) => [name, q, w, burst]).sort(), [['L3', 1, 3600, 3], ['two/10m', 500, 600, 500], ['two/min', 100, 60, 20]].sort());
      assert.equal(standings[0].name, answer.limit.name);
      assert.equal(standings[0].r, answer.limit.remaining);
      assert.ok(standings.every(({r}) => r >= 0));
      if (answer.reason === 'ok') assert.equal(standings[0].t, answer.limit.reset);
      else assert.ok(standings.every(({t}) => t <= Number(answer.headers['Retry-After'])));
    }
    assert.deepEqual(answers.map(({reason}) => reason), ['ok', 'ok', 'ok', 'rate_limited']);
  });
});

test('explain and --explain say which limit it was and what to do', async () => {
  const [, refused] = await decisions([['/L1', 0], ['/L1', 0]]);
  const explained = await run('portcullis', ['explain', '-'], {input: JSON.stringify(refused)});
  for (const text of ['rate_limited (429)', 'limit L1 (60/min, burst 1): retry in 1 s', 'Retry-After']) assert.ok(explained.stdout.includes(text), explained.stdout);
  const {stdout} = await run('portcullis', ['decide', '--explain', '--request', 'GET /L1', '-H', `Authorization: Bearer ${token}`, '--config', config]);
  assert.match(stdout, /ok +limit +L1: 0 of 1 left +\[.*portcullis\.yaml:\d+:\d+\]/);
});

test('check says where a limit is only approximate, and by how much', async () => {
  const cached = file('cached.yaml', `${rules}lambda: { cache: 60s }\n`);
  const unlimited = file('unlimited.yaml', `${rules.replaceAll(/ {4}limit:.*\n/g, '').replace(/limits:[^]*/, '')}lambda: { cache: 0s }\n`);
  const warned = async (place, ...more) => JSON.parse((await run('portcullis', ['check', place, '--json', ...more])).stdout).findings.map(({message}) => message);
  const says = [/not counted for up to 60 s/, /"GET \/open" is public, and its limits count by/];
  const saysOfFunction = [/n instances of a function grant up to n times each limit/, /by-address is by address, and a TOKEN/, /failed_tokens counts by address/];
  const among = (messages, text) => messages.some((message) => text.test(message));
  const messages = await warned(cached), ofBundle = await warned(cached, '--bundle');
  for (const text of says) assert.ok(among(messages, text), `${text}\nin\n${messages.join('\n')}`);
  for (const text of saysOfFunction) assert.ok(among(ofBundle, text) && !among(messages, text), `${text}\nin\n${ofBundle.join('\n')}`);
  assert.ok(!among(await warned(config), says[0]), 'no cache, no such warning');
  assert.ok(!among(messages, /counted" is public/));
  const none = await warned(unlimited, '--bundle');
  for (const text of [...says, ...saysOfFunction]) assert.ok(!among(none, text));
  const ofProofs = /remembers seen DPoP proofs in each process by itself/;
  const bound = (text) => warned(file('bound.yaml', `${rules}lambda: { cache: 0s }\n${text}`), '--bundle');
  assert.ok(among(await bound('dpop: {}\n'), ofProofs));
  for (const text of ['', 'dpop: {}\nstore: redis://localhost\n']) assert.ok(!among(await bound(text), ofProofs), text);
  const inWords = async (place) => (await run('portcullis', ['check', place])).stdout;
  assert.match(await inWords(config), /^store +memory, each process for itself: n servers or instances grant up to n times a limit\n +by address: not in events of a TOKEN/m);
  const served = await inWords(file('served.yaml', `${rules}serve: { proxies: [127.0.0.1] }\n`));
  assert.match(served, /^limit +by-address /m);
  assert.ok(!served.includes('TOKEN authorizer'), 'a server alone has no events');
  const storeOf = async (place) => /^store.*$/m.exec(await inWords(place))?.[0];
  assert.equal(await storeOf(unlimited), undefined, 'nothing is counted');
  const proofs = file('proofs.yaml', `${readFileSync(unlimited)}dpop: {}\nstore: redis://localhost\n`);
  assert.equal(await storeOf(proofs), 'store    redis://localhost:6379', 'proofs are remembered there');
});

test('check --online asks the store too, and takes nothing there', async (t) => {
  const redis = await Redis.start(t);
  const place = file('stored.yaml', `${rules}store: env:LIMITS_STORE\n`);
  const check = (store) => run('portcullis', ['check', '--online', place], {env: {LIMITS_STORE: store}});
  const good = await check(redis.url);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, new RegExp(`^store +${redis.url} answers$`, 'm'));
  assert.equal(await redis.say('KEYS *'), '*0\r\n');
  const stranger = await check(redis.url.replace('//', '//somebody:hunter2hunter2@'));
  assert.equal(stranger.code, 3);
  assert.match(stranger.stdout, /stored\.yaml:\d+:8: error: the store is out of reach: 127\.0\.0\.1:\d+: the store wants a user and password that are not these$/m);
  assert.ok(!stranger.stdout.includes('hunter2'));
  const far = net.createServer((socket) => {
    const upstream = net.connect(redis.port, '127.0.0.1').on('data', (bytes) => setTimeout(() => socket.write(bytes), 50)).on('error', () => {});
    socket.on('data', (bytes) => upstream.write(bytes)).on('close', () => upstream.destroy()).on('error', () => {});
  }).listen(0, '127.0.0.1');
  t.after(() => far.close());
  await once(far, 'listening');
  const late = await check(`redis://127.0.0.1:${far.address().port}`);
  assert.match(late.stdout, /stored\.yaml:\d+:8: warning: the store answered in \d+ ms, and a decision waits 20 ms, then when_store_fails holds; ask again from the machine that decides/);
  assert.equal(late.code, 0, 'late is not out of reach');
  await redis.kill();
  const gone = await check(redis.url);
  assert.deepEqual([gone.code, /out of reach: .*: Connection refused$/m.test(gone.stdout)], [3, true], gone.stdout);
});
