// What is measured: servers that answer one small request, all of them on the first core, each with one worker.
import {spawn} from 'node:child_process';
import {createPublicKey} from 'node:crypto';
import {mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {createServer as createHttpsServer} from 'node:https';
import {createServer, connect} from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {keys, privateKey, publicJwk} from '../../tests/vectors/signing.mjs';
import {audience, issuer} from './tokens.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const serverCore = '0';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const {port} = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

const reachable = (port) => new Promise((answer) => {
  const socket = connect(port, '127.0.0.1', () => answer(socket.destroy() && true)).once('error', () => answer(false));
});

/** Clock ticks that this process and its children have run. */
export function processorTicks(pid) {
  const fields = (of) => {
    const stat = readFileSync(`/proc/${of}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  };
  const family = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((of) => {
    try {
      return Number(of) === pid || Number(fields(of)[1]) === pid;
    } catch {
      return false;  // it has ended meanwhile
    }
  });
  return family.reduce((sum, of) => sum + Number(fields(of)[11]) + Number(fields(of)[12]), 0);
}

export class Server {
  /** Starts it and waits until it takes connections. */
  static async start(folder, name, port, command, more = {}) {
    const server = new Server();
    server.process = spawn('taskset', ['-c', serverCore, ...command], {stdio: ['ignore', 'ignore', 'pipe'], ...more});
    let said = '';
    server.process.stderr.on('data', (text) => { said = (said + text).slice(-2000); });
    for (let turn = 0; !await reachable(port); ++turn) {
      if (turn === 200 || server.process.exitCode !== null) throw new Error(`${name} did not start: ${said.trim()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    return server;
  }
  ticks() {
    return processorTicks(this.process.pid);
  }
  async stop() {
    if (this.process.exitCode !== null) return;
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
  }
}

const temporaries = (folder) => ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
const nginx = (folder, name, port, http) => {
  const own = path.join(folder, name);
  mkdirSync(own);
  writeFileSync(path.join(own, 'nginx.conf'), `daemon off; worker_processes 1; pid ${own}/pid; error_log ${own}/errors crit;
${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${temporaries(own)} ${http} }\n`);
  return Server.start(own, name, port, ['nginx', '-p', own, '-c', path.join(own, 'nginx.conf')]);
};

export const nginx204 = (folder, name, port) => nginx(folder, name, port, `server { listen 127.0.0.1:${port}; location / { return 204; } }`);

/** nginx that asks an auth server, with what `portcullis check --proxy nginx` writes for that, and serves an empty file. */
export function nginxFront(folder, name, port, auth) {
  mkdirSync(path.join(folder, 'site'), {recursive: true});
  writeFileSync(path.join(folder, 'site/empty'), '');
  return nginx(folder, name, port, `upstream auth { server 127.0.0.1:${auth}; keepalive 64; keepalive_requests 1000000000; }
  open_file_cache max=10 inactive=60s;
  server {
    listen 127.0.0.1:${port}; root ${folder}/site;
    location = /_portcullis {
      internal; proxy_pass http://auth/auth/nginx; proxy_http_version 1.1;
      proxy_pass_request_headers off; proxy_pass_request_body off;
      proxy_set_header Connection ""; proxy_set_header Content-Length "";
      proxy_set_header Authorization $http_authorization; proxy_set_header DPoP $http_dpop;
      proxy_set_header X-Original-Method $request_method; proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Original-Proto $scheme; proxy_set_header X-Original-Host $http_host;
      proxy_set_header X-Original-Address $remote_addr;
    }
    location / { auth_request /_portcullis; auth_request_set $subject $upstream_http_x_auth_subject; try_files /empty =404; }
  }`);
}

export function portcullis(folder, name, port, program) {
  const own = path.join(folder, name);
  mkdirSync(own);
  writeFileSync(path.join(own, 'keys.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', alg: 'RS256', use: 'sig'})]}));
  writeFileSync(path.join(own, 'portcullis.yaml'), `issuers:
  - issuer: ${issuer}
    audience: ${audience}
    algorithms: [RS256]
    token: auth0-access
    jwks_file: ${own}/keys.json
routes:
  - route: "GET /orders/{id}"
    access: { all: ["scope:read:orders"] }
default: deny
serve: { listen: "127.0.0.1:${port}", admin: "unix:${own}/admin", proxies: [127.0.0.1/32] }
`);
  return Server.start(own, name, port, [program, 'serve', '--threads', '1', '--config', path.join(own, 'portcullis.yaml')]);
}

