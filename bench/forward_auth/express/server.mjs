// An API behind express-oauth2-jwt-bearer, as its README has it: 204 for whoever has a token with the scope of the
// route. Its keys come from this program itself, over HTTP, because it takes them from nowhere else.
//   node server.mjs PORT JWKS_FILE ISSUER AUDIENCE
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import express from 'express';
import {auth, requiredScopes} from 'express-oauth2-jwt-bearer';

const [port, jwks, issuer, audience] = process.argv.slice(2);
const keys = createServer((request, response) => response.setHeader('content-type', 'application/json').end(readFileSync(jwks)));
keys.listen(0, '127.0.0.1', () => {
  const app = express();
  app.use(auth({issuer, audience, jwksUri: `http://127.0.0.1:${keys.address().port}/`, tokenSigningAlg: 'RS256'}));
  app.get('/orders/:id', requiredScopes('read:orders'), (request, response) => response.status(204).end());
  app.listen(Number(port), '127.0.0.1');
});
