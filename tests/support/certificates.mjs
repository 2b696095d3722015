// Certificates made on the spot with the openssl command.
import {spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

const configuration = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = critical,CA:FALSE
subjectAltName = $ENV::NAMES
`;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-batch'];

const time = (seconds) => new Date((Math.floor(Date.now() / 1000) + seconds) * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');

/** A certificate authority of its own folder. */
export class Authority {
  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'index.txt'), '');
    writeFileSync(path.join(folder, 'openssl.cnf'), configuration);
    this.#openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2');
    this.file = path.join(folder, 'ca.pem');
  }

  #openssl(...args) {
    const {status, stderr, error} = spawnSync('openssl', args, {cwd: this.folder, encoding: 'utf8', env: {...process.env, NAMES: this.names ?? ''}});
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${error ?? stderr}`);
  }

  /** A server's identity: `names` as in openssl.cnf, `from` and `until` in seconds from now. @returns {{key, cert}} */
  issue(names, {from = -3600, until = 3600} = {}) {
    this.names = names;
    this.#openssl('req', '-new', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server');
    this.#openssl('ca', '-batch', '-notext', '-config', 'openssl.cnf', '-extensions', 'server', '-cert', 'ca.pem', '-keyfile', 'ca.key',
      '-in', 'server.csr', '-out', 'server.pem', '-startdate', time(from), '-enddate', time(until));
    return {key: readFileSync(path.join(this.folder, 'server.key')), cert: readFileSync(path.join(this.folder, 'server.pem'))};
  }

  /** An identity that vouches for itself. */
  selfSigned(names) {
    this.#openssl('req', '-x509', ...newKey, '-keyout', 'self.key', '-out', 'self.pem', '-subj', '/CN=server', '-addext', `subjectAltName=${names}`);
    return {key: readFileSync(path.join(this.folder, 'self.key')), cert: readFileSync(path.join(this.folder, 'self.pem'))};
  }
}
