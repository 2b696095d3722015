// Sources are laid out as `make format` lays them out, so that a change shows what changes and nothing else.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {dirname, join} from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

test('every source is laid out as .clang-format says', () => {
  const files = execFileSync(join(root, 'scripts/sources.sh'), {cwd: root}).toString().trim().split('\n');
  assert.ok(files.length > 300, `${files.length} sources`);
  const {status, stderr, error} = spawnSync('clang-format', ['--dry-run', '-Werror', ...files], {cwd: root, encoding: 'utf8'});
  assert.equal(error, undefined);
  assert.equal(status, 0, `make format would change:\n${stderr}`);
});
