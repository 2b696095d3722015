// From three values of somebody's tenant to what they must set, run and write. Nothing leaves the page.
import {pageUrl} from './config.js';
import {makeCopy} from './copy.js';
import {byId, element} from './dom.js';

const blanks = {domain: 'YOUR_DOMAIN', client: 'YOUR_CLIENT_ID', audience: 'YOUR_AUDIENCE'};

// What passes through make and a shell as it stands. Everything else would need quoting in both.
const plainWord = /^[\w.~:/@%+=,-]+$/;
const hostName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/// People paste what the address bar or the dashboard gives them.
export function tidyDomain(text) {
  return text.trim().replace(/^[a-z]+:\/\//i, '').replace(/[/?#].*$/, '').toLowerCase();
}

export function problemsOf({domain, client, audience}) {
  const problems = [];
  if (domain && !hostName.test(domain)) problems.push(`“${domain}” is no host name: the dashboard shows it as Domain, for example example.eu.auth0.com.`);
  if (client && !/^[\w-]+$/.test(client)) problems.push('The client ID has letters and digits only.');
  if (audience && audience === client) problems.push('The audience is the API’s identifier, not the client ID.');
  if (audience && !plainWord.test(audience)) problems.push('This audience has characters that make and the shell would change, so there is no command for it: use the files below.');
  return problems;
}

/// @returns [title, text] of each thing to copy
export function outputs({domain, client, audience}, endpoints) {
  const config = {AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: client, AUTH0_AUDIENCE: audience, PUBLIC_ENDPOINT: endpoints.publicUrl, PRIVATE_ENDPOINT: endpoints.privateUrl};
  return [
    ['This page, with your tenant', [domain, client, audience].every((word) => plainWord.test(word))
      ? `make run ARGS="--auth0-domain ${domain} --auth0-client-id ${client} --auth0-audience ${audience}"`
      : '# These values cannot stand in a command: use the files below.'],
    ['config.json, where the page is hosted', JSON.stringify(config, null, 2)],
    ['portcullis.yaml, its issuer', `issuers:\n  - domain: ${domain}\n    audience: ${JSON.stringify(audience)}\n`],  // YAML 1.2 §7.3.1 reads JSON's quotes
  ];
}

export function applicationSettings() {
  return [
    ['Application type', 'Single Page Application', 'tick'],
    ['Allowed Callback URLs', pageUrl()],
    ['Allowed Logout URLs', pageUrl()],
    ['Allowed Web Origins', location.origin],
  ];
}

export function apiSettings({audience}) {
  return [
    ['Identifier', audience],
    ['Signing algorithm', 'RS256', 'tick'],
    ['Enable RBAC', 'on', 'tick'],
    ['Add Permissions in the Access Token', 'on', 'tick'],
    ['Allow Offline Access', 'on', 'tick'],
    ['Permissions', 'read:orders, admin', 'tick'],
  ];
}

const userSettings = () => [['Permissions', 'read:orders; admin for those who may', 'tick']];

/// @param settings the page's; a tenant that is already somebody's own fills the fields
export function startOwnTenant(settings) {
  let tenant = blanks;
  const rows = [
    ...fill('own-application', applicationSettings, () => tenant),
    ...fill('own-api', apiSettings, () => tenant),
    ...fill('own-users', userSettings, () => tenant),
    ...fillOutputs(settings, () => tenant),
  ];
  const update = () => {
    const entered = readFields();
    byId('own-problem').textContent = problemsOf(entered).join(' ');
    tenant = Object.fromEntries(Object.entries(blanks).map(([name, blank]) => [name, entered[name] || blank]));
    for (const refresh of rows) refresh();
  };
  for (const id of ['own-domain', 'own-client', 'own-audience']) byId(id).addEventListener('input', update);
  if (!settings.local) {
    byId('own-domain').value = new URL(settings.tenant).host;
    byId('own-client').value = settings.clientId;
    byId('own-audience').value = settings.audience;
  }
  update();
}

// An audience is compared letter by letter: of it only the blanks around are taken.
function readFields() {
  return {domain: tidyDomain(byId('own-domain').value), client: byId('own-client').value.trim(), audience: byId('own-audience').value.trim()};
}

// @returns one function for each row, which writes its value anew
function fill(id, settings, tenant) {
  return settings(tenant()).map(([name, , tick], index) => {
    const value = element('code');
    const row = element('div', {}, element('dt', {}, name), element('dd', {}, value));
    byId(id).append(row);
    if (!tick) row.lastChild.append(copyButton(name, () => value.textContent));
    return () => { value.textContent = settings(tenant())[index][1]; };
  });
}

function fillOutputs(endpoints, tenant) {
  return outputs(tenant(), endpoints).map(([title], index) => {
    const text = element('pre', {tabindex: '0', role: 'group', 'aria-label': title});
    const head = element('div', {class: 'output-head'}, element('h4', {}, title), copyButton(title, () => text.textContent));
    byId('own-outputs').append(element('div', {}, head, text));
    return () => { text.textContent = outputs(tenant(), endpoints)[index][1]; };
  });
}

function copyButton(name, text) {
  const button = element('button', {type: 'button', class: 'small', 'aria-label': `Copy ${name}`}, 'Copy');
  const holder = element('span', {class: 'copier'}, button);
  makeCopy(button, text);
  return holder;
}
