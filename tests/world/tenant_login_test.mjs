// The local tenant as an OpenID client that we did not write meets it, with a browser's part played over HTTP.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {before, describe, test} from 'node:test';
import {generators} from 'openid-client';
import {audience, beginLogin, comeBack, finishLogin, machineClient, pageClient, people} from '../support/tenant_login.mjs';
import {awkwardState, worldOf, refusedAs, doubtedAs, loggedIn, assertAdvises} from '../support/tenant_suite.mjs';
import {withBadSignature} from '../support/tokens.mjs';

describe('a login by openid-client', () => {
  const suite = worldOf();

  test('the discovery document is all the client needs', async () => {
    const {issuer} = await pageClient(suite.world);
    assert.equal(issuer.issuer, suite.world.tenant);
    for (const name of ['authorization', 'token', 'userinfo', 'revocation', 'end_session']) assert.ok(issuer[`${name}_endpoint`].startsWith(suite.world.tenant), name);
    assert.deepEqual(issuer.code_challenge_methods_supported, ['S256']);
  });

  for (const where of ['', '/', '/callback'])
    test(`comes back to the page's origin${where} with a code that is good for verified tokens`, async () => {
      const client = await pageClient(suite.world);
      const login = beginLogin(client, {redirect_uri: suite.world.ready + where, state: awkwardState});
      const browser = suite.newBrowser();
      const form = await browser.open(login.address);
      assert.equal(form.status, 200);
      const back = await browser.submit(form, people.ada);
      assert.equal(back.status, 303);
      assert.ok(back.location.startsWith(`${suite.world.ready}${where || '/'}?`));
      const tokens = await finishLogin(client, login, back.location);
      const {sub, aud, nonce, email, name} = tokens.claims();
      assert.deepEqual({sub, aud, nonce, email, name}, {sub: 'auth0|ada', aud: 'demo-spa', nonce: login.checks.nonce, email: people.ada.email, name: 'Ada Lovelace'});
      assert.equal(tokens.scope, 'openid profile email offline_access read:orders');
      assert.equal(tokens.token_type, 'Bearer');
    });

  test('a browser that is logged in gets the next code without a form, but not with prompt=login', async () => {
    const {client, browser, tokens} = await suite.newLogin();
    const login = beginLogin(client);
    const second = await finishLogin(client, login, (await browser.open(login.address)).location);
    assert.equal(second.claims().sid, tokens.claims().sid);
    assert.equal((await browser.open(beginLogin(client, {prompt: 'login'}).address)).status, 200);
    assert.equal((await suite.newBrowser().open(beginLogin(client).address)).status, 200);
  });

  const userinfo = [
    {kind: 'an access token for the API', parameters: {}, withoutOpenid: ['invalid_token', 401]},  // has no audience userinfo
    {kind: 'an opaque access token', parameters: {audience: undefined}, withoutOpenid: ['insufficient_scope', 403]},
  ];
  for (const {kind, parameters, withoutOpenid} of userinfo)
    test(`userinfo knows the person by ${kind} with openid, by no other token`, async () => {
      const {client, tokens} = await suite.newLogin(parameters);
      const info = await client.userinfo(tokens);  // holds sub against the ID token's
      assert.deepEqual([info.sub, info.email], ['auth0|ada', people.ada.email]);
      const {access_token: narrow} = await client.refresh(tokens, {exchangeBody: {scope: 'email'}});
      await assert.rejects(client.userinfo(narrow), refusedAs(...withoutOpenid));
      for (const token of [withBadSignature(tokens.access_token), tokens.id_token]) await assert.rejects(client.userinfo(token), refusedAs('invalid_token', 401));
    });

  test('each refresh token is good once; an old one ends all that came from it, another login\'s lives on', async () => {
    const {client, tokens: first} = await suite.newLogin();
    const {tokens: other} = await suite.newLogin();
    const second = await client.refresh(first);
    const third = await client.refresh(second);
    assert.equal(new Set([first, second, third].map((tokens) => tokens.refresh_token)).size, 3);
    assert.equal(third.claims().sub, 'auth0|ada');
    assert.equal((await suite.world.call('private', {token: third.access_token})).status, 200);
    await assert.rejects(client.refresh(first.refresh_token), refusedAs('invalid_grant', 403));
    await assert.rejects(client.refresh(third.refresh_token), refusedAs('invalid_grant', 403));
    await client.refresh(other);
  });

  test('a refresh may narrow the scope but not widen it', async () => {
    const {client, tokens} = await suite.newLogin({scope: 'openid offline_access read:orders'});
    const narrow = await client.refresh(tokens, {exchangeBody: {scope: 'openid'}});
    assert.equal(narrow.scope, 'openid');
    await assert.rejects(client.refresh(narrow.refresh_token, {exchangeBody: {scope: 'openid admin'}}), refusedAs('invalid_scope', 400));
  });

  test('there is no refresh token without offline_access', async () => {
    assert.equal((await suite.newLogin({scope: 'openid'})).tokens.refresh_token, undefined);
    assert.ok((await suite.newLogin({scope: 'openid offline_access'})).tokens.refresh_token);
  });

  test('a revoked refresh token is refused; to revoke an unknown one is no error (RFC 7009 §2.2)', async () => {
    const {client, tokens} = await suite.newLogin();
    await client.revoke('unknown');
    const {refresh_token: latest} = await client.refresh(tokens);
    await client.revoke(latest);
    await assert.rejects(client.refresh(latest), refusedAs('invalid_grant', 403));
  });

  for (const method of ['client_secret_post', 'client_secret_basic'])
    test(`demo-machine by ${method}: its own token with its secret, none with another`, async () => {
      const client = await machineClient(suite.world, method);
      const {access_token: token, ...rest} = await client.grant({grant_type: 'client_credentials', audience});
      assert.ok(!rest.id_token && !rest.refresh_token);
      for (const [at, status] of [['private', 200], ['orders', 200], ['admin', 403]]) assert.equal((await suite.world.call(at, {token})).status, status, at);
      const stranger = await machineClient(suite.world, method, 'another-secret');
      await assert.rejects(stranger.grant({grant_type: 'client_credentials', audience}), refusedAs('access_denied', 401));
      await assert.rejects(client.grant({grant_type: 'client_credentials', audience: 'https://unknown.example.com'}), refusedAs('access_denied', 403));
    });
});

