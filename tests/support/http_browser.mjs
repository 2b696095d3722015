// A browser's part over plain HTTP, as far as a login needs it: it keeps cookies, sends forms, and follows redirects
// until they lead away.
import assert from 'node:assert/strict';

const mostRedirects = 5;
const entities = {amp: '&', lt: '<', gt: '>', quot: '"', '#39': '\''};
const unescaped = (html) => html.replaceAll(/&([^;]+);/g, (whole, name) => entities[name] ?? whole);

/** The fields that the form of a page sends by itself, and where to. */
function formOf(page) {
  const [, action, content] = /<form method="post" action="([^"]*)">(.*?)<\/form>/s.exec(page.text) ?? assert.fail(`no form on a page with status ${page.status}`);
  const hidden = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [unescaped(name), unescaped(value)]);
  return {address: new URL(unescaped(action), page.address).href, fields: Object.fromEntries(hidden)};
}

export class HttpBrowser {
  cookies = new Map();

  /** @param home  the address within which redirects are followed */
  constructor(home) {
    this.home = home;
  }

  /** One request: a POST when there is a form. @returns {Promise<{status, headers, address, location, text}>} */
  async send(address, form) {
    const response = await fetch(address, {
      method: form ? 'POST' : 'GET',
      headers: {Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')},
      body: form && new URLSearchParams(form),
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    return {status: response.status, headers: response.headers, address, location: location && new URL(location, address).href, text: await response.text()};
  }

  /** Goes on until there is a page or a redirect that leads away (`location`). */
  async open(address, form) {
    let page = await this.send(address, form);
    for (let i = 0; page.location?.startsWith(this.home); ++i) {
      assert.ok(i < mostRedirects, 'redirects come to an end');
      page = await this.send(page.location);
    }
    return page;
  }

  /** Sends the form of a page, filled in. */
  submit(page, filledIn = {}) {
    const {address, fields} = formOf(page);
    return this.open(address, {...fields, ...filledIn});
  }

  #keep(line) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (/; *max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