export function haproxy(folder, name, port) {
  const own = path.join(folder, name);
  mkdirSync(own);
  writeFileSync(path.join(own, 'key.pem'), createPublicKey({key: publicJwk('k1'), format: 'jwk'}).export({type: 'spki', format: 'pem'}));
  writeFileSync(path.join(own, 'haproxy.cfg'), `global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend auth
  bind 127.0.0.1:${port}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud[0]')
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.aud) -m str ${audience} }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${own}/key.pem") 1 }
  http-request return status 200
`);
  return Server.start(own, name, port, ['haproxy', '-db', '-f', path.join(own, 'haproxy.cfg')]);
}

// What Debian's package enables when it is installed.
const debianModules = ['mpm_event', 'access_compat', 'alias', 'auth_basic', 'authn_core', 'authn_file', 'authz_core', 'authz_host', 'authz_user',
  'autoindex', 'deflate', 'dir', 'env', 'filter', 'mime', 'negotiation', 'reqtimeout', 'setenvif', 'status'];

/** @param keysFrom  'jwks': over TLS, fetched once an hour and kept in shared memory; 'file': a certificate */
export async function apache(folder, name, port, keysFrom) {
  const own = path.join(folder, name);
  const available = '/etc/apache2/mods-available';
  mkdirSync(path.join(own, 'site/orders'), {recursive: true});
  writeFileSync(path.join(own, 'site/orders/1'), '');
  writeFileSync(path.join(own, 'certificate.pem'), keys.k1_certificate);
  const jwks = JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', alg: 'RS256', use: 'sig'})]});
  const issuersKeys = createHttpsServer({key: privateKey('k1').export({type: 'pkcs8', format: 'pem'}), cert: keys.k1_certificate}, (request, response) => response.setHeader('content-type', 'application/json').end(jwks));
  issuersKeys.listen(0, '127.0.0.1').unref();
  await new Promise((done) => issuersKeys.once('listening', done));
  writeFileSync(path.join(own, 'httpd.conf'), `ServerRoot ${own}
PidFile ${own}/pid
ErrorLog ${own}/errors
LogLevel crit
Listen 127.0.0.1:${port}
ServerName localhost
${debianModules.map((each) => `Include ${available}/${each}.load\nIncludeOptional ${available}/${each}.con[f]`).join('\n')}
Include ${available}/auth_openidc.load
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
StartServers 1
ServerLimit 1
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 128
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
DocumentRoot ${own}/site
${keysFrom === 'file' ? `OIDCOAuthVerifyCertFiles k1#${own}/certificate.pem` : `OIDCOAuthVerifyJwksUri https://127.0.0.1:${issuersKeys.address().port}/`}
OIDCOAuthSSLValidateServer Off
OIDCCryptoPassphrase bench
<Location />
  AuthType oauth20
  <RequireAll>
    Require claim iss:${issuer}
    Require claim aud:${audience}
    Require claim "scope~(^| )read:orders( |$)"
  </RequireAll>
</Location>
`);
  return Server.start(own, name, port, ['apache2', '-D', 'FOREGROUND', '-f', path.join(own, 'httpd.conf')]);
}

export function express(folder, name, port) {
  const own = path.join(folder, name);
  mkdirSync(own);
  writeFileSync(path.join(own, 'keys.json'), JSON.stringify({keys: [publicJwk('k1', {kid: 'k1', alg: 'RS256', use: 'sig'})]}));
  return Server.start(own, name, port, [process.execPath, path.join(here, 'express/server.mjs'), String(port), path.join(own, 'keys.json'), issuer, audience],
    {env: {...process.env, NODE_ENV: 'production'}});
}
