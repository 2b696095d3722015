// deploy/serverless.yml as the Serverless Framework reads it, and broken on purpose to see that it tells.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {root, run, temporaryFolder} from '../support/program.mjs';

const command = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
const original = readFileSync(path.join(root, 'deploy/serverless.yml'), 'utf8');

/** Packages the service with the original's files beside it; `edit` breaks it first. */
async function pack(end, edit = (text) => text) {
  const folder = temporaryFolder(end);
  for (const name of ['deploy', 'build', 'home']) mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, 'deploy/serverless.yml'), edit(original));
  writeFileSync(path.join(folder, 'secrets.json'), '{"AUTH0_CLIENT_ID":"original-client","AUTH0_CLIENT_SECRET":"never-read-this"}');
  writeFileSync(path.join(folder, 'public_key'), 'PEM\n');
  writeFileSync(path.join(folder, 'bootstrap'), 'program');
  execFileSync('zip', ['-qX', 'build/portcullis-lambda-x86_64.zip', 'bootstrap'], {cwd: folder});
  const env = {SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', HOME: path.join(folder, 'home')};
  const result = await run(process.execPath, [command, 'package', '--package', '../out'], {cwd: path.join(folder, 'deploy'), env, milliseconds: 120_000});
  const template = result.code === 0 ? JSON.parse(readFileSync(path.join(folder, 'out/cloudformation-template-update-stack.json'), 'utf8')) : undefined;
  return {...result, template};
}

describe('deploy/serverless.yml', () => {
  let template;
  const ends = [];
  after(() => ends.forEach((end) => end()));
  before(async () => {
    const packed = await pack((end) => ends.push(end));
    assert.equal(packed.code, 0, packed.stdout + packed.stderr);
    ({template} = packed);
  });
  const all = (type) => Object.values(template.Resources).filter(({Type}) => Type === type).map(({Properties}) => Properties);
  const methods = () => all('AWS::ApiGateway::Method').map(({HttpMethod, AuthorizationType, ResourceId: {Ref}}) => `${HttpMethod} ${Ref} ${AuthorizationType}`).sort();

  test('has the original\'s three functions, on our runtime, with its variables and without its secret', () => {
    assert.deepEqual(all('AWS::Lambda::Function').map(({Handler, Runtime, Architectures}) => [Handler, Runtime, Architectures]).sort(),
      ['authorizer', 'private', 'public'].map((handler) => [handler, 'provided.al2023', ['x86_64']]));
    for (const {Environment: {Variables}} of all('AWS::Lambda::Function'))
      assert.deepEqual(Variables, {AUTH0_DOMAIN: '', AUTH0_AUDIENCE: '', AUTH0_CLIENT_ID: 'original-client', AUTH0_CLIENT_PUBLIC_KEY: 'PEM\n'});
    assert.ok(!JSON.stringify(template).includes('never-read-this'));
  });

  test('every private method is behind the authorizer, which is never cached; preflights and the public one are open', () => {
    const [publicOne, privateOne, other] = ['ApiPublic', 'ApiPrivate', 'ApiPathVar'].map((name) => `ApiGatewayResource${name}`);
    assert.deepEqual(methods(), [...['GET', 'POST'].flatMap((verb) => [`${verb} ${publicOne} NONE`, `${verb} ${privateOne} CUSTOM`, `${verb} ${other} CUSTOM`]),
      ...[publicOne, privateOne, other].map((name) => `OPTIONS ${name} NONE`)].sort());
    assert.deepEqual(all('AWS::ApiGateway::Authorizer').map(({Type, IdentitySource, AuthorizerResultTtlInSeconds}) => [Type, IdentitySource, AuthorizerResultTtlInSeconds]),
      [['TOKEN', 'method.request.header.Authorization', 0]]);
  });

  test('browsers can read the gateway\'s own answers; logs end some day', () => {
    const types = ['ACCESS_DENIED', 'AUTHORIZER_CONFIGURATION_ERROR', 'AUTHORIZER_FAILURE', 'DEFAULT_4XX', 'DEFAULT_5XX', 'EXPIRED_TOKEN', 'QUOTA_EXCEEDED', 'THROTTLED', 'UNAUTHORIZED'];
    const responses = all('AWS::ApiGateway::GatewayResponse');
    assert.deepEqual(responses.map(({ResponseType}) => ResponseType).sort(), types);
    for (const {ResponseParameters} of responses) {
      assert.equal(ResponseParameters['gatewayresponse.header.Access-Control-Allow-Origin'], '\'*\'');
      assert.match(ResponseParameters['gatewayresponse.header.Access-Control-Expose-Headers'], /WWW-Authenticate/);
    }
    const denied = responses.find(({ResponseType}) => ResponseType === 'ACCESS_DENIED');
    assert.equal(denied.ResponseParameters['gatewayresponse.header.Retry-After'], 'context.authorizer.retryAfter');
    assert.deepEqual(all('AWS::Logs::LogGroup').map(({RetentionInDays}) => RetentionInDays), [14, 14, 14]);
  });

  test('tells where the endpoints are', () => {
    for (const name of ['PublicEndpoint', 'PrivateEndpoint', 'AuthorizerArn', 'ApiId']) assert.ok(template.Outputs[name], name);
  });
});

describe('the framework tells', () => {
  const mistakes = [
    ['a TTL of 99999 s', 'resultTtlInSeconds: 0', 'resultTtlInSeconds: 99999', /authorizer\.resultTtlInSeconds': must be <= 3600/],
    ['an authorizer of no type', 'type: token,', 'type: tokenn,', /authorizer\.type': unsupported/],
    ['a runtime that does not exist', 'provided.al2023', 'provided.al2029', /'provider\.runtime': must be equal to one of/],
    ['an unknown property', '  timeout: 5', '  timeoutt: 5', /unrecognized property 'timeoutt'/],
  ];
  const ends = [];
  after(() => ends.forEach((end) => end()));
  let told;
  before(async () => {  // all at once, since each run takes seconds: it reports every mistake
    told = await pack((end) => ends.push(end), (text) => mistakes.reduce((yaml, [what, right, wrong]) => {
      assert.ok(yaml.includes(right), what);
      return yaml.replace(right, wrong);
    }, text));
    assert.notEqual(told.code, 0);
  });
  for (const [what, , , expected] of mistakes) test(what, () => assert.match(told.stdout + told.stderr, expected));
});
