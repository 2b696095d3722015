// The bundles as `make package` makes them, each run in a file system that holds nothing else: no libraries, no
// certificates, only etc/resolv.conf. The same rows for both processors; arm64 runs under qemu.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {publicJwk} from '../vectors/signing.mjs';
import {Authority} from '../support/certificates.mjs';
import {EmptyRoot, oneUser} from '../support/empty_root.mjs';
import {NameServer} from '../support/name_server.mjs';
import {endOf, temporaryFolder, within} from '../support/program.mjs';
import {Redis} from '../support/redis.mjs';
import {RuntimeApi, arn, tokenEvent} from '../support/runtime_api.mjs';
import {TlsKeyServer} from '../support/tls_key_server.mjs';
import {accessClaims, makeToken, nowSeconds, withBadSignature} from '../support/tokens.mjs';
import {eventually} from '../support/world.mjs';
import {becomeRoot} from './become_root.mjs';
import {authorizerConfig, makeBundle} from './make_bundle.mjs';

becomeRoot();

const own = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const processors = [
  {arch: 'x86_64', machine: /X86-64/, libraries: 'x86_64-linux-gnu', patience: 10_000},
  {arch: 'arm64', machine: /AArch64/, libraries: 'aarch64-linux-gnu', ...(own === 'arm64' ? {patience: 10_000} : {patience: 40_000, emulator: '/usr/bin/qemu-aarch64-static'})},
].filter(({arch}) => arch === own || arch === 'arm64');
const k1 = publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'});
const goodNames = 'DNS:tenant.test,DNS:localhost';

const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
let authority, stranger, identity, keyServer, nameServer, issuer;

before(async () => {
  authority = new Authority(path.join(folder, 'authority'));
  stranger = new Authority(path.join(folder, 'stranger'));
  identity = authority.issue(goodNames);
  keyServer = await TlsKeyServer.start(atEnd, [k1]);
  nameServer = await NameServer.start(atEnd);
  issuer = `https://tenant.test:${keyServer.port}/`;
});

const good = (more = {}) => makeToken({header: {kid: 'k1'}, claims: accessClaims({iss: issuer, ...more})});
const requestEvent = (token) => ({
  type: 'REQUEST', methodArn: arn('GET/orders'), path: '/orders', httpMethod: 'GET', headers: {Authorization: `Bearer ${token}`},
  multiValueHeaders: {Authorization: [`Bearer ${token}`]}, requestContext: {stage: 'dev', identity: {sourceIp: '192.0.2.1'}},
});
const initialKeys = (more = {}) => JSON.stringify({issuer, fetched_at: nowSeconds() - 60, jwks: {keys: [k1]}, ...more});

