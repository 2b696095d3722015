// A DNS server on a loopback address, port 53, that knows a few names (RFC 1035 §4.1).
import {createSocket} from 'node:dgram';
import {randomInt} from 'node:crypto';
import {once} from 'node:events';

const type = {A: 1};
const code = {good: 0, noSuchName: 3};

/** The name and type of a query's only question, and where it ends. */
function questionIn(query) {
  const labels = [];
  let at = 12;
  for (let length = query[at]; length > 0; length = query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5};
}

export class NameServer {
  names = new Map();  // name → IPv4 address
  asked = [];
  silent = false;

  static async start(after) {
    const server = new NameServer();
    for (let attempt = 0; !server.address; ++attempt) {
      const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.53`;
      const socket = createSocket('udp4');
      socket.bind(53, address);
      try {
        await once(socket, 'listening');
        Object.assign(server, {socket, address});
      } catch (error) {
        if (error.code !== 'EADDRINUSE' || attempt === 5) throw error;
      }
    }
    server.socket.on('message', (query, from) => server.#answer(query, from));
    after(() => server.socket.close());
    return server;
  }

  #answer(query, from) {
    const question = questionIn(query);
    this.asked.push(question.name);
    if (this.silent) return;
    const address = this.names.get(question.name);
    const found = address && question.type === type.A;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8580 | (address ? code.good : code.noSuchName), 2);  // an authoritative answer
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found ? 1 : 0, 6);
    const record = [0xc0, 12, 0, type.A, 0, 1, 0, 0, 0, 0, 0, 4, ...(address ?? '').split('.').map(Number)];
    const pieces = [header, query.subarray(12, question.end), ...(found ? [Buffer.from(record)] : [])];
    this.socket.send(Buffer.concat(pieces), from.port, from.address);
  }
}
