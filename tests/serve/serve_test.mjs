// portcullis serve as a service: its start and end, its configuration's renewal, its admin listener, its log.
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, constants, mkdirSync, openSync, readSync, renameSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {test} from 'node:test';
import {KeyServer} from '../support/key_server.mjs';
import {Program, binary, environment, keepOutput, run, temporaryFolder, within} from '../support/program.mjs';
import {Redis} from '../support/redis.mjs';
import {Serve, configuration, exchange, proxyRequest} from '../support/serve.mjs';
import {accessClaims, makeToken, nowSeconds} from '../support/tokens.mjs';
import {publicJwk} from '../vectors/signing.mjs';

const jwk = (kid) => publicJwk(kid, {kid, use: 'sig', alg: 'RS256'});

async function world(t, more, options) {
  const keyServer = await KeyServer.start(t, [jwk('k1')]);
  const folder = temporaryFolder(t.after.bind(t));
  const config = configuration(keyServer, typeof more === 'function' ? more(folder) : more);
  const serve = await Serve.start(t.after.bind(t), folder, config, options);
  const token = (claims = {}, key = 'k1') => makeToken({header: {kid: key}, key, claims: accessClaims({iss: keyServer.issuer, ...claims})});
  return {keyServer, folder, config, serve, token};
}