// Whatever fails here, keys that cannot be fetched are a fault: neither an allow nor Unauthorized.
const faults = [
  ['another host\'s certificate', /hostname mismatch/, () => ({identity: authority.issue('DNS:other.test')})],
  ['a certificate for its address only', /hostname mismatch/, () => ({identity: authority.issue('IP:127.0.0.1')})],
  ['a self-signed certificate', /self-signed certificate/, () => ({identity: authority.selfSigned(goodNames)})],
  ['another authority\'s certificate', /unable to get local issuer certificate/, () => ({identity: stranger.issue(goodNames)})],
  ['an expired certificate', /certificate has expired/, () => ({identity: authority.issue(goodNames, {from: -7200, until: -3600})})],
  ['a certificate of tomorrow', /certificate is not yet valid/, () => ({identity: authority.issue(goodNames, {from: 86_400, until: 90_000})})],
  ['TLS 1.1', /TLS handshake failed/, () => ({identity: {...identity, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0'}})],
  ['a server that never speaks', /no TLS handshake in time/, () => ({})],
  ['a server that never answers', /no whole answer in time/, () => ({identity, answer: () => {}})],
  ['a body of more than 256 KiB', /larger than 262144 bytes/, () => ({identity, answer: (response) => response.end(keyServer.jwks.padEnd(256 * 1024 + 1))})],
  ['an endless body', /larger than 262144 bytes/, () => ({identity, answer: endless})],
  ['a redirect', /HTTP status 302/, () => ({identity, answer: (response) => response.writeHead(302, {Location: issuer}).end()})],
  ['a name that does not exist', /tenant\.test/, () => ({identity}), (names) => names.delete('tenant.test')],
  ['a name server that never answers', /look-up took too long|tenant\.test/, () => ({identity}), () => (nameServer.silent = true)],
];

function endless(response) {
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(16_384)));
  };
  response.writeHead(200, {'Content-Type': 'application/json'}).on('drain', more);
  more();
}

for (const {arch, machine, libraries, patience, emulator} of processors)
  describe(`the bundle for ${arch}`, () => {
    let bundle;
    before(async () => {
      if (emulator) assert.ok(existsSync(emulator), `${emulator} is missing: install qemu-user-static (scripts/setup.sh bundle)`);
      bundle = await makeBundle(folder, `${arch}.zip`, {ARCH: arch, CONFIG: authorizerConfig(folder, issuer), CA: authority.file});
    });

    let roots = 0;
    /** An authorizer in its own empty root, the servers behaving as `behaviour` says. */
    async function startAuthorizer(t, behaviour = {identity}, prepare = () => {}) {
      keyServer.behave(behaviour);
      nameServer.silent = false;
      nameServer.names.set('tenant.test', '127.0.0.1');
      const root = new EmptyRoot(path.join(folder, `${arch}-${++roots}`), {bundle, nameServer, emulator});
      prepare(root);
      const before = root.contents();
      const api = await RuntimeApi.start(t);
      const program = root.start(t, api);
      const invoke = (event) => api.invoke(event, {budget: patience, milliseconds: 2 * patience});
      return {root, api, program, invoke, unchanged: () => assert.equal(root.contents(), before, 'nothing is written but in /tmp')};
    }
    /** The first answer that is a policy: a busy machine may need several tries for one in time. */
    const policyFor = async (invoke, event) => {
      const {json} = await eventually(async () => {
        const answer = await invoke(event);
        return answer.kind === 'response' && answer;
      }, 'an allow', 2 * patience);
      assert.equal(json.principalId, 'auth0|u1');
      assert.ok(json.policyDocument.Statement.some(({Effect}) => Effect === 'Allow'));
    };
    const assertUnauthorized = ({kind, json}) => assert.deepEqual([kind, json.errorMessage], ['error', 'Unauthorized']);

    test('one program, which needs no library and is placed anywhere', () => {
      const root = new EmptyRoot(path.join(folder, `${arch}-elf`), {bundle, nameServer});
      const of = (...args) => spawnSync('readelf', [...args, path.join(root.task, 'bootstrap')], {encoding: 'utf8'}).stdout;
      assert.match(of('-h'), machine);
      assert.match(of('-h'), /Type: +DYN/, 'position independent');
      assert.doesNotMatch(of('-lW'), /INTERP/, 'no loader');
      assert.match(of('-lW'), /GNU_EH_FRAME/, 'the unwinder finds its table');
      assert.match(of('-lW'), /GNU_STACK .* RW /, 'no executable stack');
      assert.doesNotMatch(of('-dW'), /NEEDED/);
      assert.match(of('-SW'), /There are \d+ section headers/);
      assert.doesNotMatch(of('-SW'), /\.symtab|\.debug_|note\.gnu\.build-id/, 'stripped, without a build id');
    });

    test('TOKEN and REQUEST events with a good token are allowed, a bad one is Unauthorized, nothing is written', async (t) => {
      const {invoke, unchanged, program} = await startAuthorizer(t);
      await policyFor(invoke, tokenEvent(`Bearer ${good()}`));
      await policyFor(invoke, requestEvent(good()));
      assertUnauthorized(await invoke(tokenEvent(`Bearer ${withBadSignature(good())}`)));
      assertUnauthorized(await invoke(requestEvent(good({aud: 'other'}))));
      assertUnauthorized(await invoke(tokenEvent('Bearer')));
      const start = JSON.parse(await program.line(/"msg":"start"/));
      assert.equal(start.config, '/var/task/portcullis.yaml');
      unchanged();
    });

    for (const [name, cause, behaviour, prepare = () => {}] of faults)
      test(`${name}: keys_unavailable, never an allow`, async (t) => {
        const how = behaviour();
        const {invoke, unchanged, program} = await startAuthorizer(t, how, () => prepare(nameServer.names));
        let slowest = 0;
        await eventually(async () => {
          const began = Date.now();
          const answer = await invoke(tokenEvent(`Bearer ${good()}`));
          slowest = Math.max(slowest, Date.now() - began);
          assert.equal(answer.kind, 'error');
          assert.match(answer.json.errorMessage, /keys_unavailable/);
          const line = JSON.parse(await program.line((text) => text.includes(answer.id) && text.includes('"decision"')));
          return cause.test(line.detail);
        }, `${cause} in the log`, 2 * patience);
        assert.ok(slowest < 0.75 * patience, `${slowest} ms: it ended at its own deadline, not at the invocation's`);
        assert.equal(keyServer.requests > 0, 'answer' in how, 'a request is sent to whoever is verified, and to nobody else');
        assertUnauthorized(await invoke(tokenEvent('Bearer')));
        unchanged();
      });

    // A fifo in the module's place: whoever opens it waits for ever, and so would the look-up.
    test('nsswitch.conf may name modules of another glibc: none is opened', async (t) => {
      const {invoke} = await startAuthorizer(t, {identity}, (root) => {
        writeFileSync(path.join(root.folder, 'etc/nsswitch.conf'), 'passwd: files systemd\nhosts: files myhostname resolve [!UNAVAIL=return] dns\n');
        for (const place of ['lib64', `lib/${libraries}`, `usr/lib/${libraries}`]) {
          mkdirSync(path.join(root.folder, place), {recursive: true});
          const module = path.join(root.folder, place, 'libnss_myhostname.so.2');
          assert.equal(spawnSync('mkfifo', [module]).status, 0);
        }
      });
      await policyFor(invoke, tokenEvent(`Bearer ${good()}`));
    });

    // The platform's own authorities, which would trust the server, lie where Amazon Linux has them.
    const distrusted = [
      ['an empty ca.pem', (file) => writeFileSync(file, ''), true],
      ['a ca.pem of another authority', (file) => copyFileSync(stranger.file, file), true],
      ['a ca.pem that may not be read', (file) => chmodSync(file, 0), true],
      ['no ca.pem, and none of the platform\'s', (file) => rmSync(file), false],
    ];
    for (const [name, change, platform] of distrusted)
      test(`${name}: nobody else is trusted`, {skip: name.includes('may not') && oneUser ? 'there is one user here, who may read all' : false}, async (t) => {
        const {invoke} = await startAuthorizer(t, {identity}, (root) => {
          change(path.join(root.task, 'ca.pem'));
          if (platform) root.trust(authority.file);
        });
        const answer = await invoke(tokenEvent(`Bearer ${good()}`));
        assert.match(answer.json.errorMessage, /keys_unavailable/);
        assert.equal(keyServer.requests, 0);
      });

    test('without a ca.pem the platform\'s authorities count', async (t) => {
      const {invoke} = await startAuthorizer(t, {identity}, (root) => {
        rmSync(path.join(root.task, 'ca.pem'));
        root.trust(authority.file);
      });
      await policyFor(invoke, tokenEvent(`Bearer ${good()}`));
    });

    test('limits are counted in a Redis, by TLS and name, and nobody passes where it is none', async (t) => {
      const redis = await Redis.start(t, {tls: authority.issue('DNS:limits.test')});
      nameServer.names.set('limits.test', '127.0.0.1').set('other.test', '127.0.0.1');
      const limited = (host) => ({task}) => authorizerConfig(task, issuer, {name: 'portcullis.yaml', store: `rediss://${host}:${redis.port}`});
      const decided = async ({program, invoke}) => {
        const {id} = await invoke(requestEvent(good()));
        return JSON.parse(await program.line((line) => line.includes(id) && line.includes('"decision"')));
      };
      const right = await startAuthorizer(t, {identity}, limited('limits.test'));
      await policyFor(right.invoke, requestEvent(good()));
      await eventually(async () => (await decided(right)).reason === 'rate_limited', 'the end of the limit', 2 * patience);
      const wrong = await startAuthorizer(t, {identity}, limited('other.test'));
      await eventually(async () => {
        const {reason, detail} = await decided(wrong);
        assert.match(reason, /^(store|keys)_unavailable$/);
        return /other\.test:\d+: certificate verify failed \(hostname mismatch\)/.test(detail);
      }, 'a store that is not believed', 2 * patience);
    });

    test('initial keys decide the first event without a request, which follows as an errand', async (t) => {
      const {invoke, api, program} = await startAuthorizer(t, {identity}, ({task}) => writeFileSync(path.join(task, 'jwks.json'), initialKeys()));
      await api.until(() => api.waiting.length === 1, 'the first call of next', patience);
      assert.equal(keyServer.connections, 0, 'nothing is fetched at the start');
      const answer = await invoke(tokenEvent(`Bearer ${good()}`));
      assert.equal(answer.kind, 'response', answer.body);
      await eventually(() => keyServer.requests === 1, 'the errand', patience);
      await program.line((line) => line.includes('"initial keys"') && line.includes(issuer) && line.includes('used'));
      assert.equal(JSON.parse(await program.line(/"msg":"start"/)).issuers[0].keys, 1);
    });

    test('initial keys that are too old are fetched first, and the log says so', async (t) => {
      const {invoke, program} = await startAuthorizer(t, {identity}, ({task}) => writeFileSync(path.join(task, 'jwks.json'), initialKeys({fetched_at: nowSeconds() - 90_000})));
      await policyFor(invoke, tokenEvent(`Bearer ${good()}`));
      assert.ok(keyServer.requests >= 1);
      await program.line((line) => line.includes('"initial keys"') && /ignored: .*old/.test(line));
    });

    test('initial keys that are no JSON are an init error', async (t) => {
      const {api, program} = await startAuthorizer(t, {identity}, ({task}) => writeFileSync(path.join(task, 'jwks.json'), initialKeys().slice(0, 50)));
      const {code} = await within(patience, 'the end', program.ended);
      assert.notEqual(code, 0);
      assert.deepEqual(api.calls.map((call) => call.path), ['/2018-06-01/runtime/init/error']);
      assert.match(JSON.parse(api.calls[0].body).errorMessage, /jwks\.json/);
    });
  });

describe('the bundle for this machine in another Lambda', () => {
  test('npm\'s @vercel/fun runs what was unzipped', async (t) => {
    process.env.XDG_CACHE_HOME = path.join(folder, 'cache');
    const {createFunction} = await import('@vercel/fun');
    const keysFile = path.join(folder, 'initial.json');
    writeFileSync(keysFile, initialKeys());
    const bundle = await makeBundle(folder, 'fun.zip', {ARCH: own, CONFIG: authorizerConfig(folder, issuer), CA: authority.file, KEYS: keysFile});
    const {task} = new EmptyRoot(path.join(folder, 'fun'), {bundle, nameServer});
    const made = await createFunction({Code: {Directory: task}, Handler: 'authorizer', Runtime: 'provided', Environment: {Variables: {}}, MemorySize: 128});
    t.after(() => made.destroy());
    const call = (event) => within(10_000, 'the answer', made(event));
    assert.equal((await call(tokenEvent(`Bearer ${good()}`))).principalId, 'auth0|u1');
    await assert.rejects(call(tokenEvent(`Bearer ${withBadSignature(good())}`)), (error) => error.message === 'Unauthorized');
    assert.equal((await call(requestEvent(good()))).principalId, 'auth0|u1');
  });
});