describe('a logout by openid-client', () => {
  const suite = worldOf();
  const logoutAddress = (client, more) => client.endSessionUrl({post_logout_redirect_uri: suite.world.ready, ...more});

  for (const where of ['', '/'])
    test(`with the ID token ends the session and leads to the page's origin${where} with the state`, async () => {
      const {client, browser, tokens} = await suite.newLogin();
      assert.ok(await loggedIn(client, browser));
      const left = await browser.open(logoutAddress(client, {id_token_hint: tokens, post_logout_redirect_uri: suite.world.ready + where, state: awkwardState}));
      assert.equal(left.status, 303);
      assert.ok(left.location.startsWith(`${suite.world.ready}/?`));
      assert.deepEqual([...new URL(left.location).searchParams], [['state', awkwardState]]);
      assert.ok(!(await loggedIn(client, browser)));
    });

  test('is over at the server too: the cookie of before is worth nothing', async () => {
    const {client, browser, tokens} = await suite.newLogin();
    const copy = suite.newBrowser();
    copy.cookies = new Map(browser.cookies);
    assert.ok(await loggedIn(client, copy));
    await browser.open(logoutAddress(client, {id_token_hint: tokens}));
    assert.ok(!(await loggedIn(client, copy)));
  });

  for (const [what, hintOf] of [['without an ID token', () => undefined], ['with another person\'s ID token', async () => (await suite.newLogin({person: people.grace})).tokens]])
    test(`${what} asks the person first`, async () => {
      const {client, browser} = await suite.newLogin();
      const question = await browser.open(logoutAddress(client, {id_token_hint: await hintOf()}));
      assert.equal(question.status, 200);
      assert.match(question.text, /Log out\?.*Ada Lovelace/s);
      assert.ok(await loggedIn(client, browser));
      assert.equal((await browser.submit(question)).location, `${suite.world.ready}/`);
      assert.ok(!(await loggedIn(client, browser)));
    });

  const refused = [
    {what: 'to an address that is not registered', spoil: () => ({post_logout_redirect_uri: 'http://localhost:1/'}), happened: /not among the allowed logout URLs/},
    {what: 'to a path of the page', spoil: () => ({post_logout_redirect_uri: `${suite.world.ready}/callback`}), happened: /not among the allowed logout URLs/},
    {what: 'with a changed ID token', spoil: (tokens) => ({id_token_hint: withBadSignature(tokens.id_token)}), happened: /not one of this tenant/},
  ];
  for (const {what, spoil, happened} of refused)
    test(`${what} is refused by a page, and one is still logged in`, async () => {
      const {client, browser, tokens} = await suite.newLogin();
      assertAdvises(await browser.open(logoutAddress(client, {id_token_hint: tokens, ...spoil(tokens)})), 400, happened);
      assert.ok(await loggedIn(client, browser));
      assert.equal((await browser.open(logoutAddress(client, {id_token_hint: tokens}))).location, `${suite.world.ready}/`);
    });
});

