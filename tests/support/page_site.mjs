// The page as `make site` shows it: from a port of its own, so that the API is another origin.
import {once} from 'node:events';
import {cpSync, mkdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import path from 'node:path';
import {Program, root, temporaryFolder} from './program.mjs';

/** @returns a port that was free a moment ago: the tenant must know the page's origin before it is served */
async function freePort() {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const {port} = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** @returns {origin, serve}: nothing is served before serve(config.json's text), as make deploy leaves it */
export async function site(after, page) {
  const port = await freePort();
  const folder = temporaryFolder(after);
  cpSync(path.join(root, 'scripts'), path.join(folder, 'scripts'), {recursive: true});
  mkdirSync(path.join(folder, 'build/deploy'), {recursive: true});
  return {
    origin: `http://localhost:${port}`,
    async serve(config) {
      writeFileSync(path.join(folder, 'build/deploy/config.json'), config);
      const program = new Program(path.join(folder, 'scripts/site.sh'), ['--serve'], {env: {PORT: String(port), PAGE: page}});
      after(() => program.stop());
      await program.line(/^page /);
    },
  };
}
