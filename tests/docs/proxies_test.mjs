// docs/proxies.md shows what `check --proxy` prints, for each proxy that there is, word for word.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, describe, test} from 'node:test';
import {parse, readText} from '../support/markdown.mjs';
import {endOf, run, temporaryFolder} from '../support/program.mjs';

describe('what check --proxy prints', () => {
  const folder = temporaryFolder(endOf(after));
  const {blocks} = parse(readText('docs/proxies.md'));
  const example = blocks.find(({language, before}) => language === 'yaml' && before.includes('write a `portcullis.yaml`')).text;
  let files = 0;
  /** For the document's configuration, changed. */
  async function printed(name, change = (text) => text) {
    const file = path.join(folder, `${++files}.yaml`);
    writeFileSync(file, change(example));
    return run('portcullis', ['check', file, '--proxy', name]);
  }
  const to = (from, into) => (text) => (assert.ok(text.includes(from)), text.replace(from, into));

  const names = ['nginx', 'traefik', 'caddy', 'haproxy', 'envoy', 'gateway-api'];
  for (const name of names)
    test(`is for ${name} what the document shows`, async () => {
      const {code, stdout} = await printed(name);
      assert.equal(code, 0);
      const shown = blocks.find(({text}) => text.includes(`# Printed by: portcullis check --proxy ${name}\n`));
      assert.equal(shown?.text, stdout.trimEnd());
    });

  test('there are no others, and their names are told', async () => {
    const {code, stderr} = await printed('apache');
    assert.equal(code, 2);
    assert.equal(stderr, `portcullis: --proxy is one of nginx, traefik, caddy, haproxy, envoy, gateway-api\n`);
  });

  const socket = to('127.0.0.1:9091', 'unix:/run/portcullis/socket');
  for (const [name, expected] of Object.entries({
    nginx: 'server unix:/run/portcullis/socket;', caddy: 'forward_auth unix//run/portcullis/socket {', haproxy: 'dst = "unix@/run/portcullis/socket"',
    envoy: '{ pipe: { path: /run/portcullis/socket } }', traefik: undefined, 'gateway-api': undefined,
  }))
    test(`a Unix socket: ${name} ${expected ? 'asks there' : 'cannot ask there, and says so'}`, async () => {
      const {code, stdout, stderr} = await printed(name, socket);
      assert.equal(code, expected ? 0 : 2);
      if (expected) assert.ok(stdout.includes(expected), stdout);
      else assert.match(stderr, /asks over TCP only: give serve\.listen an address and a port instead of a Unix socket/);
    });

  test('an address of all kinds is asked at as it must be', async () => {
    for (const [listen, nginx, envoy] of [['0.0.0.0:9091', '127.0.0.1:9091', '127.0.0.1'], ['"[::]:9091"', '[::1]:9091', '"::1"'], ['"[2001:db8::1]:9091"', '[2001:db8::1]:9091', '"2001:db8::1"']]) {
      assert.ok((await printed('nginx', to('127.0.0.1:9091', listen))).stdout.includes(`server ${nginx};`), listen);
      assert.ok((await printed('envoy', to('127.0.0.1:9091', listen))).stdout.includes(`{ address: ${envoy}, port_value: 9091 }`), listen);
    }
  });

  test('what would print a configuration that cannot work prints none', async () => {
    for (const [name, change, message] of [
      ['nginx', to('127.0.0.1:9091', '127.0.0.1:0'), /serve\.listen has port 0/],
      ['nginx', to('127.0.0.1:9091', '"unix:/run/x; y"'), /serve\.listen names a socket/],
      ['traefik', (text) => `${text}\n  identity: { X-A-B-C-D-E: sub }\n`, /X-A-B-C-D-E has too many spellings: give it at most 4 hyphens/],
      ['caddy', to('default: deny', 'default: allow'), /'allow' is not known here/],
    ]) {
      const {code, stdout, stderr} = await printed(name, change);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    }
  });

  test('is about the headers that are configured, and no others', async () => {
    const own = (text) => `${text.replace('default: deny', 'default: deny\nlimit_headers: both\ndpop: { nonce: required }')}\n  identity: { X-Team: org_id }\n`;
    for (const name of names) {
      const {stdout} = await printed(name, own);
      assert.match(stdout, /x-team/i, name);
      assert.doesNotMatch(stdout, /X-Auth-(Client|Scope|Issuer)/, name);
    }
    for (const name of ['nginx', 'haproxy', 'envoy']) assert.match((await printed(name, own)).stdout, /dpop-nonce[^]*ratelimit-policy[^]*x-ratelimit-reset/i, name);
  });

  test('says that nobody may ask yet, where serve.proxies is empty', async () => {
    assert.match((await printed('nginx', to('[127.0.0.1/32]', '[]'))).stdout, /serve\.proxies is empty, so nobody may ask yet/);
  });
});
