// Limits in the local world, at both doors: the proxy that asks portcullis serve, and the REST API's authorizer.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, describe, test} from 'node:test';
import {endOf, keepOutput, temporaryFolder} from '../support/program.mjs';
import {withBadSignature} from '../support/tokens.mjs';
import {childrenOf, eventually, startWorld} from '../support/world.mjs';

const burst = 5;  // of the orders; one more comes each second
const page = {Origin: 'http://localhost:5173'};

/** Calls until it is refused. @returns the answers, the refusal as the last one */
async function untilRefused(call) {
  const answers = [];
  while (answers.length < 4 * burst) {
    answers.push(await call());
    if (answers.at(-1).status !== 200) return answers;
  }
  assert.fail(`no limit in ${answers.length} calls`);
}

/** Waits as long as the refusal says, and a call passes again. */
async function passesAfterItsWait(refused, call) {
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 2, `Retry-After: ${seconds}`);
  await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
  assert.equal((await call()).status, 200, 'after the wait');
}

describe('limits in the local world', () => {
  const atEnd = endOf(after);
  let world, ada, grace;
  before(async () => {
    world = await startWorld(atEnd, {state: temporaryFolder(atEnd), args: ['--port', '0', '--tenant-port', '0', '--cache', '0']});
    [ada, grace] = [await world.token(), await world.token('--user', 'grace')];
  });
  const proxied = (path, more) => world.call(`/proxied/api/${path}`, more);

  test('the proxy asks portcullis serve: the same rules, and who calls', async () => {
    const rows = [
      {path: 'public', status: 200},
      {path: 'private', status: 401, challenge: /^Bearer realm="api"$/},
      {path: 'private', token: ada, status: 200},
      {path: 'private', token: withBadSignature(ada), status: 401, challenge: /error="invalid_token"/},
      {path: 'orders', token: ada, status: 200, message: /^orders for auth0\|/},
      {path: 'admin', token: ada, status: 200, message: /^admin for auth0\|/},
      {path: 'admin', token: grace, status: 403, challenge: /error="insufficient_scope"/},
      {path: 'nothing', token: grace, status: 403},
    ];
    for (const {path, token, status, message, challenge} of rows) {
      const answer = await proxied(path, {token, headers: {'X-Auth-Subject': 'forged', X_Auth_Subject: 'forged'}});
      assert.equal(answer.status, status, path);
      assert.match(answer.headers.get('www-authenticate') ?? '', challenge ?? /^$/, path);
      if (message) assert.match((await answer.json()).message, message);
    }
    assert.match(await world.lineOfLastCall(), /GET +\/proxied\/api\/nothing 403 +no_route/);
  });

  test('C027 d: behind the proxy the limit runs down, ends in a 429 that a page can read, and passes after its wait', async () => {
    const call = () => proxied('orders', {token: grace, headers: page});
    const answers = await untilRefused(call);
    const refused = answers.at(-1);
    assert.ok(answers.length > burst, `${answers.length - 1} calls passed`);
    assert.match(answers[0].headers.get('ratelimit'), /^"per-user";r=4;t=1$/);
    assert.match(answers[0].headers.get('ratelimit-policy'), /^"per-user";q=60;w=60;pc-burst=5$/);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('access-control-allow-origin'), '*');
    assert.match(refused.headers.get('access-control-expose-headers'), /\bRetry-After\b.*\bRateLimit\b/);
    assert.equal(refused.headers.get('cache-control'), 'no-store');
    assert.match(await world.lineOfLastCall(), /429 +rate_limited$/);
    assert.equal((await proxied('orders', {token: ada})).status, 200, 'the other caller has a bucket of her own');
    await passesAfterItsWait(refused, call);
  });

  test('C027 d: at the REST API it ends in a 403 with the wait, and passes after it', async () => {
    const call = () => world.call('orders', {token: grace, headers: page});
    const refused = (await untilRefused(call)).at(-1);
    assert.equal(refused.status, 403, 'an authorizer cannot say 429');
    assert.equal(refused.headers.get('access-control-allow-origin'), '*');
    assert.match(refused.headers.get('access-control-expose-headers'), /\bRetry-After\b/);
    assert.match(await world.lineOfLastCall(), /403 +rate_limited$/);
    assert.equal((await world.call('orders', {token: ada})).status, 200, 'the other caller has a bucket of her own');
    await passesAfterItsWait(refused, call);
  });

  test('the log of portcullis serve has each decision with its reason', () => {
    const log = readFileSync(`${world.logs}/serve.log`, 'utf8');
    keepOutput('serve', log);
    const decisions = log.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter(({msg}) => msg === 'decision');
    assert.ok(decisions.some(({reason, status, door}) => reason === 'rate_limited' && status === 429 && door === 'serve'));
    for (const token of [ada, grace]) assert.ok(!log.includes(token.split('.')[2]), 'a signature in the log');
  });

  test('an auth server that is killed lets nobody through, and is started again', async () => {
    const server = childrenOf(world.program.pid).find(({handler}) => !handler);
    process.kill(server.pid, 'SIGKILL');
    const answer = await proxied('private', {token: ada});
    assert.ok([200, 500].includes(answer.status), `status ${answer.status}`);
    await eventually(async () => (await proxied('private', {token: ada})).status === 200, 'a call that is allowed again');
    assert.equal((await proxied('private')).status, 401);
  });
});
