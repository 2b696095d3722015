// The table's plain requests as each proxy asks `portcullis serve` about them.
import {readFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {Serve} from '../support/serve.mjs';
import {pairs} from '../support/proxies.mjs';
import {eventually} from '../support/world.mjs';
import {root, temporaryFolder} from '../support/program.mjs';

const original = ({method, uri}) => [['X-Original-Method', method], ['X-Original-URI', uri], ['X-Original-Proto', 'https'], ['X-Original-Host', 'api.example.com'], ['X-Original-Address', '198.51.100.7']];
const forwarded = ({method, uri}) => [['X-Forwarded-Method', method], ['X-Forwarded-Uri', uri], ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', 'api.example.com'], ['X-Forwarded-For', '198.51.100.7']];
export const dialects = {
  nginx: (asked) => ({path: '/auth/nginx', headers: original(asked)}),
  haproxy: (asked) => ({path: '/auth/haproxy', headers: original(asked)}),
  caddy: (asked) => ({path: '/auth/caddy?v=1', headers: forwarded(asked)}),
  traefik: (asked) => ({path: '/auth/traefik', headers: forwarded(asked)}),
  envoy: ({method, uri}) => ({method, path: `/auth/envoy${uri}`, headers: [['X-Forwarded-Proto', 'https'], ['X-Forwarded-For', '198.51.100.7']]}),
};

/** Octets as they would be on the wire. */
const octets = (text) => Buffer.from(text).toString('latin1');
// What no HTTP message can hold, or not at its ends (RFC 9110 §5.5), no proxy can ask.
const fitsInHeader = (text) => /^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$|^$/.test(octets(text));
const fitsInTarget = (text) => /^[\x21-\x7e\x80-\xff]*$/.test(octets(text));

const reasonOf = new Map([...readFileSync(path.join(root, 'include/portcullis/reason.h'), 'utf8')
  .matchAll(/ReasonFacts\{Reason::\w+, "(\w+)", \d+, ChallengeKind::\w+,\s+"([^"]+)"/g)].map(([, code, sentence]) => [sentence, code]));

function ask(agent, port, {method = 'GET', path: target, headers}) {
  return new Promise((resolve, reject) => {
    const request = http.request({host: '127.0.0.1', port, method, path: octets(target), agent, setHost: false,
      headers: [['Host', 'api.example.com'], ...headers].flatMap(([name, value]) => [name, octets(value)])}, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text)).on('error', reject).on('end', () => {
        const fields = Object.fromEntries(pairs(response.rawHeaders));
        const {message, reason = reasonOf.get(message)} = body ? JSON.parse(body) : {};  // none for HEAD
        resolve({status: response.statusCode, reason, challenge: fields['www-authenticate'], subject: fields['x-auth-subject']});
      });
    });
    request.on('error', reject).end();
  });
}

/**
 * @param text  the configuration, for the folder of this file
 * @param all  askings of kind `request`
 * @returns {Promise<Map>} of each asking its answers by dialect; a dialect that cannot ask it is missing
 */
export async function answersOfServe(text, all, end) {
  const folder = temporaryFolder(end);
  const here = path.join(root, 'tests/decisions');
  const config = `${text.replaceAll(/jwks_file: (\w)/g, `jwks_file: ${here}/$1`)}\nserve: { listen: "127.0.0.1:0", admin: "127.0.0.1:0", proxies: [127.0.0.1/32] }\n`;
  const serve = await Serve.start(end, folder, config, {ready: false});
  const port = Number(serve.listen.split(':').at(-1));
  const agent = new http.Agent({keepAlive: true, maxSockets: 8});
  end(() => agent.destroy());
  const answers = new Map(all.map((asking) => [asking, {}]));
  const askAll = async (asking) => {
    const {method, path: uri, headers} = asking.line.request;
    const sent = Object.entries(headers).flatMap(([name, values]) => values.map((value) => [name, value]));
    if (!sent.every(([, value]) => fitsInHeader(value)) || !fitsInHeader(uri)) return;
    for (const [dialect, form] of Object.entries(dialects)) {
      if (dialect === 'envoy' && (!fitsInTarget(uri) || method === 'CONNECT')) continue;  // whose target is no path
      const asked = form({method, uri});
      const once = () => ask(agent, port, {...asked, headers: [...asked.headers, ...sent]});
      // A store has milliseconds to answer and then is left alone for a second; here it shares the processor with all.
      const answer = () => once().then((one) => (one.reason === 'store_unavailable' && asking.row.reason !== one.reason ? null : one));
      answers.get(asking)[dialect] = await eventually(answer, `${asking.row.name} by ${dialect}`);
    }
  };
  const troubled = ({row}) => row.reason === 'store_unavailable';
  await Promise.all(all.filter((asking) => !troubled(asking)).map(askAll));
  for (const asking of all.filter(troubled)) await askAll(asking);
  return answers;
}
