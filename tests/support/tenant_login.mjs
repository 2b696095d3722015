// Logins at the local tenant by openid-client, step by step, so that a test can spoil any of them.
import {Issuer, custom, generators} from 'openid-client';
import {used} from './used_tokens.mjs';

custom.setHttpOptionsDefaults({timeout: 10_000});

export const audience = 'https://api.example.com';
export const people = {
  ada: {email: 'ada@example.com', password: 'lovelace'},
  grace: {email: 'grace@example.com', password: 'hopper'},
};

/** A client of the tenant, which is discovered anew: no keys are remembered. Every token it is given is noted. */
async function discoverClient(world, metadata) {
  const issuer = await Issuer.discover(world.tenant);
  class NotingClient extends issuer.Client {
    async grant(...request) {
      const tokens = await super.grant(...request);
      for (const kind of ['id_token', 'access_token', 'refresh_token']) if (tokens[kind]) used(tokens[kind]);
      return tokens;
    }
  }
  return new NotingClient(metadata);
}

/** demo-spa: a public client. */
export const pageClient = (world) =>
  discoverClient(world, {client_id: 'demo-spa', redirect_uris: [`${world.ready}/callback`], response_types: ['code'], token_endpoint_auth_method: 'none'});

/** demo-machine, which shows its secret by `method` (RFC 6749 §2.3.1). */
export const machineClient = (world, method, secret = 'demo-machine-secret') =>
  discoverClient(world, {client_id: 'demo-machine', client_secret: secret, token_endpoint_auth_method: method});

/**
 * An authorization request and what the client remembers of it. `parameters` come on top; undefined leaves one out.
 * @returns {{address, redirectUri, checks, openid}}
 */
export function beginLogin(client, parameters = {}) {
  const verifier = generators.codeVerifier();
  const all = {
    redirect_uri: client.metadata.redirect_uris[0],
    scope: 'openid profile email offline_access read:orders',
    audience,
    state: generators.state(),
    nonce: generators.nonce(),
    code_challenge: generators.codeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  };
  const checks = {response_type: 'code', code_verifier: verifier, state: all.state, nonce: all.nonce};
  return {address: client.authorizationUrl(all), redirectUri: all.redirect_uri, checks, openid: all.scope.split(' ').includes('openid')};
}

/** The client's half after the browser came back. `spoiled` replaces what it remembered. Without openid it takes no ID token. */
export function finishLogin(client, login, callback, spoiled = {}) {
  const answer = client.callbackParams(callback);
  if (answer.code) used(answer.code);
  const finish = login.openid ? client.callback : client.oauthCallback;
  return finish.call(client, login.redirectUri, answer, {...login.checks, ...spoiled});
}

/** Where a browser comes back to from a login, with the form filled in if there is one. */
export async function comeBack(browser, login, person = people.ada) {
  const page = await browser.open(login.address);
  return (page.location ? page : await browser.submit(page, person)).location;
}

/** A whole login. @returns openid-client's TokenSet */
export async function logIn(client, browser, {person = people.ada, ...parameters} = {}) {
  const login = beginLogin(client, parameters);
  return finishLogin(client, login, await comeBack(browser, login, person));
}