test('answers, tells what it accepts, and counts what it decided', async (t) => {
  const {serve, token} = await world(t);
  const good = token();
  assert.equal((await serve.ask('/public')).status, 200);
  assert.equal((await serve.ask('/private')).status, 401);
  const allowed = await serve.ask('/private', {token: good, headers: {traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'}});
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers['x-auth-subject'], 'auth0|u1');
  assert.equal((await serve.ask('/private', {token: token({exp: nowSeconds() - 3600})})).status, 401);
  assert.equal((await serve.ask('/nowhere', {token: good})).status, 403);
  assert.equal((await serve.ask('/private', {token: good, dialect: 'unknown'})).status, 500);

  const start = serve.log.find(({msg}) => msg === 'start');
  assert.deepEqual([start.issuers[0].keys, start.issuers[0].algorithms, start.routes.public, start.routes.authenticated], [1, ['RS256'], 1, 1]);
  assert.ok(serve.log.some(({msg}) => msg === 'development'), 'a development issuer is warned of');

  const counted = await serve.metric('portcullis_decisions_total');
  const of = (route, outcome, reason) => counted.get(`{door="serve",route="${route}",outcome="${outcome}",reason="${reason}",enforced="true"}`);
  assert.deepEqual([of('GET /public', 'allow', 'ok'), of('GET /private', 'deny', 'no_credentials'), of('GET /private', 'allow', 'ok'), of('GET /private', 'deny', 'expired'),
    of('unlisted', 'deny', 'no_route'), of('unlisted', 'error', 'internal')], [1, 1, 1, 1, 1, 1]);
  assert.equal((await serve.metric('portcullis_decision_duration_seconds_count')).get(''), 6);
  assert.equal((await serve.metric('portcullis_keys')).size, 1);
  assert.equal([...(await serve.metric('portcullis_ready')).values()][0], 1);
  const {body} = await serve.tell('/metrics');
  execFileSync('promtool', ['check', 'metrics'], {input: body});  // names, types, duplicates

  const decisions = JSON.parse((await serve.tell('/decisions')).body).decisions;
  assert.equal(decisions.length, 6, 'the last decisions, all of them while they are few');
  assert.equal(decisions[0].reason, 'internal', 'the youngest first');
  const line = decisions.find(({trace_id: id}) => id);
  assert.equal(line.trace_id, '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.match(line.token_sha256, /^[0-9a-f]{12}$/);
  assert.match(line.subject_hash, /^[0-9a-f]{12}$/);
  assert.ok(!JSON.stringify(decisions).includes('auth0|u1'), 'no subject in the clear');
  const logged = serve.log.filter(({msg}) => msg === 'decision');
  assert.ok(logged.every(({level, outcome}) => level === {allow: 'info', deny: 'warn', error: 'error'}[outcome]));
  assert.equal(logged.filter(({outcome}) => outcome !== 'allow').length, 4, 'every refusal is logged');
  const explained = await run('portcullis', ['explain', '-'], {input: `${JSON.stringify(logged.find(({reason}) => reason === 'expired'))}\n`});
  assert.match(explained.stdout, /expired/);
});

test('ends what is under way when it is told to stop, and nothing is left behind', async (t) => {
  const {serve, keyServer, token} = await world(t);
  const port = Number(serve.listen.split(':')[1]);
  const idle = net.connect(port, '127.0.0.1').resume();
  const closed = once(idle, 'close');
  // A request that waits: an unknown key makes it ask the issuer, which takes its time.
  const slow = keyServer.http.listeners('request')[0];
  keyServer.http.removeAllListeners('request');
  keyServer.http.on('request', (request, response) => setTimeout(() => slow(request, response), 300));
  const waiting = serve.ask('/private', {token: token({}, 'k2')});
  await new Promise((resolve) => setTimeout(resolve, 100));
  const ended = serve.program.stop('SIGTERM');
  assert.equal((await waiting).status, 401);
  assert.deepEqual(await ended, {code: 0, signal: null});
  await within(1_000, 'the idle connection', closed);
  assert.ok(serve.log.some(({msg}) => msg === 'stopped'));
});

test('refuses to start where it cannot serve, and says why', async (t) => {
  const {serve, config, folder} = await world(t);
  const file = path.join(folder, 'second.yaml');
  for (const [serveSettings, says] of [[{listen: serve.listen}, /in use/], [{admin: serve.admin}, /in use/], [{listen: `unix:${folder}`}, /no socket/]]) {
    writeFileSync(file, JSON.stringify({...config, serve: {...config.serve, ...serveSettings}}));
    const {code, stderr} = await run('portcullis', ['serve', '--config', file]);
    assert.equal(code, 2);
    assert.match(stderr, says);
  }
  const {code, stderr} = await run('portcullis', ['serve', '--config', path.join(folder, 'none.yaml')]);
  assert.equal(code, 2);
  assert.match(stderr, /none\.yaml/);
});

test('takes a new configuration when the file is replaced, and keeps the old one when the new one is bad', async (t) => {
  const {serve, config, token} = await world(t);
  const good = token();
  const opened = structuredClone(config);
  opened.routes[1].access = 'public';
  opened.routes.push({route: 'GET /new', access: 'authenticated'});
  assert.equal((await serve.ask('/new', {token: good})).status, 403);
  const said = await serve.reload(opened);
  assert.equal(said.newly_allowed, 2);
  const told = serve.log.filter(({msg}) => msg === 'newly allowed');
  assert.deepEqual(told.map(({level, route}) => [level, route]), [['warn', 'GET /private'], ['warn', 'GET /new']]);
  assert.equal((await serve.ask('/new', {token: good})).status, 200);
  assert.equal((await serve.ask('/private')).status, 200);

  for (const bad of ['routes: [', JSON.stringify({...opened, routes: [{route: 'GET /x', access: 'nobody'}]}), JSON.stringify({...opened, routes: [opened.routes[0], opened.routes[0]]})]) {
    const failed = await serve.reload(bad, 'reload failed');
    assert.equal(failed.level, 'error');
    assert.match(failed.detail, /portcullis\.yaml:\d+/);
    assert.equal((await serve.ask('/private')).status, 200, 'the old one goes on');
    assert.equal((await serve.metric('portcullis_config_last_reload_successful')).get(''), 0);
  }
  assert.equal(JSON.parse((await serve.tell('/readyz')).body).config.last_reload_successful, false);
  assert.equal((await serve.tell('/readyz')).status, 200, 'it still serves');

  // Written in place: it could be half of it. A signal reads it all the same.
  writeFileSync(serve.file, JSON.stringify(config));
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal((await serve.ask('/private')).status, 200);
  const from = serve.program.lines.length;
  serve.program.child.kill('SIGHUP');
  assert.equal((await serve.said('reloaded', from)).newly_allowed, 0);
  assert.equal((await serve.ask('/private')).status, 401);
  assert.equal((await serve.metric('portcullis_config_last_reload_successful')).get(''), 1);
});

test('takes a new configuration when a symbolic link on the way is changed, as Kubernetes does', async (t) => {
  const {keyServer, folder} = await world(t);
  const place = path.join(folder, 'mounted');
  for (const [version, access] of [['a', 'public'], ['b', 'authenticated']]) {
    mkdirSync(path.join(place, version), {recursive: true});
    writeFileSync(path.join(place, version, 'p.yaml'), JSON.stringify(configuration(keyServer, {routes: [{route: 'GET /public', access}]})));
  }
  symlinkSync('a', path.join(place, 'data'));
  symlinkSync('data/p.yaml', path.join(place, 'p.yaml'));
  const program = new Program('portcullis', ['serve', '--config', path.join(place, 'p.yaml')]);
  t.after(() => program.stop('SIGKILL'));
  const {listen} = JSON.parse(await program.line(/"ready"/));
  const asked = () => exchange(listen, {path: '/auth/nginx', headers: {'X-Original-Method': 'GET', 'X-Original-URI': '/public'}});
  assert.equal((await asked()).status, 200);
  symlinkSync('b', path.join(place, 'data.new'));
  renameSync(path.join(place, 'data.new'), path.join(place, 'data'));
  await program.line(/"reloaded"/);
  assert.equal((await asked()).status, 401);
});

test('what callers have used up of their limits, and the keys, survive a new configuration', async (t) => {
  const limited = (keyServer) => ({limits: {few: {rate: '2/hour', by: 'principal'}}, routes: [{route: 'GET /private', access: 'authenticated', limit: ['few']}]});
  const {serve, config, keyServer, token} = await world(t, () => limited());
  const good = token();
  assert.deepEqual([(await serve.ask('/private', {token: good})).status, (await serve.ask('/private', {token: good})).status], [200, 200]);
  const refused = await serve.ask('/private', {token: good});
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) > 60);
  const fetched = keyServer.fetches;
  keyServer.status = 500;
  await serve.reload({...config, routes: [...config.routes, {route: 'GET /other', access: 'authenticated'}]});
  assert.equal((await serve.ask('/private', {token: good})).status, 429);
  assert.equal((await serve.ask('/other', {token: good})).status, 200);
  assert.equal(keyServer.fetches, fetched, 'no key is fetched again for it');
  const checks = await serve.metric('portcullis_limit_checks_total');
  assert.deepEqual([checks.get('{limit="few",result="admitted"}'), checks.get('{limit="few",result="denied"}')], [2, 2]);
});

test('a store of limits may come with a new configuration, one with another password may not', async (t) => {
  const {serve, config, token} = await world(t, () => ({limits: {few: {rate: '100/hour', by: 'principal'}}, routes: [{route: 'GET /private', access: 'authenticated', limit: ['few']}]}));
  const good = token();
  await serve.reload({...config, store: 'redis://127.0.0.1:1', when_store_fails: 'deny'});
  assert.equal((await serve.ask('/private', {token: good})).status, 503, 'nobody listens there');
  writeFileSync(`${serve.file}.store`, 'redis://:secret-of-the-store@127.0.0.1:1');
  const failed = await serve.reload({...config, store: `file:${serve.file}.store`}, 'reload failed');
  assert.match(failed.detail, /restart/);
  assert.ok(!serve.program.lines.join().includes('secret-of-the-store'));
  await serve.reload(config);
  assert.equal((await serve.ask('/private', {token: good})).status, 200);
});

test('the log tells once that the store of limits is out of reach, and once that it answers every loop again', async (t) => {
  const redis = await Redis.start(t);
  const {serve} = await world(t, {store: redis.url, limits: {few: {rate: '1000/s', by: 'route'}}, routes: [{route: 'GET /public', access: 'public', limit: ['few']}]});
  const up = async () => (await serve.metric('portcullis_store_up')).get('');
  const ask = () => Promise.all(Array.from({length: 20}, () => serve.ask('/public')));  // each on a connection of its own: both loops
  await ask();
  assert.equal(await up(), 1);
  await redis.kill();
  const stored = () => serve.log.filter(({msg}) => msg === 'store');
  do assert.ok((await ask()).every(({status}) => status === 200), 'when_store_fails: local');
  while (stored().length === 0);
  assert.deepEqual([stored()[0].level, stored()[0].state], ['error', 'out of reach']);
  await ask();
  assert.equal(await up(), 0);
  const told = await serve.tell('/readyz');
  assert.deepEqual([told.status, JSON.parse(told.body).store], [200, 'out of reach'], 'a server without its store goes on');
  await redis.restart();
  const back = JSON.parse(await serve.program.line(/"state":"answering"/));  // though nobody asks
  assert.deepEqual([back.level, back.out_of_reach_s < 60], ['info', true]);
  assert.equal(await up(), 1);
  assert.equal(JSON.parse((await serve.tell('/readyz')).body).store, 'answering');
  assert.deepEqual(stored().map(({state}) => state), ['out of reach', 'answering']);
});

test('a log that nobody reads holds no request up; what it loses is counted, and told to the reader when he is back', async (t) => {
  const folder = temporaryFolder(t.after.bind(t)), pipe = path.join(folder, 'log'), file = path.join(folder, 'portcullis.yaml');
  writeFileSync(file, JSON.stringify(configuration(await KeyServer.start(t, [jwk('k1')]))));
  execFileSync('mkfifo', [pipe]);
  const reading = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK), writing = openSync(pipe, 'w');
  const server = spawn(binary('portcullis'), ['serve', '--config', file, '--threads', '1'], {env: environment({PORTCULLIS_LOG: 'debug'}), stdio: ['ignore', 'ignore', writing]});
  const ended = once(server, 'exit');
  t.after(() => server.kill('SIGKILL'));
  closeSync(writing);
  let log = '';
  const said = async (pattern) => {
    for (const octets = Buffer.alloc(64 * 1024); !pattern.test(log);) {
      let size = 0;
      try {
        assert.ok((size = readSync(reading, octets)) > 0, `the server ended without ${pattern}`);
      } catch (error) {
        assert.equal(error.code, 'EAGAIN');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      keepOutput('unread-log', octets.toString('utf8', 0, size));
      log += octets.toString('utf8', 0, size);
    }
    return pattern.exec(log);
  };
  const {listen, admin} = JSON.parse((await said(/^.*"ready".*$/m))[0]);

  const requests = 3_000;  // a line of some 300 octets each, for half a MiB and a pipe of 64 KiB
  const socket = net.connect(Number(listen.split(':')[1]), '127.0.0.1');
  const answers = new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject).setEncoding('latin1').on('data', (more) => (text += more).split('HTTP/1.1 200').length > requests && resolve());
  });
  socket.write(proxyRequest('/public').repeat(requests));
  await within(10_000, 'every answer', answers);
  socket.destroy();
  const lost = async () => Number(/^portcullis_log_lines_dropped_total (\d+)$/m.exec((await exchange(admin, {path: '/metrics'})).body)[1]);
  const dropped = await lost();
  assert.ok(dropped > 0 && dropped < requests, dropped);
  const told = JSON.parse((await said(/^.*"log lines lost".*$/m))[0]);
  assert.deepEqual([told.level, told.count], ['warn', dropped]);
  assert.equal(await lost(), dropped);
  server.kill('SIGTERM');
  await said(/"stopped"/);
  assert.deepEqual(await ended, [0, null]);
  assert.equal(log.split('"msg":"decision"').length - 1 + dropped, requests, 'each is there or counted');
  closeSync(reading);
});

