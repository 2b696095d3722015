// Real proxies with the very configuration that `check --proxy` prints: only its ports and folders are those of a test.
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import {Program, run, within} from './program.mjs';
import {eventually} from './world.mjs';

/** A port that was free a moment ago. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address();
  server.close();
  return port;
}

/** What is to be protected: it answers with what it was sent, and counts. */
export class Backend {
  requests = 0;

  static async start(atEnd) {
    const backend = new Backend();
    const server = http.createServer({maxHeaderSize: 128 * 1024}, (request, response) => backend.#answer(request, response));
    server.on('upgrade', (request, socket) => {
      ++backend.requests;
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
        `X-Was-Sent: ${JSON.stringify(request.rawHeaders)}\r\n\r\n`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    backend.port = server.address().port;
    atEnd(() => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))));
    return backend;
  }

  #answer(request, response) {
    ++this.requests;
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text)).on('end', () => {
      response.writeHead(Number(request.headers['x-answer'] ?? 200), {'Content-Type': 'application/json'});
      response.end(JSON.stringify({method: request.method, url: request.url, headers: request.rawHeaders, body}));
    });
  }
}

/** Pairs of an array of names and values, the names in small letters. */
export const pairs = (raw) => Array.from({length: raw.length / 2}, (_, i) => [raw[2 * i].toLowerCase(), raw[2 * i + 1]]);

/**
 * One request on a connection of its own. `headers`: [[name, value]…], sent as they are.
 * @returns {Promise<{status, headers, all, body, socket?}>} `headers` has the names in small letters
 */
export function ask(port, {method = 'GET', path: target = '/', headers = [], body, from = '127.0.0.1', host = `127.0.0.1:${port}`} = {}) {
  const sent = [['Host', host], ...headers];
  const asked = new Promise((resolve, reject) => {
    const request = http.request({host: '127.0.0.1', port, method, path: target, headers: sent.flat(), localAddress: from, agent: false, setHost: false});
    const take = (response, text) => resolve({
      status: response.statusCode, all: pairs(response.rawHeaders), headers: Object.fromEntries(pairs(response.rawHeaders)), body: text,
    });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more) => (text += more)).on('end', () => take(response, text)).on('error', reject);
    });
    request.on('upgrade', (response, socket) => (socket.destroy(), take(response, '')));
    request.on('error', reject);
    request.end(body);
  });
  return within(10_000, `${method} ${target}`, asked);
}

/** Whether somebody listens there, soon. */
export const listens = (port) => eventually(() => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
}), 'a listener');

const replaced = (text, changes) => changes.reduce((all, [from, to]) => {
  if (!all.includes(from)) throw new Error(`the configuration has no ${from}`);
  return all.replaceAll(from, to);
}, text);

const starters = {
  nginx(folder, text, port, backend) {
    const own = replaced(text, [['listen 80;', `listen 127.0.0.1:${port};`], ['127.0.0.1:9000', `127.0.0.1:${backend}`]]);
    writeFileSync(path.join(folder, 'portcullis.conf'), own);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
    const user = process.getuid() === 0 ? 'user root;' : '';  // its workers' must be able to write to our socket
    writeFileSync(path.join(folder, 'nginx.conf'), `${user} daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr; events {}
      http { access_log off; ${places} include ${folder}/portcullis.conf; }`);
    return ['/usr/sbin/nginx', ['-p', folder, '-e', 'stderr', '-c', path.join(folder, 'nginx.conf')]];
  },
  caddy(folder, text, port, backend) {
    const own = replaced(text, [['\n:80 {', `\nhttp://127.0.0.1:${port} {`], ['127.0.0.1:9000', `127.0.0.1:${backend}`]]);
    writeFileSync(path.join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${own}`);
    return ['/usr/bin/caddy', ['run', '--adapter', 'caddyfile', '--config', path.join(folder, 'Caddyfile')]];
  },
  haproxy(folder, text, port, backend) {
    const files = filesOf(text);
    writeFileSync(path.join(folder, 'portcullis.lua'), files['portcullis.lua']);
    writeFileSync(path.join(folder, 'haproxy.cfg'), replaced(files['haproxy.cfg'], [
      ['bind :80', `bind 127.0.0.1:${port}`], ['127.0.0.1:9000', `127.0.0.1:${backend}`], ['/etc/haproxy/portcullis.lua', `${folder}/portcullis.lua`]]));
    return ['/usr/sbin/haproxy', ['-db', '-f', path.join(folder, 'haproxy.cfg')]];
  },
};

/** The files of an output that has several, by name. */
export function filesOf(text) {
  const files = {};
  for (const part of text.split(/^# ==> /m).slice(1)) files[part.slice(0, part.indexOf('\n'))] = part.slice(part.indexOf('\n') + 1);
  return files;
}

/** Starts one of the three with what is printed for `config`. @returns its port */
export async function startProxy(name, {config, folder, backend, atEnd}) {
  const {code, stdout, stderr} = await run('portcullis', ['check', config, '--proxy', name]);
  if (code !== 0) throw new Error(stderr);
  const own = path.join(folder, name);
  mkdirSync(own);
  const port = await freePort();
  const [program, args] = starters[name](own, stdout, port, backend);
  const proxy = new Program(program, args, {env: {HOME: own, XDG_CONFIG_HOME: own, XDG_DATA_HOME: own}});
  atEnd(() => proxy.stop('SIGTERM'));
  await Promise.race([listens(port), proxy.ended.then(() => {
    throw new Error(`${name} ended: ${proxy.lines.join('\n')}`);
  })]);
  return port;
}
