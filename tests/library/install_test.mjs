// The library as an embedder gets it: installed into a folder, found by CMake and by pkg-config, from a project of its own.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, test} from 'node:test';
import {publicJwk} from '../vectors/signing.mjs';
import {endOf, temporaryFolder} from '../support/program.mjs';
import {accessClaims, makeToken} from '../support/tokens.mjs';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const build = process.env.PORTCULLIS_BUILD ?? path.join(root, 'build/release');
const folder = temporaryFolder(endOf(after));
const staged = path.join(folder, 'staged');
const run = (program, args, options = {}) => execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options});

run('cmake', ['--install', build, '--component', 'library', '--prefix', staged]);
const pkgConfig = (...args) => run('pkg-config', [...args, 'portcullis'], {
  env: {...process.env, PKG_CONFIG_PATH: path.join(staged, 'lib/pkgconfig')},
}).trim().split(/\s+/);

const jwks = path.join(folder, 'keys.json');
writeFileSync(jwks, JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', use: 'sig', alg: 'RS256'})]}));
const answer = (program, authorization) => spawnSync(program, [jwks, authorization], {encoding: 'utf8'}).stdout.trim();
const bearer = (claims) => `Bearer ${makeToken({header: {kid: 'k1'}, claims: accessClaims(claims)})}`;

/** What every build of the example must say. */
function decides(program) {
  assert.equal(answer(program, bearer({scope: 'read:orders'})), '200');
  assert.match(answer(program, bearer({scope: 'write:orders'})), /^403 Bearer .*error="insufficient_scope"/);
  assert.match(answer(program, 'Basic YTpi'), /^401 Bearer /);
  const nothing = spawnSync(program, [], {encoding: 'utf8'});
  assert.equal(nothing.status, 2);
  assert.match(nothing.stderr, /JWKS-FILE AUTHORIZATION/);
}

/** A project of one file that links `target`; @returns its folder */
function project(name, target, source, version = '0.1') {
  const place = path.join(folder, name);
  mkdirSync(place);
  writeFileSync(path.join(place, 'main.cpp'), source);
  writeFileSync(path.join(place, 'CMakeLists.txt'), `cmake_minimum_required(VERSION 3.25)
project(${name} LANGUAGES CXX)
find_package(portcullis ${version} CONFIG REQUIRED)
add_executable(${name} main.cpp)
target_link_libraries(${name} PRIVATE ${target})
`);
  return place;
}
const configure = (place) => spawnSync('cmake', ['-S', place, '-B', `${place}/build`, `-DCMAKE_PREFIX_PATH=${staged}`], {encoding: 'utf8'});

test('docs/library.md shows the example as it is', () => {
  const source = readFileSync(path.join(root, 'examples/embed_library/main.cpp'), 'utf8');
  assert.ok(readFileSync(path.join(root, 'docs/library.md'), 'utf8').includes(`\`\`\`cpp\n${source}\`\`\``));
});

test('the example of at most 20 lines builds with find_package and decides', () => {
  const example = path.join(root, 'examples/embed_library');
  assert.ok(readFileSync(path.join(example, 'main.cpp'), 'utf8').trimEnd().split('\n').length <= 20);
  run('cmake', ['-S', example, '-B', path.join(folder, 'example'), `-DCMAKE_PREFIX_PATH=${staged}`]);
  run('cmake', ['--build', path.join(folder, 'example')]);
  decides(path.join(folder, 'example/embed_library'));
});

test('the example builds with pkg-config and decides', () => {
  const program = path.join(folder, 'by_pkg_config');
  run('g++', [path.join(root, 'examples/embed_library/main.cpp'), '-o', program, ...pkgConfig('--cflags', '--libs')]);
  decides(program);
});

test('portcullis::token verifies a token, and needs libcrypto and nothing else', () => {
  const place = project('token_alone', 'portcullis::token', `#include <portcullis/token.h>
int main() {
  const bool shape = portcullis::parse_token("a.b", {}).error().reason == portcullis::Reason::not_jws;
  return shape && !portcullis::VerificationKey::from_pem("no key") ? 0 : 1;
}
`);
  assert.equal(configure(place).status, 0);
  run('cmake', ['--build', `${place}/build`]);
  run(`${place}/build/token_alone`, []);
  const libraries = run('readelf', ['-d', `${place}/build/token_alone`]).match(/\[lib[^\]]*\.so/g).map((name) => name.slice(1));
  assert.deepEqual(libraries.filter((name) => !/^lib(c|m|stdc\+\+|gcc_s)\.so$/.test(name)), ['libcrypto.so']);
});

test('a version that may differ in its declarations is not taken', () => {
  const refused = configure(project('other_version', 'portcullis::token', 'int main() {}\n', '0.2'));
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /compatible with requested version "0\.2"/);
});

test('each public header stands alone, without warnings', () => {
  const headers = readdirSync(path.join(staged, 'include/portcullis'));
  assert.deepEqual(headers, readdirSync(path.join(root, 'include/portcullis')));
  for (const header of headers) {
    run('g++', ['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror', '-I', path.join(staged, 'include'), '-x', 'c++', '-'],
      {input: `#include <portcullis/${header}>\n#include <portcullis/${header}>\n`, stdio: ['pipe', 'pipe', 'pipe']});
  }
});
