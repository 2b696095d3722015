// A JWKS endpoint over TLS that misbehaves as it is told. One port for its whole life.
import {createServer as createHttpsServer} from 'node:https';
import {createServer} from 'node:net';
import {once} from 'node:events';

export class TlsKeyServer {
  keys = [];
  requests = 0;
  connections = 0;
  #sockets = new Set();

  static async start(after, keys) {
    const server = new TlsKeyServer();
    server.keys = keys;
    server.listener = createServer((socket) => server.#take(socket));
    server.listener.listen(0, '127.0.0.1');
    await once(server.listener, 'listening');
    server.port = server.listener.address().port;
    after(() => server.stop());
    return server;
  }

  get jwks() {
    return JSON.stringify({keys: this.keys});
  }

  /**
   * From now on, and with its counts at zero. `identity` is {key, cert} and other options of node:tls; none: no TLS
   * is spoken at all. `answer` writes the answer; default: the key set.
   */
  behave({identity, answer = (response) => response.writeHead(200, {'Content-Type': 'application/json'}).end(this.jwks)}) {
    for (const socket of this.#sockets) socket.destroy();
    this.requests = 0;
    this.connections = 0;
    this.https = identity && createHttpsServer(identity, (request, response) => {
      ++this.requests;
      answer(response);
    });
    this.https?.on('tlsClientError', () => {});
  }

  #take(socket) {
    ++this.connections;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    if (this.https) this.https.emit('connection', socket);
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.listener.close();
  }
}
