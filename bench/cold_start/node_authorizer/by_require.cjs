// The other two files as one CommonJS script, which Node loads faster than modules.
const http = require('node:http');
const {JwtRsaVerifier} = require('aws-jwt-verify');

const verifier = JwtRsaVerifier.create({
  issuer: process.env.ISSUER,
  audience: process.env.AUTH0_CLIENT_ID,
  jwksUri: 'https://keys.invalid/jwks.json',  // never asked: the cache below has the key
});
verifier.cacheJwks(JSON.parse(process.env.JWKS));

async function authorize(event) {
  const [scheme, token] = event.authorizationToken.split(' ');
  if (scheme.toLowerCase() !== 'bearer' || !token) throw new Error('Unauthorized');
  let claims;
  try {
    claims = await verifier.verify(token);
  } catch {
    throw new Error('Unauthorized');
  }
  const Statement = [{Action: 'execute-api:Invoke', Effect: 'Allow', Resource: [event.methodArn]}];
  return {principalId: claims.sub, policyDocument: {Version: '2012-10-17', Statement}};
}

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

async function run() {
  for (;;) {
    const event = await exchange('GET', '/next');
    const id = event.headers['lambda-runtime-aws-request-id'];
    try {
      await exchange('POST', `/${id}/response`, JSON.stringify(await authorize(JSON.parse(event.text))));
    } catch (refusal) {
      await exchange('POST', `/${id}/error`, JSON.stringify({errorMessage: refusal.message, errorType: 'Unauthorized'}));
    }
  }
}

run();
