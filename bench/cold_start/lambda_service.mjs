// The Lambda Runtime API for one event to one program, with a clock. It speaks HTTP over plain sockets, because
// its own time is measured too: node:http would add a tenth to the start of the smallest program.
import {createServer} from 'node:net';
import {once} from 'node:events';
import {randomUUID} from 'node:crypto';

const invocation_budget = 30_000;
const largest_request = 64 * 1024;
const message = (status, headers, body) => Buffer.from([`HTTP/1.1 ${status}`, 'Content-Type: application/json', ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
const taken = message('202 Accepted', [], '{"status":"OK"}');

/** The first request in `bytes`, if it is whole. Its framing is Content-Length or no body at all. */
export function wholeRequest(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const body = bytes.subarray(end + 4, end + 4 + length);
  if (body.length < length) return undefined;
  const [method, path] = head.split(' ', 2);
  return {method, path, body: body.toString(), rest: bytes.subarray(end + 4 + length)};
}

export class LambdaService {
  #id;
  #event;   // the whole answer to the first `next`
  #asked;   // when that came, in ns of CLOCK_MONOTONIC
  #finish;  // takes {asked, answered, kind, body}
  #sockets = new Set();

  static async start() {
    const service = new LambdaService();
    service.server = createServer({noDelay: true}, (socket) => service.#accept(socket));
    service.server.listen(0, '127.0.0.1');
    await once(service.server, 'listening');
    return service;
  }

  get address() {
    return `127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  /** Gives `event` to whoever asks next. @returns what is known once the answer to it is whole */
  serve(event) {
    this.#id = randomUUID();
    this.#event = message('200 OK', [`Lambda-Runtime-Aws-Request-Id: ${this.#id}`, `Lambda-Runtime-Deadline-Ms: ${Date.now() + invocation_budget}`], JSON.stringify(event));
    this.#asked = undefined;
    return new Promise((resolve) => (this.#finish = resolve));
  }

  #accept(socket) {
    this.#sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('data', (piece) => {
      const now = process.hrtime.bigint();
      bytes = bytes.length ? Buffer.concat([bytes, piece]) : piece;
      if (bytes.length > largest_request) return socket.destroy();
      for (let request = wholeRequest(bytes); request; request = wholeRequest(bytes)) {
        bytes = request.rest;
        this.#answer(request, now, socket);
      }
    });
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));  // it was killed
  }

  #answer({method, path, body}, now, socket) {
    if (method === 'GET') {
      if (this.#asked !== undefined) return;  // the second `next` waits, as it would for the next caller
      this.#asked = now;
      socket.write(this.#event);
      return;
    }
    const [, id, kind] = /\/invocation\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    socket.write(taken);
    if (id === this.#id) this.#finish({asked: this.#asked, answered: now, kind, body});
  }
}
