// A store of limits that decides by what is asked of it, so that its answers are the same in every process and order:
// it refuses what costs 2, says what cannot be to what costs 3, and admits everything else. It speaks as Redis does.
import {createServer} from 'node:net';
import {once} from 'node:events';

const answers = {2: [0, 0, 7_000_000, 30_000_000], 3: [2, 0, 0, 0]};

/** The words of the first command, and what is behind it; nothing while it is incomplete. */
function firstCommand(text) {
  const lines = /^\*(\d+)\r\n/.exec(text);
  if (!lines) return null;
  let at = lines[0].length;
  const words = [];
  for (let i = 0; i < Number(lines[1]); ++i) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (!size) return null;
    const begin = at + size[0].length;
    at = begin + Number(size[1]) + 2;
    if (text.length < at) return null;
    words.push(text.slice(begin, at - 2));
  }
  return {words, rest: text.slice(at)};
}

function answerTo(words) {
  if (!words[0].startsWith('EVAL')) return '+OK\r\n';
  const buckets = Number(words[2]);
  const cost = words[3 + buckets + 1];
  const integers = Array(buckets).fill(answers[cost] ?? [1, 4, 0, 6_000_000]).flat();
  return `*${integers.length}\r\n${integers.map((one) => `:${one}\r\n`).join('')}`;
}

/** @returns its URL */
export async function startDecidingStore(end) {
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('latin1').on('error', () => {}).on('data', (more) => {
      text += more;
      for (let command = firstCommand(text); command; command = firstCommand(text)) {
        socket.write(answerTo(command.words));
        text = command.rest;
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  end(() => server.close());
  return `redis://127.0.0.1:${server.address().port}`;
}
