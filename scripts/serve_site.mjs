// Serves a folder of files on this machine only, as a static host would, with the page's Content-Security-Policy.
//   node scripts/serve_site.mjs FOLDER      PORT=8000 (0: a free one)
import {createReadStream, readFileSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import path from 'node:path';

const folder = path.resolve(process.argv[2]);
const port = Number(process.env.PORT || 8000);
const types = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.json': 'application/json', '.txt': 'text/plain; charset=utf-8'};

/** What the page may reach: itself, the tenant, the API. */
function policy() {
  const {AUTH0_DOMAIN, PRIVATE_ENDPOINT} = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8'));
  const whole = AUTH0_DOMAIN.includes('://') ? AUTH0_DOMAIN : `https://${AUTH0_DOMAIN}`;  // the local tenant is http
  const tenant = AUTH0_DOMAIN ? new URL(whole).origin : '';
  const reach = ['\'self\'', tenant, new URL(PRIVATE_ENDPOINT).origin].filter(Boolean).join(' ');
  return `default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src ${reach}; ` +
    `frame-src ${tenant || '\'none\''}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** The file that a request means, or undefined: nothing outside the folder, no folders but the root. */
function fileOf(url) {
  const [pathname] = url.split('?');
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/.test(name)) return undefined;
  const file = path.join(folder, name);
  return statSync(file, {throwIfNoEntry: false})?.isFile() ? file : undefined;
}

function answer(request, response) {
  const file = ['GET', 'HEAD'].includes(request.method) ? fileOf(request.url) : undefined;
  response.writeHead(file ? 200 : 404, {
    'Content-Type': (file && types[path.extname(file)]) ?? 'text/plain; charset=utf-8', 'Cache-Control': 'no-store',
    'Content-Security-Policy': csp, 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff'});
  if (!file) response.end('Not found\n');
  else if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}

const csp = policy();
function listen(address, number) {
  return new Promise((resolve, reject) => {
    const server = createServer(answer).once('error', reject).listen(number, address, () => resolve(server.address().port));
  });
}

try {
  const taken = await listen('127.0.0.1', port);
  await listen('::1', taken).catch(({code}) => {
    if (code === 'EADDRINUSE') throw Object.assign(new Error(), {code});  // else: no IPv6 here
  });
  console.log(`page http://localhost:${taken}/`);
} catch ({code}) {
  console.error(code === 'EADDRINUSE'
    ? `site: port ${port} is taken: stop what runs there, or take another: make site PORT=8001 (Auth0 must know its address too).`
    : `site: port ${port} cannot be opened (${code}).`);
  process.exit(1);
}