test('a peer that is no proxy is refused whatever it says, and the log names it', async (t) => {
  const {serve, token} = await world(t, {serve: {proxies: ['127.0.0.9/32']}});
  const answer = await serve.ask('/public', {token: token(), headers: {'X-Forwarded-For': '127.0.0.9'}});
  assert.equal(answer.status, 403);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const problem = JSON.parse(answer.body);
  assert.deepEqual([problem.status, problem.reason], [403, 'forbidden']);
  assert.match(problem.detail, /Only proxies .* is none/);
  assert.ok(!/127\.0\.0/.test(answer.body), 'an outsider learns no address');
  assert.equal((await serve.said('untrusted peer')).peer, '127.0.0.1');
  assert.equal((await serve.metric('portcullis_untrusted_peers_total')).get(''), 1);
});

test('serves Unix sockets, whose files say who may ask', async (t) => {
  const {serve, folder} = await world(t, (place) => ({serve: {listen: `unix:${place}/auth`, admin: `unix:${place}/admin`, proxies: []}}));
  assert.equal((await serve.ask('/public')).status, 200);
  assert.equal(statSync(path.join(folder, 'auth')).mode & 0o777, 0o660);
  assert.equal(statSync(path.join(folder, 'admin')).mode & 0o777, 0o600);
  assert.equal((await serve.tell('/reload', {method: 'POST'})).status, 202, 'who may use the socket may change things');
  assert.equal((await serve.said('admin')).action, '/reload');
  await serve.said('reloaded');
  const ready = await run('portcullis', ['healthcheck', '--url', serve.admin]);
  assert.equal(ready.code, 0, ready.stderr);
  assert.equal(JSON.parse(ready.stdout).store, null, 'each process counts for itself');
  const refreshed = await run('portcullis', ['keys', '--refresh', '--url', serve.admin]);
  assert.match(refreshed.stdout, /key +k1 +RSA 2048 bits/, refreshed.stderr);
  await serve.program.stop();
  const gone = await run('portcullis', ['healthcheck', '--url', serve.admin]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /\/admin: No such file or directory: is portcullis serve running/);
  for (const url of ['unix:admin', 'unix:', `unix:/${'x'.repeat(107)}`]) assert.equal((await run('portcullis', ['healthcheck', '--url', url])).code, 1, url);
  assert.throws(() => statSync(path.join(folder, 'auth')), 'its files go with it');
});

