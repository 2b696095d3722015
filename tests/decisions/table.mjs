// The table of decisions: rows of the JSON files beside this one, and what is made of them: tokens, requests and the
// events of every kind of API. doors/lambda/decision_table_test.cpp reads the same files.
import {readFileSync} from 'node:fs';
import {b64, signer} from '../vectors/signing.mjs';
import {used} from '../support/used_tokens.mjs';

const read = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));
const subjects = ['token_shape', 'token_key', 'token_claims', 'credentials', 'requirements', 'key_sources', 'limits', 'paths', 'events'];

/** Every row, with the file it stands in. */
export const rows = subjects.flatMap((subject) => read(subject).map((row) => ({config: 'listed', request: 'GET /me', ...row, subject})));

const kinds = read('token_kinds');

/** Values that JSON has no word for: a time so many seconds from now, a text or a list so many times over. */
function valueAt(now, value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if ('in' in value) return now + value.in;
  if ('repeat' in value) return value.repeat.repeat(value.times);
  if ('list' in value) return Array(value.times).fill(value.list);
  return value;
}

const members = (now, defaults, changes = {}, without = []) =>
  Object.fromEntries(Object.entries({...defaults, ...changes}).filter(([name]) => !without.includes(name)).map(([name, value]) => [name, valueAt(now, value)]));

const replaced = (text, values) => text.replace(/<(\w+)>/g, (whole, name) => values[name] ?? whole);

/** The token of a row as it stands in a request; '' where a row has none. */
export function tokenOf({token}, now) {
  if (!token) return '';
  const kind = kinds[token.like ?? 'access'];
  const header = b64(token.header_text ?? JSON.stringify(members(now, kind.header, token.header, token.header_without)));
  const payload = b64(token.claims_text ?? JSON.stringify(members(now, kind.claims, token.claims, token.without)));
  let signature = token.signature ?? b64(signer(token.signed_by ?? kind.signed_by, 'RS256')(`${header}.${payload}`));
  if (token.changed === 'signature') signature = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
  const parts = {
    header: token.changed === 'header' ? b64(JSON.stringify({...JSON.parse(Buffer.from(header, 'base64url')), more: 1})) : header,
    payload: token.changed === 'payload' ? b64(JSON.stringify({...JSON.parse(Buffer.from(payload, 'base64url')), more: 1})) : payload,
    signature,
  };
  const whole = `${parts.header}.${parts.payload}.${parts.signature}`;
  used(whole);
  return token.written ? replaced(token.written, {...parts, token: whole}) : whole;
}

const api = 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5';

/** The request of a row: method, target (with its query) and the values of its Authorization lines. */
function requestOf(row, token) {
  const blank = row.request.indexOf(' ');
  const target = replaced(row.request.slice(blank + 1), {token, long: 'x'.repeat(8200), 600: 'x'.repeat(600)});
  const lines = row.authorization ?? (row.token ? 'Bearer <token>' : []);
  return {
    method: row.request.slice(0, blank),
    target,
    path: target.replace(/\?.*$/, ''),
    query: target.includes('?') ? target.replace(/^[^?]*\?/, '') : '',
    header: row.header ?? 'Authorization',
    values: [lines].flat().map((line) => replaced(line, {token})),
  };
}

/** What API Gateway would send for a request, by kind of authorizer and format (gateway.md §2). */
const eventOf = {
  'rest-token': ({method, path, values}) => ({type: 'TOKEN', authorizationToken: values[0], methodArn: `${api}/dev/${method}${path}`}),
  'rest-request': ({method, path, query, header, values}) => ({
    type: 'REQUEST', methodArn: `${api}/dev/${method}${path}`, resource: '/{proxy+}', path, httpMethod: method,
    headers: {Host: 'api.example.com', ...(values.length && {[header]: values.at(-1)})},
    multiValueHeaders: {Host: ['api.example.com'], ...(values.length && {[header]: values})},
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)), pathParameters: {proxy: path.slice(1)}, stageVariables: {},
    requestContext: {accountId: '111122223333', apiId: 'a1b2c3d4e5', stage: 'dev', resourcePath: '/{proxy+}', httpMethod: method, path: `/dev${path}`,
      requestId: 'r-1', identity: {sourceIp: '198.51.100.7', clientCert: null}},
  }),
  'http-1': ({method, path, query, header, values}) => ({
    version: '1.0', type: 'REQUEST', methodArn: `${api}/dev/${method}${path}`, identitySource: values.join(','), authorizationToken: values.join(','),
    resource: '/{proxy+}', path: `/dev${path}`, httpMethod: method, headers: {Host: 'api.example.com', ...(values.length && {[header]: values.join(',')})},
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)), requestContext: {stage: 'dev', identity: {sourceIp: '198.51.100.7'}},
  }),
  'http-2': ({method, path, query, header, values}) => ({
    version: '2.0', type: 'REQUEST', routeArn: `${api}/dev/${method}${path}`, identitySource: values.length ? values : null,
    routeKey: 'ANY /{proxy+}', rawPath: `/dev${path}`, rawQueryString: query,
    headers: {host: 'api.example.com', ...(values.length && {[header.toLowerCase()]: values.join(',')})},
    requestContext: {apiId: 'a1b2c3d4e5', stage: 'dev', routeKey: 'ANY /{proxy+}', http: {method, path: `/dev${path}`, protocol: 'HTTP/1.1', sourceIp: '198.51.100.7'}},
  }),
};
const kindsOfRequests = Object.keys(eventOf);
/** Those of a request, and the handshake of a WebSocket, which has neither method nor path. */
export const kindsOfEvents = [...kindsOfRequests, 'web-socket'];

/**
 * Everything that a row is asked as: its own event if it is one, else the plain request and the event of every kind.
 * @returns {{row, kind, line}[]}  `line` is what `portcullis decide --batch` takes
 */
export function askings(row, now) {
  const token = tokenOf(row, now);
  if (row.event) return [{row, kind: row.kind, line: {event: JSON.parse(replaced(JSON.stringify(row.event), {token, api}))}}];
  const request = requestOf(row, token);
  const plain = {method: request.method, path: request.target, headers: {[request.header]: request.values}};
  return [
    {row, kind: 'request', line: {request: plain}},
    ...kindsOfRequests.filter((kind) => !row.not_as?.includes(kind)).map((kind) => ({row, kind, line: {event: eventOf[kind](request)}})),
  ];
}
