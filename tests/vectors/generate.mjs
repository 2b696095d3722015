// Makes tokens.json and pem.json from keys.json. Everything is deterministic: README.md says how.
//   node tests/vectors/generate.mjs [FOLDER]      default: where this file lies
import {writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {pemVectors} from './pem_cases.mjs';
import {tokenVectors} from './token_cases.mjs';

const folder = process.argv[2] ?? dirname(fileURLToPath(import.meta.url));

/** One case a line: a changed vector is a changed line. */
function write(name, document) {
  const members = Object.entries(document).map(([key, value]) => {
    const text = Array.isArray(value) ? `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]` : JSON.stringify(value);
    return `  ${JSON.stringify(key)}: ${text}`;
  });
  writeFileSync(join(folder, name), `{\n${members.join(',\n')}\n}\n`);
}

write('tokens.json', tokenVectors());
write('pem.json', pemVectors());
