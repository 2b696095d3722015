// The smallest loop around the handler: an event, an answer, over one connection.
import http from 'node:http';
import {authorize} from './authorizer.mjs';

const root = '/2018-06-01/runtime/invocation';
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({keepAlive: true, maxSockets: 1});

function exchange(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body)} : {};
    const request = http.request({host, port, method, path: root + path, agent, headers}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => resolve({headers: response.headers, text}));
    });
    request.on('error', reject).end(body);
  });
}

for (;;) {
  const event = await exchange('GET', '/next');
  const id = event.headers['lambda-runtime-aws-request-id'];
  try {
    await exchange('POST', `/${id}/response`, JSON.stringify(await authorize(JSON.parse(event.text))));
  } catch (refusal) {
    await exchange('POST', `/${id}/error`, JSON.stringify({errorMessage: refusal.message, errorType: 'Unauthorized'}));
  }
}
