// What `make package` takes, what it refuses, and that equal input gives equal octets.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {chmodSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {keys, publicJwk} from '../vectors/signing.mjs';
import {Authority} from '../support/certificates.mjs';
import {endOf, root, run, temporaryFolder} from '../support/program.mjs';
import {TlsKeyServer} from '../support/tls_key_server.mjs';
import {issuer, nowSeconds} from '../support/tokens.mjs';
import {authorizerConfig, makeBundle, runPackage} from './make_bundle.mjs';

const atEnd = endOf(after);
const folder = temporaryFolder(atEnd);
const jwks = {keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]};
const write = (name, content, place = folder) => {
  mkdirSync(path.dirname(path.join(place, name)), {recursive: true});
  writeFileSync(path.join(place, name), content);
  return path.join(place, name);
};
const initialKeys = (more = {}) => JSON.stringify({issuer, fetched_at: nowSeconds() - 60, jwks, ...more});
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const listing = (zip) => spawnSync('unzip', ['-Z', zip], {encoding: 'utf8'}).stdout.split('\n').filter((line) => /^[-dl]/.test(line))
  .map((line) => line.split(/\s+/)).map((of) => ({mode: of[0], time: `${of[6]} ${of[7]}`, name: of[8]}));
let authority;
before(() => {
  authority = new Authority(path.join(folder, 'authority'));
});

describe('what is in the zip', () => {
  test('bootstrap alone without a configuration, and the output says so', async () => {
    const {code, stdout, stderr, zip} = await runPackage(folder, 'alone.zip', {});
    assert.equal(code, 0, stderr);
    assert.deepEqual(listing(zip), [{mode: '-rwxr-xr-x', time: '80-Jan-01 00:00', name: 'bootstrap'}]);
    assert.match(stdout, /environment alone/);
    assert.match(stdout, new RegExp(`^sha256 +${sha256(zip)}$`, 'm'));
    assert.match(stdout, new RegExp(`^size +${statSync(zip).size} bytes$`, 'm'));
    assert.match(stdout, new RegExp(`^bundle +${zip}$`, 'm'));
    assert.ok(statSync(zip).size < 4 * 1024 * 1024);
  });

  test('what is asked for and what the configuration names, readable for all, in one order', async () => {
    const place = path.join(folder, 'full');
    mkdirSync(place);
    write('more/keys.json', JSON.stringify(jwks), place);
    write('cert.pem', keys.k1_certificate, place);
    const config = authorizerConfig(place, issuer, {name: 'portcullis.yaml', more: `  - { issuer: https://a.example.com/, audience: a, jwks_file: ./more/keys.json }
  - { issuer: https://b.example.com/, audience: b, public_keys: [cert.pem] }\n`});
    chmodSync(config, 0o600);
    const keysFile = write('initial', initialKeys());
    const {code, stdout, stderr, zip} = await runPackage(place, 'full.zip', {CA: authority.file, KEYS: keysFile});
    assert.equal(code, 0, stderr);
    assert.deepEqual(listing(zip).map(({mode, name}) => `${mode} ${name}`), ['-rwxr-xr-x bootstrap', '-rw-r--r-- portcullis.yaml', '-rw-r--r-- cert.pem',
      '-rw-r--r-- more/keys.json', '-rw-r--r-- jwks.json', '-rw-r--r-- ca.pem']);
    assert.match(stdout, /^inside +bootstrap portcullis\.yaml cert\.pem more\/keys\.json jwks\.json ca\.pem$/m);
    const extra = spawnSync('unzip', ['-Zv', zip], {encoding: 'utf8'}).stdout;
    assert.doesNotMatch(extra, /length of extra field: +[1-9]/);
  });

  test('the same octets twice, from another folder, at another time, under another umask', async () => {
    const config = authorizerConfig(folder, issuer);
    const first = await makeBundle(folder, 'first.zip', {CONFIG: config, CA: authority.file});
    utimesSync(config, 1_000_000_000, 1_000_000_000);
    const command = `umask 077; cd /; CONFIG=${config} CA=${authority.file} OUT=${folder}/second.zip TZ=Asia/Tokyo LC_ALL=C exec ${root}/scripts/package.sh`;
    const {code, stderr} = await run('/bin/bash', ['-c', command], {milliseconds: 900_000});
    assert.equal(code, 0, stderr);
    assert.equal(sha256(path.join(folder, 'second.zip')), sha256(first));
    const dated = await makeBundle(folder, 'dated.zip', {CONFIG: config, CA: authority.file, SOURCE_DATE_EPOCH: '1767225600'});
    assert.equal(listing(dated)[0].time, '26-Jan-01 00:00');
    assert.notEqual(sha256(dated), sha256(first));
  });

  test('nothing of this machine is in the program', async () => {
    const zip = await makeBundle(folder, 'paths.zip', {});
    const program = spawnSync('unzip', ['-p', zip, 'bootstrap'], {maxBuffer: 64 * 1024 * 1024}).stdout;
    assert.ok(program.length > 1_000_000);
    assert.equal(program.indexOf(root.replace(/\/$/, '')), -1, 'its folder');
    assert.ok(program.includes('portcullis.yaml'), 'and the search finds what is there');
  });
});

