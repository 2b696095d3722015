// The Lambda Runtime API of one function, as gateway.md §1.1 has it, with faults on demand.
import {createServer} from 'node:http';
import {once} from 'node:events';
import {randomUUID} from 'node:crypto';
import {within} from './program.mjs';

const root = '/2018-06-01/runtime/';

export class RuntimeApi {
  calls = [];      // every call, in order: {method, path, headers, body, id}
  waiting = [];    // responses of `next` that wait for an event
  events = [];     // events that wait for a `next`
  pending = new Map();  // id → invocation
  answers = [];    // statuses to give to the next answers instead of 202
  idHeader = 'Lambda-Runtime-Aws-Request-Id';
  deadlineHeader = 'Lambda-Runtime-Deadline-Ms';
  #watchers = new Set();

  static async start(use) {
    const api = new RuntimeApi();
    api.server = createServer((request, response) => api.#take(request, response));
    api.server.keepAliveTimeout = 0;
    api.server.requestTimeout = 0;
    api.server.listen(0, '127.0.0.1');
    await once(api.server, 'listening');
    use?.after(() => api.stop());
    return api;
  }

  get address() {
    return `127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Waits until `condition` holds; looked at whenever a call came in. */
  until(condition, what, milliseconds = 10_000) {
    return within(milliseconds, what, new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    }));
  }

  idle(workers = 1) {
    return this.until(() => this.waiting.length >= workers, `${workers} calls of next`);
  }

  /** Sends an event: a value (sent as JSON) or a Buffer/`raw` text. @returns {Promise<{kind, id, body, json, headers}>} */
  invoke(event, {raw = false, headers = {}, budget = 5_000, milliseconds = 15_000} = {}) {
    const id = randomUUID();
    const answered = new Promise((resolve) => {
      this.events.push({
        id,
        body: raw ? event : JSON.stringify(event),
        headers: {[this.idHeader]: id, [this.deadlineHeader]: String(Date.now() + budget), ...headers},
        resolve,
      });
    });
    this.#hand();
    return within(milliseconds, 'the answer to an event', answered);
  }

  #hand() {
    while (this.waiting.length && this.events.length) {
      const event = this.events.shift();
      this.pending.set(event.id, event);
      this.waiting.shift().writeHead(200, {'Content-Type': 'application/json', ...event.headers}).end(event.body);
    }
  }

  async #take(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const [, id, kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(request.url.slice(root.length)) ?? [];
    this.calls.push({method: request.method, path: request.url, headers: request.headers, body, id});
    if (request.method === 'GET' && request.url === `${root}invocation/next`) {
      this.waiting.push(response);
      response.on('close', () => (this.waiting = this.waiting.filter((other) => other !== response)));
      this.#hand();
    } else if (request.method === 'POST' && request.url === `${root}init/error`) {
      response.writeHead(202).end('{"status":"OK"}');
    } else if (kind && this.pending.has(id)) {
      const status = this.answers.shift() ?? 202;
      response.writeHead(status, {'Content-Type': 'application/json'}).end(status === 202 ? '{"status":"OK"}' : '{"errorMessage":"no","errorType":"Test"}');
      if (status === 202) {
        const {resolve} = this.pending.get(id);
        this.pending.delete(id);
        resolve({kind, id, body, json: JSON.parse(body), headers: request.headers});
      }
    } else {
      response.writeHead(400, {'Content-Type': 'application/json'}).end('{"errorMessage":"no such id","errorType":"InvalidRequestID"}');
    }
    for (const look of [...this.#watchers]) look();
  }
}

export const arn = (methodAndPath) => `arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/${methodAndPath}`;
export const tokenEvent = (authorizationToken, methodAndPath = 'POST/api/private') => ({type: 'TOKEN', authorizationToken, methodArn: arn(methodAndPath)});