describe('a login that goes wrong', () => {
  const suite = worldOf();
  const begun = async (parameters) => {
    const [client, browser] = [await pageClient(suite.world), suite.newBrowser()];
    const login = beginLogin(client, parameters);
    return {client, browser, login, back: () => comeBack(browser, login)};
  };

  test('a state that is not the client\'s is refused by the client', async () => {
    const {client, login, back} = await begun();
    const callback = new URL(await back());
    const genuine = callback.href;
    callback.searchParams.set('state', generators.state());
    await assert.rejects(finishLogin(client, login, callback.href), doubtedAs(/^state mismatch/));
    await finishLogin(client, login, genuine);
  });

  test('an ID token with another nonce is refused by the client', async () => {
    const {client, login, back, browser} = await begun();
    await assert.rejects(finishLogin(client, login, await back(), {nonce: generators.nonce()}), doubtedAs(/^nonce mismatch/));
    const next = beginLogin(client);
    assert.equal((await finishLogin(client, next, await comeBack(browser, next))).claims().nonce, next.checks.nonce);
  });

  test('without a nonce there is none in the ID token: a client that wants one refuses it', async () => {
    const {client, login, back, browser} = await begun({nonce: undefined});
    const tokens = await finishLogin(client, login, await back());
    assert.ok(!('nonce' in tokens.claims()));
    const again = beginLogin(client, {nonce: undefined});
    await assert.rejects(finishLogin(client, again, await comeBack(browser, again), {nonce: generators.nonce()}), doubtedAs(/^nonce mismatch/));
  });

  for (const [what, spoiled] of [['another verifier', {code_verifier: generators.codeVerifier()}], ['no verifier', {code_verifier: undefined}]])
    test(`a code with ${what} is refused, and used up`, async () => {
      const {client, login, back} = await begun();
      const callback = await back();
      await assert.rejects(finishLogin(client, login, callback, spoiled), refusedAs('invalid_grant', 400));
      await assert.rejects(finishLogin(client, login, callback), refusedAs('invalid_grant', 400));
      const second = beginLogin(client);
      await finishLogin(client, second, await comeBack(suite.newBrowser(), second));
    });

  test('a code with another redirect URI than that of the request is refused', async () => {
    const {client, login, back} = await begun();
    const callback = await back();
    await assert.rejects(finishLogin(client, {...login, redirectUri: `${suite.world.ready}/`}, callback), refusedAs('invalid_grant', 400));
    const next = beginLogin(client, {redirect_uri: `${suite.world.ready}/`});
    await finishLogin(client, next, await comeBack(suite.newBrowser(), next));
  });

  test('a code used twice is refused, and ends the refresh token of its first use (RFC 6749 §4.1.2)', async () => {
    const {client, login, back} = await begun();
    const callback = await back();
    const tokens = await finishLogin(client, login, callback);
    const {refresh_token: latest} = await client.refresh(tokens);
    await assert.rejects(finishLogin(client, login, callback), refusedAs('invalid_grant', 400));
    await assert.rejects(client.refresh(latest), refusedAs('invalid_grant', 403));
  });

  const returned = [
    {what: 'no code challenge', parameters: {code_challenge: undefined, code_challenge_method: undefined}, error: 'invalid_request'},
    {what: 'the plain challenge method', parameters: {code_challenge_method: 'plain'}, error: 'invalid_request'},
    {what: 'the implicit flow', parameters: {response_type: 'id_token'}, error: 'unsupported_response_type'},
    {what: 'prompt=none without a session', parameters: {prompt: 'none'}, error: 'login_required'},
  ];
  for (const {what, parameters, error} of returned)
    test(`${what} comes back to the client as ${error}, with its state`, async () => {
      const {client, login, browser} = await begun(parameters);
      await assert.rejects(finishLogin(client, login, (await browser.open(login.address)).location), refusedAs(error));
    });

  const foreign = [
    {what: 'an unknown client', parameters: () => ({client_id: 'nobody'}), status: 400, happened: /Unknown client: nobody/, advice: /demo-spa/},
    {what: 'no client', parameters: () => ({client_id: undefined}), status: 400, happened: /client_id is missing/, advice: /demo-spa/},
    ...[
      ['another port', () => 'http://localhost:1/callback'],
      ['another path', () => `${suite.world.ready}/other`],
      ['a path that goes on', () => `${suite.world.ready}/callback/`],
      ['a query', () => `${suite.world.ready}/callback?x=1`],
      ['another case', () => `${suite.world.ready}/Callback`],
      ['another name of this machine', () => suite.world.ready.replace('localhost', '127.0.0.1')],
      ['nothing', () => undefined],
    ].map(([what, uri]) => ({what: `a redirect URI with ${what}`, parameters: () => ({redirect_uri: uri()}), status: 403, happened: /not among the allowed callback URLs|redirect_uri is missing/, advice: /Allowed here: .*callback/})),
  ];
  for (const {what, parameters, status, happened, advice} of foreign)
    test(`${what} gets a page that says what to do, no redirect`, async () => {
      const {client, browser} = await begun();
      const address = new URL(beginLogin(client).address);
      assert.equal((await browser.open(address.href)).status, 200);
      for (const [name, value] of Object.entries(parameters()))
        if (value === undefined) address.searchParams.delete(name);
        else address.searchParams.set(name, value);
      assertAdvises(await browser.open(address.href), status, happened, advice);
    });

  for (const [what, entered] of [['a wrong password', {email: people.ada.email, password: 'Lovelace'}], ['another\'s password', {email: people.ada.email, password: 'hopper'}], ['an unknown person', {email: 'eve@example.com', password: 'lovelace'}]])
    test(`${what} shows the form again and logs nobody in; the right one does from there`, async () => {
      const {client, login, browser} = await begun();
      const again = await browser.submit(await browser.open(login.address), entered);
      assert.equal(again.status, 400);
      assert.equal(again.location, null);
      assert.match(again.text, /role="alert">Wrong e-mail or password/);
      assert.ok(again.text.includes(`value="${entered.email}"`), 'the e-mail is kept');
      assert.ok(!(await loggedIn(client, browser)));
      await finishLogin(client, login, (await browser.submit(again, people.ada)).location);
      assert.ok(await loggedIn(client, browser));
    });

  test('a login is finished only by the browser that began it', async () => {
    const {client, login, browser} = await begun();
    const form = await browser.open(login.address);
    const other = suite.newBrowser();
    assertAdvises(await other.open(form.address), 403, /begun in another browser/);
    assertAdvises(await other.submit(form, people.grace), 403, /begun in another browser/);
    await other.open(beginLogin(client).address);  // has a cookie of its own now
    assertAdvises(await other.submit(form, people.grace), 403, /begun in another browser/);
    assert.ok(!(await loggedIn(client, other)));
    await finishLogin(client, login, (await browser.submit(form, people.ada)).location);
  });

  test('a finished login leads nowhere, and the page has a way on', async () => {
    const {client, login, browser} = await begun();
    const form = await browser.open(login.address);
    const {location} = await browser.submit(form, people.ada);
    for (const page of [await browser.open(form.address), await browser.submit(form, people.grace)]) {
      assertAdvises(page, 400, /login is finished/);
      assert.ok(page.text.includes(`href="${suite.world.ready}/"`), 'a link to the page');
    }
    assert.equal((await finishLogin(client, login, location)).claims().sub, 'auth0|ada');
  });
});