test('the admin listener: who may ask, who may change, and by which Host', async (t) => {
  const folder = temporaryFolder(t.after.bind(t));
  writeFileSync(path.join(folder, 'token'), 'correct-horse-battery-staple-0123\n', {mode: 0o600});
  const {serve, keyServer} = await world(t, {serve: {admin_token: `file:${folder}/token`}});
  const port = serve.admin.split(':')[1];
  const authorised = {Authorization: 'Bearer correct-horse-battery-staple-0123'};
  const rows = [
    ['GET', '/healthz', {}, 200], ['GET', '/readyz', {}, 200], ['GET', '/metrics', {}, 200], ['GET', '/decisions', {}, 200], ['GET', '/keys', {}, 200], ['HEAD', '/keys', {}, 200],
    ['GET', '/nowhere', {}, 404], ['POST', '/metrics', {}, 405], ['GET', '/reload', {}, 405],
    ['POST', '/reload', {}, 401], ['POST', '/reload', {Authorization: 'Bearer correct-horse-battery-staple-0124'}, 401], ['POST', '/reload', {Authorization: 'Bearer '}, 401],
    ['POST', '/reload', authorised, 202], ['POST', '/keys/refresh', {}, 401], ['POST', '/keys/refresh', authorised, 200],
    ['GET', '/keys', {Host: `localhost:${port}`}, 200], ['GET', '/keys', {Host: `[::1]:${port}`}, 200], ['GET', '/keys', {Host: '127.0.0.2'}, 200],
    ['GET', '/keys', {Host: 'rebound.example'}, 403], ['GET', '/healthz', {Host: `127.0.0.1.rebound.example:${port}`}, 403], ['GET', '/keys', {Host: '10.0.0.1'}, 403],
  ];
  const fetched = keyServer.fetches;
  for (const [method, target, headers, status] of rows) assert.equal((await serve.tell(target, {method, headers})).status, status, `${method} ${target} ${JSON.stringify(headers)}`);
  await serve.said('reloaded');
  assert.deepEqual(serve.log.filter(({msg}) => msg === 'admin').map(({action, peer}) => [action, peer]), [['/reload', '127.0.0.1'], ['/keys/refresh', '127.0.0.1']]);
  const shown = await run('portcullis', ['keys', '--url', `http://${serve.admin}`]);
  assert.match(shown.stdout, new RegExp(`issuer +${keyServer.issuer}[^]*key +k1 +RSA 2048 bits`));
  assert.equal(keyServer.fetches, fetched + 1);
  const json = await run('portcullis', ['keys', '--json', '--url', `http://${serve.admin}`]);
  assert.equal(JSON.parse(json.stdout).issuers[0].keys[0].kid, 'k1');
  assert.equal((await run('portcullis', ['keys', '--url', `http://${serve.admin}`, '--refresh'])).code, 2);
  const refreshed = await run('portcullis', ['keys', '--url', `http://${serve.admin}`, '--refresh'], {env: {PORTCULLIS_ADMIN_TOKEN: 'correct-horse-battery-staple-0123'}});
  assert.equal(refreshed.code, 0, refreshed.stderr);
  assert.equal(keyServer.fetches, fetched + 2);
  assert.equal((await run('portcullis', ['healthcheck', '--url', `http://${serve.admin}`])).code, 0);
  assert.equal((await run('portcullis', ['healthcheck', '--url', `http://127.0.0.1:1`])).code, 1);
  const elsewhere = await run('portcullis', ['healthcheck', '--url', `http://${serve.listen}`]);
  assert.deepEqual([elsewhere.code, /name serve\.admin with --url, not serve\.listen$/m.test(elsewhere.stderr)], [1, true], elsewhere.stderr);
});