describe('keys that are fetched when the bundle is made', () => {
  test('are those of the issuer, over TLS that is verified', async (t) => {
    const server = await TlsKeyServer.start(t.after.bind(t), jwks.keys);
    const local = `https://localhost:${server.port}/`;
    const config = authorizerConfig(folder, local, {name: 'fetch.yaml'});
    server.behave({identity: authority.issue('DNS:localhost')});
    const {code, stderr, zip} = await runPackage(folder, 'fetched.zip', {CONFIG: config, CA: authority.file, KEYS: 'fetch'});
    assert.equal(code, 0, stderr);
    const [entry] = JSON.parse(spawnSync('unzip', ['-p', zip, 'jwks.json'], {encoding: 'utf8'}).stdout);
    assert.deepEqual(entry.jwks, jwks);
    assert.equal(entry.issuer, local);
    assert.ok(Math.abs(entry.fetched_at - nowSeconds()) < 60);

    for (const [why, behaviour, cause] of [
      ['another host', {identity: authority.issue('DNS:other.test')}, /hostname mismatch/],
      ['no keys', {identity: authority.issue('DNS:localhost'), answer: (response) => response.end('{}')}, /no array/],
    ]) {
      server.behave(behaviour);
      const refused = await runPackage(folder, 'refused.zip', {CONFIG: config, CA: authority.file, KEYS: 'fetch'});
      assert.equal(refused.code, 2, why);
      assert.match(refused.stderr, cause);
      assert.ok(!existsSync(refused.zip));
    }
  });
});

describe('what is refused, with exit 2, a sentence and no zip', () => {
  const yaml = (name, options) => authorizerConfig(folder, issuer, {name, ...options});
  const secretIssuer = (secret) => `  - { issuer: https://s.example.com/, audience: s, algorithms: [HS256], token: generic, secret: "${secret}" }\n`;
  const keyIssuer = (file) => `  - { issuer: https://f.example.com/, audience: f, jwks_file: "${file}" }\n`;
  const rows = [
    ['a configuration that check refuses', /misspelt/, () => ({CONFIG: write('bad.yaml', 'misspelt: 1\nroutes: []\ndefault: deny\n')})],
    ['development: true', /development/, () => ({CONFIG: write('dev.yaml', `development: true\n${readFileSync(yaml('x.yaml'))}`)})],
    ['development by the environment', /development/, () => ({CONFIG: yaml('x.yaml'), PORTCULLIS_DEVELOPMENT: '1'})],
    ['an http issuer', /http/, () => ({CONFIG: authorizerConfig(folder, 'http://localhost:1/', {name: 'http.yaml'})})],
    ['an http issuer with development', /development/, () => ({CONFIG: write('http2.yaml', `development: true\n${readFileSync(authorizerConfig(folder, 'http://localhost:1/', {name: 'x.yaml'}))}`)})],
    ['a secret in a file', /never packed.*env:NAME/, () => ({CONFIG: yaml('secret.yaml', {more: secretIssuer(`file:${write('hs', 's'.repeat(32))}`)})})],
    ['a key file of another folder', /own folder/, () => ({CONFIG: yaml('far.yaml', {more: keyIssuer(write('far/keys.json', JSON.stringify(jwks)))})})],
    ['a key file above', /own folder/, () => {
      write('above.json', JSON.stringify(jwks));
      mkdirSync(path.join(folder, 'below'), {recursive: true});
      return {CONFIG: authorizerConfig(path.join(folder, 'below'), issuer, {more: keyIssuer('../above.json')})};
    }],
    ['a key file with the name of another', /rename/, () => {
      write('names/ca.pem', JSON.stringify(jwks));
      return {CONFIG: authorizerConfig(path.join(folder, 'names'), issuer, {more: keyIssuer('ca.pem')})};
    }],
    ['no such configuration', /no configuration/, () => ({CONFIG: 'absent.yaml'})],
    ['no such CA file', /no CA file/, () => ({CA: 'absent.pem'})],
    ['a CA file that is none', /no PEM certificate/, () => ({CA: write('no.pem', 'hello')})],
    ['a CA file with its private key', /private key/, () => ({CA: write('both.pem', readFileSync(authority.file) + readFileSync(path.join(folder, 'authority/ca.key')))})],
    ['a bundle of more than 4 MB', /more than 4194304/, () => ({CA: write('long.pem', readFileSync(authority.file) + randomBytes(1_500_000).toString('base64'))})],
    ['keys without a configuration', /needs a configuration/, () => ({KEYS: 'fetch'})],
    ['keys of another issuer', /no such issuer/, () => ({CONFIG: yaml('x.yaml'), KEYS: write('other', initialKeys({issuer: 'https://other.example.com/'}))})],
    ['keys that are too old', /old/, () => ({CONFIG: yaml('x.yaml'), KEYS: write('old', initialKeys({fetched_at: nowSeconds() - 90_000}))})],
    ['keys that are no JSON', /no JSON/, () => ({CONFIG: yaml('x.yaml'), KEYS: write('broken', initialKeys().slice(1))})],
    ['a plain key set', /plain key set/, () => ({CONFIG: yaml('x.yaml'), KEYS: write('plain', JSON.stringify(jwks))})],
    ['another processor', /x86_64 or arm64/, () => ({ARCH: 'riscv64'})],
    ['a time that is none', /SOURCE_DATE_EPOCH/, () => ({SOURCE_DATE_EPOCH: 'today'})],
  ];
  for (const [name, sentence, variables] of rows)
    test(name, async () => {
      const {code, stderr, zip} = await runPackage(folder, 'never.zip', variables());
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence);
      assert.ok(!existsSync(zip));
    });

  test('and a secret of the environment is packed as its name', async () => {
    const CONFIG = yaml('secret-env.yaml', {more: secretIssuer('env:INTERNAL_SECRET')});
    const zip = await makeBundle(folder, 'secret.zip', {CONFIG, INTERNAL_SECRET: 'q'.repeat(32)});
    const inside = spawnSync('unzip', ['-p', zip], {maxBuffer: 64 * 1024 * 1024}).stdout;
    assert.ok(inside.includes('env:INTERNAL_SECRET') && !inside.includes('q'.repeat(32)));
  });
});

