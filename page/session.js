// Who is logged in, and their tokens. The only file that knows the SDK.
import {pageUrl} from './config.js';

const scope = 'openid profile email offline_access read:orders';
const workerUrl = 'auth0-spa-js.worker.production.js';  // the SDK's own is a blob, which our policy forbids
const silentSeconds = 10;  // a tenant that is down must not hold the page for the SDK's 60 s
const arrivalLimit = 45_000;  // the SDK asks three times, 10 s each, and waits for its lock before
const longestQuote = 300;

/// A failure of login or tokens; its message is for the person.
export class LoginProblem extends Error {}

/// @throws LoginProblem where the SDK is not there or cannot work
export async function openSession(config) {
  if (!globalThis.auth0?.Auth0Client) throw missingFile('auth0-spa-js.production.js');
  if (!(await isThere(workerUrl))) throw missingFile(workerUrl);  // without it the SDK would wait for ever
  try {
    return new Session(config);
  } catch (error) {
    const insecure = globalThis.isSecureContext === false;
    throw new LoginProblem(insecure
      ? `Logging in needs https, or the name localhost: browsers switch cryptography off on ${location.origin}.`
      : `Logging in is not possible here: ${quoted(error.message)}.`);
  }
}

const missingFile = (name) =>
  new LoginProblem(`The file ${name} could not be loaded, so nobody can log in. scripts/page.sh makes the complete page.`);

async function isThere(file) {
  try {
    return (await fetch(file, {method: 'HEAD', signal: AbortSignal.timeout(silentSeconds * 1_000)})).ok;
  } catch {
    return false;
  }
}

class Session {
  #config;
  #client;
  user = null;

  constructor(config) {
    this.#config = config;
    this.#client = this.#newClient({
      useRefreshTokens: true,
      useRefreshTokensFallback: true,
      workerUrl,
    }, {scope, audience: config.audience});
  }

  /// Ends a login that this address brings back, or takes up the tenant's session.
  /// @returns what went wrong with the login, or ''
  async arrive() {
    const address = location.href;
    const parameters = new URL(address).searchParams;
    const problem = isLoginAnswer(parameters) ? await this.#finishLogin(address, parameters) : null;
    if (problem !== '') await inTime(this.#client.checkSession()).catch(() => {});  // then nobody is logged in
    this.user = (await this.#client.getUser()) ?? null;
    return problem ?? '';
  }

  // Code and state are single-use, so they leave the address and the history before anything else
  // happens (RFC 9700 §4.3.1). The SDK refuses an answer for which no login is pending
  // (`missing_transaction`) before it sends anything.
  async #finishLogin(address, parameters) {
    history.replaceState(null, '', pageUrl());
    try {
      await inTime(this.#client.handleRedirectCallback(address));
      return '';
    } catch (error) {
      return unfinishedLogin(error, parameters, this.#config);
    }
  }

  async logIn() {
    await this.#told(() => this.#client.loginWithRedirect());
  }

  async logOut() {
    this.user = null;
    await this.#told(() => this.#client.logout({logoutParams: {returnTo: pageUrl()}}));
  }

  accessToken() {
    return this.#told(() => this.#client.getTokenSilently());
  }

  idToken() {
    return this.#told(async () => {
      await this.#client.getTokenSilently();
      return (await this.#client.getIdTokenClaims()).__raw;
    });
  }

  /// An access token asked for with just these parameters, silently, by a client of its own: the
  /// session's tokens stay as they are.
  freshToken(parameters) {
    return this.#told(() => this.#newClient({}, parameters).getTokenSilently({cacheMode: 'off'}));
  }

  #newClient(options, parameters) {
    return new globalThis.auth0.Auth0Client({
      domain: this.#config.domain,
      clientId: this.#config.clientId,
      cacheLocation: 'memory',
      authorizeTimeoutInSeconds: silentSeconds,
      ...options,
      authorizationParams: {redirect_uri: pageUrl(), ...parameters},
    });
  }

  async #told(work) {
    try {
      return await work();
    } catch (error) {
      if (error.error === 'login_required') this.user = null;
      const sentence = sentenceOf(error, this.#config);
      throw new LoginProblem(sentence[0].toUpperCase() + sentence.slice(1));
    }
  }
}

function inTime(work) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(Object.assign(new Error('timeout'), {error: 'timeout'})), arrivalLimit);
  });
  return Promise.race([work, late]);
}

/// RFC 6749 §4.1.2: an answer has `state` and either `code` or `error`. A lone `code` is somebody else's.
function isLoginAnswer(parameters) {
  return parameters.has('state') && (parameters.has('code') || parameters.has('error'));
}

function unfinishedLogin(error, parameters, config) {
  const failed = 'The login could not be completed: ';
  if (error.error === 'missing_transaction') {
    const claim = parameters.has('error') ? ` The address says ${serviceWords(parameters.get('error'), parameters.get('error_description'))}` : '';
    return `${failed}this tab has no login under way that the address could belong to.${claim}`;
  }
  if (error.error === 'state_mismatch') return `${failed}the answer belongs to another login than the one this tab started.`;
  return failed + sentenceOf(error, config);
}

function sentenceOf(error, config) {
  const service = `the login service at ${config.tenant}`;
  switch (error.error) {
    case 'login_required': return 'your session at the login service is over. Log in again.';
    case 'timeout': return `${service} did not answer in time.`;
    case 'consent_required':
    case 'interaction_required':
      return `${service} wants to ask you something first (${error.error}), which it cannot do in the background.`;
    case undefined: return `${service} could not be reached, or does not allow this page: is ${location.origin} among the application's Allowed Web Origins? (${quoted(error.message)})`;
    default: return `${service} says ${serviceWords(error.error, error.error_description)}`;
  }
}

const serviceWords = (code, description) => quoted(code) + (description ? `: “${quoted(description)}”` : '') + '.';

// Somebody else's words: shown as text, not longer than a sentence or two, and on one line.
function quoted(text) {
  const plain = String(text).replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return plain.length > longestQuote ? `${plain.slice(0, longestQuote)}…` : plain;
}