test('a listener beyond loopback shows nothing without its token, and stays so whatever a newer configuration says', async (t) => {
  const folder = temporaryFolder(t.after.bind(t));
  writeFileSync(path.join(folder, 'token'), 'correct-horse-battery-staple-0123', {mode: 0o600});
  const {serve, config} = await world(t, {serve: {admin: '0.0.0.0:0', admin_token: `file:${folder}/token`}});
  const authorised = {Authorization: 'Bearer correct-horse-battery-staple-0123'};
  const statuses = async (rows) => assert.deepEqual(await Promise.all(rows.map(async ([target, headers]) => (await serve.tell(target, {headers})).status)), rows.map((row) => row[2]));
  await statuses([['/healthz', {}, 200], ['/readyz', {Host: '10.0.0.1:9092'}, 200], ['/readyz', {Host: 'rebound.example'}, 403],
    ['/metrics', {}, 401], ['/decisions', {}, 401], ['/keys', {}, 401], ['/keys', authorised, 200], ['/metrics', {...authorised, Host: 'portcullis.monitoring'}, 200]]);
  const untold = await run('portcullis', ['keys', '--url', `http://127.0.0.1:${serve.admin.split(':').pop()}`], {env: {PORTCULLIS_ADMIN_TOKEN: ''}});
  assert.deepEqual([untold.code, /serve\.admin_token says into PORTCULLIS_ADMIN_TOKEN$/m.test(untold.stderr)], [2, true], untold.stderr);
  const {admin_token: _, ...rest} = config.serve;
  await serve.reload({...config, serve: {...rest, admin: '127.0.0.1:0'}});
  await statuses([['/readyz', {}, 200], ['/metrics', {}, 403], ['/keys', authorised, 403]]);
});

