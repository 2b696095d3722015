// What a machine can forbid, no reviewer discusses: the arrows between the layers, banned calls, names,
// and the frozen list of reasons. Needs node and git only: node --test tests/rules/rules_test.mjs
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, statSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const here = 'tests/rules/rules_test.mjs';
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z'], {cwd: root})
  .toString().split('\0').filter((file) => file && existsSync(join(root, file)) && statSync(join(root, file)).isFile());

const read = (file) => readFileSync(join(root, file), 'utf8');
const isText = (file) => !readFileSync(join(root, file)).subarray(0, 8000).includes(0);
const isTest = (file) => /_(test|fuzz)\.cpp$/.test(file) || file.startsWith('tests/');
const sources = files.filter((file) => /\.(h|cpp)$/.test(file));

/** The text without comments and without what stands inside string literals; lines stay where they are. */
function code(text) {
  return text.replace(/\/\/[^\n]*|\/\*[^]*?\*\/|R"([^(\s]*)\([^]*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g,
    (match) => (match.startsWith('/') ? '' : '""') + '\n'.repeat(match.split('\n').length - 1));
}

function includes(file) {
  return read(file).split('\n').flatMap((line, index) => {
    const found = /^\s*#\s*include\s*(["<])([^">]+)[">]/.exec(line);
    return found ? [{place: `${file}:${index + 1}`, quoted: found[1] === '"', path: found[2]}] : [];
  });
}

/** Every place where `pattern` stands in the code of these files. */
function places(list, pattern, text = (file) => code(read(file))) {
  return list.flatMap((file) => text(file).split('\n').flatMap((line, index) =>
    pattern.test(line) ? [`${file}:${index + 1}: ${pattern.exec(line)[0].trim()}`] : []));
}

const none = (found, rule) => assert.deepEqual(found, [], rule);

/** "core/token/jws.cpp" → "core_token"; a folder below a layer belongs to it; else undefined. */
function layerOf(path) {
  const [top, folder] = path.split('/');
  const inFolder = path.split('/').length > 2;
  if (top === 'world' && !inFolder) return 'world';
  return ['core', 'edge', 'doors', 'world'].includes(top) && inFolder ? `${top}_${folder}` : undefined;
}

/** The edges as CMakeLists.txt has them, with all that is reached through them. */
function declaredLayers() {
  const direct = new Map();
  for (const [, name, rest] of read('CMakeLists.txt').matchAll(/^\s*portcullis_layer\((\w+)([^)]*)\)/gm)) {
    const group = /\bIN (\w+)/.exec(rest)?.[1];
    const needs = /\bNEEDS ((?:\w+ ?)+?)(?= PRIVATELY|\s*$)/.exec(rest)?.[1].trim().split(/\s+/) ?? [];
    direct.set(group ? `${group}_${name}` : name, needs);
  }
  const reach = (layer, seen = new Set()) => {
    for (const next of direct.get(layer) ?? []) if (!seen.has(next)) reach(next, seen.add(next));
    return seen;
  };
  return new Map([...direct.keys()].map((layer) => [layer, reach(layer)]));
}

test('the layers of CMakeLists.txt point downwards only', () => {
  const mayNeed = {
    core: /^core_/,
    edge: /^(edge_|contract$)/,  // the contract's functions, never core's own headers
    doors: /^((core|edge|doors)_|contract$)/,
    world: /^(edge_(net|system)|world_\w+)$/,
  };
  const layers = declaredLayers();
  assert.ok(layers.size >= 4, 'CMakeLists.txt declares the layers');
  none([...layers].flatMap(([layer, needs]) => [...needs].filter((need) => !mayNeed[layer.split('_')[0]].test(need))
    .map((need) => `${layer} → ${need}`)), 'core knows core; edge knows edge and the contract; doors know both; world knows edge/net and edge/system');
  none([...layers].flatMap(([layer, needs]) => [...needs].filter((need) => need.startsWith('doors_') && !/^doors_(keys|log)$/.test(need) && layer !== 'doors_cli')
    .map((need) => `${layer} → ${need}`)), 'only the command line knows another door; doors/keys and doors/log are what doors have in common');
});

