// Serves the page's directory from a port of its own, as any static host does: the API is another origin then.
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import path from 'node:path';

const types = {'.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.json': 'application/json'};

/** @returns {origin, settle}: nothing is served before settle(config.json's text, the policy) */
export async function servePage(after, directory) {
  let settings;
  let policy;
  const content = (name) => (name === 'config.json' ? settings : readFile(path.join(directory, name)));
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname.slice(1) || 'index.html';
    try {
      if (name.includes('/')) throw new Error('no such directory');
      const body = await content(name);
      response.writeHead(200, {'Content-Type': types[path.extname(name)] ?? 'text/plain', 'Content-Security-Policy': policy, 'Cache-Control': 'no-store'}).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, 'localhost');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return {
    origin: `http://localhost:${server.address().port}`,
    settle(config, contentSecurityPolicy) {
      settings = config;
      policy = contentSecurityPolicy;
    },
  };
}