describe('the tokens of a login at the API', () => {
  const suite = worldOf();

  const allowed = [
    {who: 'ada', at: 'private', status: 200},
    {who: 'ada', at: 'orders', status: 200},
    {who: 'ada', at: 'admin', status: 200},
    {who: 'grace', at: 'private', status: 200},
    {who: 'grace', at: 'orders', status: 200},
    {who: 'grace', at: 'admin', status: 403},
  ];
  for (const {who, at, status} of allowed)
    test(`${who}'s access token gets ${status} at ${at}`, async () => {
      const {tokens} = await suite.newLogin({person: people[who]});
      assert.equal((await suite.world.call(at, {token: tokens.access_token})).status, status);
    });

  const refused = [
    {what: 'the ID token', parameters: {}, kind: 'id_token', reason: /wrong_token_type/},
    {what: 'an opaque token', parameters: {audience: undefined}, kind: 'access_token', reason: /not_jws/},
    {what: 'the refresh token', parameters: {}, kind: 'refresh_token', reason: /not_jws/},
    {what: 'a token for another API', parameters: {audience: 'https://other.example.com'}, kind: 'access_token', reason: /bad_aud/},
    {what: 'a token by an unpublished key', parameters: {signing_key: 'unknown'}, kind: 'access_token', reason: /unknown_kid/},
    {what: 'a token that is over', parameters: {lifetime: -60}, kind: 'access_token', reason: /expired/},
  ];
  for (const {what, parameters, kind, reason} of refused)
    test(`${what} is 401, and the printed line says ${reason.source}`, async () => {
      const {tokens} = await suite.newLogin(parameters);
      assert.equal((await suite.world.call('private', {token: tokens[kind]})).status, 401);
      const line = await suite.world.lineOfLastCall();
      assert.match(line, / GET +\/dev\/api\/private +401 /);
      assert.match(line, reason);
    });

  test('portcullis token still gives tokens of the same kind', async () => {
    for (const args of [['--user', 'ada'], ['--client', 'demo-machine']]) {
      const token = await suite.world.token(...args);
      assert.equal((await suite.world.call('orders', {token})).status, 200, args.join(' '));
    }
  });
});
