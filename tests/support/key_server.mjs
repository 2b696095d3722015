// A JWKS endpoint that counts, and fails on demand.
import {createServer} from 'node:http';
import {once} from 'node:events';

export class KeyServer {
  keys = [];
  fetches = 0;
  status = 200;
  headers = {};

  static async start(use, keys, port = 0) {
    const server = new KeyServer();
    server.keys = keys;
    server.http = createServer((request, response) => {
      ++server.fetches;
      server.lastRequest = {url: request.url, headers: request.headers};
      response.writeHead(server.status, {'Content-Type': 'application/json', ...server.headers}).end(JSON.stringify({keys: server.keys}));
    });
    server.http.listen(port, '127.0.0.1');
    await once(server.http, 'listening');
    server.port = server.http.address().port;
    use.after(() => server.stop());
    return server;
  }

  get issuer() {
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop() {
    this.http.closeAllConnections();
    if (this.http.listening) await new Promise((resolve) => this.http.close(resolve));
  }
}