describe('the linker', () => {
  const known = (name) => `x.o: in function \`f': x.cpp:(.text+0x1): warning: Using '${name}' in statically linked applications requires at runtime the shared libraries`;
  const rows = [
    ['says nothing', '', 0, 0],
    ['warns of what is known', ['getaddrinfo', 'gethostbyname', 'dlopen'].map(known).join('\n'), 0, 0],
    ['warns of a further call', known('getpwnam'), 0, 1],
    ['warns of something else beside what is known', `${known('dlopen')}\nld: warning: x.o: missing .note.GNU-stack section`, 0, 1],
    ['fails', 'undefined reference', 1, 1],
  ];
  for (const [what, said, code, expected] of rows)
    test(`${what}: exit ${expected}`, async () => {
      const result = await run(path.join(root, 'scripts/link_static.sh'), ['sh', '-c', 'printf "%s\\n" "$1" >&2; exit "$2"', 'sh', said, String(code)]);
      assert.equal(result.code, expected);
      assert.equal(result.stderr !== '', expected !== 0, 'it speaks when something is wrong');
    });
});

describe('another architecture', () => {
  // A machine of stand-ins: dpkg knows amd64 only and notes what it is told, apt-get finds nothing.
  const bin = path.join(folder, 'bin');
  const told = path.join(folder, 'told');
  const script = (name, text) => chmodSync(write(`bin/${name}`, `#!/bin/sh\n${text}\n`), 0o755);
  before(() => {
    script('dpkg', `case $1 in --print-architecture) echo amd64 ;; --print-foreign-architectures) ;; *) echo "$*" >>${told} ;; esac`);
    script('dpkg-query', 'exit 1');
    script('apt-get', 'exit 100');
    script('sudo', 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"');
  });
  const setup = (command, more = {}) => {
    writeFileSync(told, '');
    return run('/bin/bash', ['-c', command], {cwd: root, env: {PATH: `${bin}:${process.env.PATH}`, YES: '', ...more.env}, input: more.input});
  };

  test('is not told to apt without a terminal or a yes', async () => {
    const {code, stderr} = await setup('scripts/setup.sh package-arm64');
    assert.equal(code, 2);
    assert.match(stderr, /YES=1/);
    assert.equal(readFileSync(told, 'utf8'), '');
  });

  test('is not told to apt when the person at the terminal says no', async () => {
    const {code, stdout} = await setup('script -qec "scripts/setup.sh package-arm64" /dev/null', {input: 'n\n'});
    assert.equal(code, 2);
    assert.match(stdout, /Add it\?/);
    assert.match(stdout, /was not added/);
    assert.equal(readFileSync(told, 'utf8'), '');
  });

  test('is told to apt with a yes, and taken back when the packages cannot be had', async () => {
    const {code} = await setup('scripts/setup.sh package-arm64', {env: {YES: '1'}});
    assert.equal(code, 2);
    assert.equal(readFileSync(told, 'utf8'), '--add-architecture arm64\n--remove-architecture arm64\n');
  });
});
