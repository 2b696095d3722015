// A running `portcullis serve` on free ports, and a client that keeps its connections as a proxy does.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {renameSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import {Program} from './program.mjs';
import {audience} from './tokens.mjs';

/** Two routes and an issuer whose keys `keyServer` has. `more` goes over it; `serve` into its own mapping. */
export function configuration(keyServer, {serve = {}, ...more} = {}) {
  return {
    development: true,
    issuers: [{issuer: keyServer.issuer, audience, algorithms: ['RS256'], token: 'auth0-access', jwks_uri: `${keyServer.issuer}jwks`}],
    routes: [{route: 'GET /public', access: 'public'}, {route: 'GET /private', access: 'authenticated'}],
    default: 'deny',
    ...more,
    serve: {listen: '127.0.0.1:0', admin: '127.0.0.1:0', proxies: ['127.0.0.1/32'], ...serve},
  };
}

/** Replaces the file at once, as a deployment does. */
export function replaceFile(file, config) {
  writeFileSync(`${file}.new`, typeof config === 'string' ? config : JSON.stringify(config));
  renameSync(`${file}.new`, file);
}

export class Serve {
  /** @param atEnd  takes what is to be done at the test's end */
  static async start(atEnd, folder, config, {args = [], env = {}, ready = true} = {}) {
    const serve = new Serve();
    serve.file = path.join(folder, 'portcullis.yaml');
    replaceFile(serve.file, config);
    serve.program = new Program('portcullis', ['serve', '--config', serve.file, '--threads', '2', ...args], {env});
    atEnd(() => serve.program.running && serve.program.stop('SIGKILL'));
    const said = await serve.said('listening');
    serve.listen = said.listen;
    serve.admin = said.admin;
    if (ready) await serve.said('ready');
    return serve;
  }

  get log() {
    return this.program.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }
  /** The first log line with this message from number `from` on. */
  async said(msg, from = 0) {
    return JSON.parse(await this.program.line((line) => line.includes(`"msg":"${msg}"`), {from}));
  }
  /** Replaces the configuration and waits until all decide by it, or it is refused. */
  async reload(config, msg = 'reloaded') {
    const from = this.program.lines.length;
    replaceFile(this.file, config);
    return this.said(msg, from);
  }

  /** As nginx asks. @returns {Promise<{status, headers, body}>} */
  ask(target, {token, method = 'GET', headers = {}, agent = false, dialect = 'nginx'} = {}) {
    const sent = {'X-Original-Method': method, 'X-Original-URI': target, ...(token && {Authorization: `Bearer ${token}`}), ...headers};
    return exchange(this.listen, {path: `/auth/${dialect}`, headers: sent, agent});
  }
  /** Of the admin listener. */
  tell(target, {method = 'GET', headers = {}} = {}) {
    return exchange(this.admin, {path: target, method, headers, agent: false});
  }
  /** The values of one metric, by its labels as they are written. */
  async metric(name) {
    const {body} = await this.tell('/metrics');
    return new Map(body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
  }
}

/** @param where  "127.0.0.1:PORT" or "unix:PATH" */
export function exchange(where, {path: target, method = 'GET', headers = {}, agent = false}) {
  const place = where.startsWith('unix:') ? {socketPath: where.slice(5)} : {host: '127.0.0.1', port: Number(where.split(':').at(-1))};
  return new Promise((resolve, reject) => {
    const request = http.request({...place, path: target, method, headers: {...headers}, agent}, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text)).on('error', reject)
        .on('end', () => resolve({status: response.statusCode, headers: response.headers, body}));
    });
    request.on('error', reject).end();
  });
}

/**
 * Proxies that ask without a pause, each on one connection that it never gives up: a connection that ends is a fault.
 * `next()` gives {line, expect}: the bytes to send, and what must come back ({status, subject?} or a predicate).
 */
export class Load {
  answers = 0;
  faults = [];
  slowest = 0;

  constructor(listen, connections, next) {
    const port = Number(listen.split(':').at(-1));
    this.running = true;
    this.ended = Array.from({length: connections}, () => this.#drive(port, next));
  }

  async #drive(port, next) {
    const socket = net.connect(port, '127.0.0.1').setNoDelay();
    await once(socket, 'connect');
    let text = '', wake;
    socket.on('data', (bytes) => ((text += bytes), wake?.())).on('close', () => wake?.()).on('error', () => {});
    const more = () => new Promise((resolve) => (wake = resolve));
    while (this.running) {
      const {line, expect} = next();
      const began = performance.now();
      socket.write(line);
      let head;
      while ((head = text.indexOf('\r\n\r\n')) < 0 && !socket.closed && !socket.destroyed) await more();
      if (head < 0) return void this.faults.push('a connection was dropped');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      while (text.length < head + 4 + length && !socket.destroyed) await more();
      const answer = {status: Number(text.slice(9, 12)), head: text.slice(0, head), body: text.slice(head + 4, head + 4 + length)};
      text = text.slice(head + 4 + length);
      const took = performance.now() - began;
      this.slowest = Math.max(this.slowest, took);
      ++this.answers;
      if (!expect(answer)) this.faults.push(`${line.split('\r\n').find((field) => field.startsWith('X-Original-URI'))}: ${answer.head.replaceAll('\r\n', ' | ')}`);
    }
    socket.destroy();
  }

  async stop() {
    this.running = false;
    await Promise.all(this.ended);
    assert.deepEqual(this.faults.slice(0, 5), [], `${this.faults.length} of ${this.answers} answers were wrong`);
    return this.answers;
  }
}

/** What a proxy sends. */
export const proxyRequest = (target, {token, headers = []} = {}) => [`GET /auth/nginx HTTP/1.1`, 'Host: portcullis', 'X-Original-Method: GET', `X-Original-URI: ${target}`,
  ...(token ? [`Authorization: Bearer ${token}`] : []), ...headers, '', ''].join('\r\n');