test('every #include follows the layers', () => {
  const layers = declaredLayers();
  const wrong = [];
  for (const file of sources.filter((name) => layerOf(name) || name.startsWith('include/'))) {
    const own = layerOf(file);
    for (const {place, quoted, path} of includes(file)) {
      if (!quoted) {
        if (/^(portcullis|core|edge|doors|world)\//.test(path)) wrong.push(`${place}: <${path}> is ours: write it in quotes`);
      } else if (path.startsWith('portcullis/')) {
        if (!existsSync(join(root, 'include', path))) wrong.push(`${place}: ${path} does not exist`);
      } else if (isTest(file) && path.startsWith('tests/')) {
        if (!existsSync(join(root, path))) wrong.push(`${place}: ${path} does not exist`);
      } else if (!own) {
        wrong.push(`${place}: the contract includes ${path}`);
      } else if (!layerOf(path)) {
        wrong.push(`${place}: write ${path} from the root of the repository`);
      } else if (layerOf(path) !== own && !layers.get(own)?.has(layerOf(path))) {
        wrong.push(`${place}: ${own} may not know ${layerOf(path)} (${path})`);
      }
    }
  }
  none(wrong, 'the same edges as in CMakeLists.txt');
});

test('each library stays in its folder', () => {
  const homes = [
    {library: /^openssl\//, allowed: (file) => file.startsWith('bench/') || /^(core\/token|edge\/net)\/|^world\/(tenant\/(mint|authorization_code)|gateway\/web_socket_handshake)/.test(file) || isTest(file)},
    {library: /^boost\/json/, allowed: (file) => /^(core\/json|world)\//.test(file) || isTest(file)},
    {library: /^boost\/(?!json)/, allowed: (file) => file.startsWith('edge/net/')},
    {library: /^hiredis\//, allowed: (file) => file.startsWith('edge/net/')},
    {library: /^yaml-cpp\//, allowed: (file) => /^edge\/(config|deployment)\//.test(file)},
    {library: /^prometheus\//, allowed: (file) => file.startsWith('doors/serve/')},
    {library: /^CLI\//, allowed: (file) => file.startsWith('doors/cli/') || file === 'world/main.cpp'},
    {library: /^g(test|mock)\//, allowed: isTest},
  ];
  none(sources.flatMap((file) => includes(file).filter(({path}) =>
    homes.some(({library, allowed}) => library.test(path) && !allowed(file, path))).map(({place, path}) => `${place}: ${path}`)),
  'OpenSSL: bench, core/token, edge/net, world/tenant/mint and authorization_code, world/gateway/web_socket_handshake · Boost.JSON: core/json, world · Beast, Asio, hiredis: edge/net · ' +
  'yaml-cpp: edge/config, edge/deployment · prometheus-cpp: doors/serve · CLI11: doors/cli, world/main.cpp · GoogleTest: tests');
});

/** Lines of a header that declare something public, with neither a comment above nor one behind. */
function undocumented(text) {
  const lines = text.split('\n');
  let hidden = false;
  return lines.flatMap((line, at) => {
    if (/^ *private:/.test(line)) hidden = true;
    if (/^ *public:|^};/.test(line)) hidden = false;
    if (hidden || /^\s*(\/\/|#|friend|using|return|for|if|else|case|switch|\}|namespace|static_assert|explicit operator|operator)/.test(line)) return [];
    const isFunction = /^(\s{0,2}|template.*)[\w:<>,&*[\] ]*[\w>&*\]] [&*]?\w+\(/.test(line) && !/ = default| = delete|^\s{4,}/.test(line);
    const isType = /^(class|struct|enum class)\s+\w+(?!.*;)/.test(line);
    if (!isFunction && !isType) return [];
    let above = at - 1;
    while (/^\s*template/.test(lines[above])) --above;
    let end = at;
    while (!/[;{}]\s*(\/\/.*)?$/.test(lines[end])) ++end;
    return /^\s*\/\/\//.test(lines[above]) || /\/\/ /.test(lines[end]) ? [] : [`${at + 1}: ${line.trim()}`];
  });
}

test('every declaration of a public header says what it is', () => {
  assert.deepEqual(undocumented('/// Counts.\nint count();\nint other();\nstruct Row {\n  int at() const;  // of the table\n  int of();\n};\n'),
    ['3: int other();', '4: struct Row {', '6: int of();'], 'the rule finds what lacks its comment');
  const headers = files.filter((file) => file.startsWith('include/'));
  assert.ok(headers.length >= 10);
  none(headers.flatMap((file) => undocumented(read(file)).map((found) => `${file}:${found}`)), 'include/portcullis documents every declaration');
});

test('Beast and Asio are compiled in at most 8 files', () => {
  const reaches = (file, seen = new Set()) => includes(file).some(({quoted, path}) => {
    if (/^boost\/(beast|asio)/.test(path)) return true;
    if (!quoted || seen.has(path) || !sources.includes(path)) return false;
    return reaches(path, seen.add(path));
  });
  const costly = sources.filter((file) => file.endsWith('.cpp') && reaches(file));
  assert.ok(costly.length <= 8, `each costs 10 to 30 s: ${costly.join(', ')}`);
});

test('the core reads no clock, environment or socket and starts no thread', () => {
  const core = sources.filter((file) => file.startsWith('core/') && !/_(test|fuzz)\.cpp$/.test(file));
  for (const banned of [/\bgetenv\b/, /\b\w*_clock\s*::\s*now\b/, /\bstd\s*::\s*regex/, /\b(v|f|s|d|vf|vs|sn|vsn)?printf\b/,
    /\bcatch\s*\(\s*\.\.\./, /\bstd\s*::\s*j?thread\b/, /\bsocket\b/i, /<sys\/socket\.h>/]) {
    none(places(core, banned), `core/ bans ${banned}`);
  }
});

// A static glibc would load what these need from the target, whose glibc is another.
test('bootstrap calls nothing that a static glibc looks for outside, and pins how names are looked up first', () => {
  const bundled = sources.filter((file) => /^(core|edge|include|doors\/lambda)\//.test(file) && !/_(test|fuzz)\.cpp$/.test(file));
  for (const banned of [/\bget(pw|gr)(nam|uid|gid|ent)\w*\b/, /\bgetservbyname\b/, /\bgethostbyname\b/, /\biconv(_open)?\b/, /\bstd\s*::\s*locale\s*[({]\s*"/,
    /\bsetlocale\b/, /\bdlopen\b/, /\bOSSL_PROVIDER_load\w*/, /\bENGINE_\w+/, /\bCONF_modules_load\w*/]) {
    none(places(bundled, banned), `bootstrap bans ${banned}`);
  }
  assert.match(code(read('doors/lambda/main.cpp')), /\bint main\([^)]*\) \{\s*#ifdef PORTCULLIS_STATIC\s*__nss_configure_lookup\(/);
});

test('no unfinished marks, attic names, private paths or registry hosts', () => {
  const texts = files.filter((file) => file !== here && isText(file));
  none(places(texts.filter((file) => !isTest(file)), /\b(TODO|FIXME)\b/, read), 'finish it or open an issue');
  none(files.filter((file) => /(^|[_-])(util|helper|common|manager)s?([_.-]|$)/i.test(basename(file))), 'name the concept');
  none(places(texts, /(^|[^\w.~}/-])\/(work|home)\//, read), 'no path of one machine');
  none(places(texts, new RegExp(['deb.debian.org', 'security.debian.org', 'snapshot.debian.org', 'archive.ubuntu.com',
    'deb.nodesource.com', 'registry.npmjs.org', 'registry.yarnpkg.com', 'pypi.org', 'files.pythonhosted.org', 'crates.io',
    'proxy.golang.org', 'rubygems.org'].join('|').replaceAll('.', '\\.')), read), 'registries are the machine\'s own business');
});

test('the reasons are the frozen list, in order', () => {
  const frozen = `ok no_credentials bad_request malformed not_jws bad_json too_large alg_not_allowed header_forbidden crit
    unknown_kid key_mismatch bad_signature bad_iss bad_aud expired not_yet bad_claim wrong_token_type certificate_mismatch
    dpop_missing dpop_invalid dpop_replayed dpop_nonce insufficient_scope forbidden no_route step_up rate_limited
    keys_unavailable store_unavailable internal`.split(/\s+/);
  const header = read('include/portcullis/reason.h');
  const [, body] = /enum class Reason\b[^{]*\{([^}]*)\}/.exec(header);
  assert.deepEqual(body.replace(/\/\/[^\n]*/g, '').split(',').map((word) => word.trim()).filter(Boolean), frozen);
  assert.deepEqual([...header.matchAll(/ReasonFacts\{Reason::(\w+), "([^"]*)"/g)].map(([, name, text]) => [name, text]),
    frozen.map((name) => [name, name]));
});