test('without an admin token nothing is changed over TCP', async (t) => {
  const {serve} = await world(t);
  const answer = await serve.tell('/reload', {method: 'POST'});
  assert.equal(answer.status, 403);
  assert.match(answer.body, /admin_token/);
});

test('is ready when its issuers have keys, not before, and becomes so by itself', async (t) => {
  const keyServer = await KeyServer.start(t, [jwk('k1')]);
  keyServer.status = 503;
  const folder = temporaryFolder(t.after.bind(t));
  const serve = await Serve.start(t.after.bind(t), folder, configuration(keyServer), {ready: false});
  assert.equal((await serve.tell('/healthz')).status, 200);
  const unready = await serve.tell('/readyz');
  assert.equal(unready.status, 503);
  assert.equal(JSON.parse(unready.body).issuers[0].usable, false);
  const token = makeToken({header: {kid: 'k1'}, claims: accessClaims({iss: keyServer.issuer})});
  assert.equal((await serve.ask('/private', {token})).status, 503, 'our fault, never a 401');
  assert.equal((await serve.ask('/public')).status, 200);
  keyServer.status = 200;
  await serve.said('ready');
  assert.equal((await serve.tell('/readyz')).status, 200);
  assert.equal((await serve.ask('/private', {token})).status, 200);
});
