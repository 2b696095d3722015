// A JWKS endpoint that counts, and fails on demand.
import {createServer} from 'node:http';
import {once} from 'node:events';

export class KeyServer {
  keys = [];
  fetches = 0;
  status = 200;
  headers = {};
  documents = {};  // what is at a path instead of the keys

  static async start(use, keys, port = 0) {
    const server = new KeyServer();
    server.keys = keys;
    server.http = createServer((request, response) => {
      ++server.fetches;
      server.lastRequest = {url: request.url, headers: request.headers};
      response.writeHead(server.status, {'Content-Type': 'application/json', ...server.headers}).end(JSON.stringify(server.documents[request.url] ?? {keys: server.keys}));
    });
    server.http.listen(port, '127.0.0.1');
    await once(server.http, 'listening');
    server.port = server.http.address().port;
    use.after(() => server.stop());
    return server;
  }

  /** Serves metadata that names `path` of this server, and remembers what is asked. */
  publishMetadata(path = '/keys') {
    this.documents['/.well-known/openid-configuration'] = {issuer: this.issuer, jwks_uri: this.issuer.slice(0, -1) + path, id_token_signing_alg_values_supported: ['HS256', 'RS256']};
  }

  get issuer() {
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop() {
    this.http.closeAllConnections();
    if (this.http.listening) await new Promise((resolve) => this.http.close(resolve));
  }
}
