// Showing a token claim by claim, with a countdown. The raw token itself is never shown.
import {byId, described, setText, show} from './dom.js';
import {claimSentence, decode, duration, headerSentence, valueText} from './token.js';

export class TokenView {
  #config;
  #token = null;
  #payload = null;

  constructor(config) {
    this.#config = config;
    setInterval(() => this.#count(), 1_000);
  }

  get raw() {
    return this.#token;
  }

  show(token, label) {
    this.#token = token;
    const decoded = decode(token);
    this.#payload = decoded.payload ?? null;
    const readable = decoded.kind === 'jwt';
    setText('token-label', readable ? label : `${label} ${opaqueSentence(decoded.parts)}`);
    show('token-readable', readable);
    show('token-actions', true);
    this.#fill('token-header', decoded.header ?? {}, headerSentence);
    this.#fill('token-claims', decoded.payload ?? {}, (name, value) => claimSentence(name, value, this.#config));
    this.#count();
  }

  clear(label) {
    this.#token = null;
    this.#payload = null;
    setText('token-label', label);
    show('token-readable', false);
    show('token-actions', false);
    this.#count();
  }

  #fill(id, members, sentence) {
    byId(id).replaceChildren(...Object.entries(members).map(([name, value]) => described(name, valueText(value), sentence(name, value))));
  }

  #count() {
    const expires = this.#payload?.exp;
    const left = Number.isFinite(expires) ? expires - Date.now() / 1000 : null;
    const words = left === null ? '' : left > 0 ? `expires in ${duration(left)}` : `expired ${duration(-left)} ago`;
    if (byId('token-countdown').textContent !== words) byId('token-countdown').textContent = words;
    byId('token-countdown').dataset.kind = left !== null && left <= 0 ? 'bad' : 'good';
  }
}

function opaqueSentence(parts) {
  const shape = parts === 5 ? 'Its five parts look like an encrypted token' : 'It is opaque: a random text without claims';
  return `${shape}; only the issuer can read it. An API cannot, so it must be asked for with an audience.`;
}
