// The CloudFormation templates: read by AWS's own rules offline, held to ours, and broken on purpose, one fault at a
// time, to see that the checks tell. None of this proves IAM's evaluation, quotas, or that AWS is in the mood.
import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {describe, test} from 'node:test';
import {faults, fitsInline} from './invariants.mjs';
import {ignored, kinds, templateFile, validate} from './validation.mjs';

const read = new Map(kinds.map((kind) => [kind, validate(templateFile(kind))]));
const sound = (kind) => structuredClone(read.get(kind).template);

for (const kind of kinds) {
  describe(`deploy/${kind}.yaml`, () => {
    test('AWS\'s rules find nothing, not even a warning', () => assert.deepEqual(read.get(kind).findings, []));
    test('keeps what we promise', () => assert.deepEqual(faults(sound(kind), kind), []));
    test('can be deployed without a bucket for templates', () => assert.ok(fitsInline(statSync(templateFile(kind)).size)));
  });
}

test('every finding that is ignored has a reason', () => {
  for (const [rule, reason] of ignored) assert.ok(reason?.length > 20, rule);
});

describe('the templates differ in the gateway only', () => {
  const shared = /Function$|Role$|Log$|Alarm$/;
  const part = (kind) => Object.fromEntries(Object.entries(sound(kind).Resources).filter(([id]) => shared.test(id)));
  test('the REST templates in nothing but their authorizer', () => {
    const rest = (kind) => {
      const {Resources, Conditions, Rules, Outputs} = sound(kind);
      delete Resources.ApiAuthorizer;
      return {Resources, Conditions, Rules, Outputs};
    };
    assert.deepEqual(rest('rest-token'), rest('rest-request'));
  });
  test('functions, roles, logs and alarms are the same everywhere', () => {
    const rest = part('rest-token');
    for (const [id, {Type, Properties}] of Object.entries(rest))
      if (Type === 'AWS::Lambda::Function') delete Properties.Environment.Variables.PORTCULLIS_API_KEY, assert.ok(rest[id]);
    assert.deepEqual(part('http-api'), rest);
  });
});

const rest = ['rest-token', 'rest-request'];
const response = (template, type) => Object.values(template.Resources).find(({Properties}) => Properties.ResponseType === type).Properties;
const remove = (template, ...names) => names.forEach((name) => delete template.Resources[name]);
const of = (template, name) => template.Resources[name].Properties;

/** One fault each: [what, kinds, how to break it, what a check must say]. */
const mutations = [
  // What AWS's rules catch.
  ['an unknown property', kinds, (t) => { of(t, 'PublicFunction').Timeoutt = 5; }, /F3002|Timeoutt/],
  ['an unknown type of resource', kinds, (t) => { t.Resources.AuthorizerLog.Type = 'AWS::Logs::LogGrp'; }, /LogGrp/],
  ['a missing mandatory property', kinds, (t) => { delete of(t, 'PublicFunction').Role; }, /required property: role/],
  ['a number that is none', kinds, (t) => { of(t, 'PrivateFunction').Timeout = 'soon'; }, /soon|Timeout/],
  ['a list where one value belongs', kinds, (t) => { of(t, 'PrivateFunction').Handler = ['private']; }, /handler: .*should be a string/],
  ['a reference to nothing', kinds, (t) => { of(t, 'PublicFunction').MemorySize = {Ref: 'Memory'}; }, /Memory/],
  ['a substitution of nothing', kinds, (t) => { of(t, 'AuthorizerLog').LogGroupName = {'Fn::Sub': '/aws/lambda/${Nobody}'}; }, /Nobody/],
  ['an attribute that is not there', kinds, (t) => { of(t, 'PublicFunction').Role = {'Fn::GetAtt': ['PublicRole', 'Name']}; }, /Name|Role/],
  ['a runtime that does not exist', kinds, (t) => { of(t, 'AuthorizerFunction').Runtime = 'provided.al2029'; }, /al2029/],
  ['a processor that does not exist', kinds, (t) => { of(t, 'AuthorizerFunction').Architectures = ['arm65']; }, /arm65/],
  ['more memory than there is', kinds, (t) => { of(t, 'AuthorizerFunction').MemorySize = 99_999; }, /99999/],
  ['a comparison that does not exist', kinds, (t) => { of(t, 'InternalAlarm').ComparisonOperator = 'Greater'; }, /Greater/],
  ['a retention that AWS does not offer', kinds, (t) => { of(t, 'PublicLog').RetentionInDays = 15; }, /15/],
  ['an output that refers to nothing', kinds, (t) => { t.Outputs.ApiId.Value = {Ref: 'Apis'}; }, /Apis/],
  ['a circle', kinds, (t) => { t.Resources.PublicRole.DependsOn = 'PublicFunction'; }, /[Cc]ircular|[Cc]ycl|depend/],
  ['a status that is none', rest, (t) => { response(t, 'THROTTLED').StatusCode = 'many'; }, /THROTTLED|many/],
  ['a type of gateway response that does not exist', rest, (t) => { response(t, 'THROTTLED').ResponseType = 'THROTLED'; }, /THROTTLED/],
  // The authorizer.
  ['an authorizer of no type', rest, (t) => { of(t, 'ApiAuthorizer').Type = 'TOKENN'; }, /authorizer's type/],
  ['an HTTP authorizer of no type', ['http-api'], (t) => { of(t, 'ApiAuthorizer').AuthorizerType = 'REQUESTT'; }, /authorizer's type/],
  ['a TTL of 99999 s', kinds, (t) => { of(t, 'ApiAuthorizer').AuthorizerResultTtlInSeconds = 99_999; }, /TTL/],
  ['a TTL without its bound', kinds, (t) => { t.Parameters.CacheSeconds.MaxValue = 99_999; }, /TTL is 0 to 3600/],
  ['a TOKEN authorizer that caches by default', ['rest-token'], (t) => { t.Parameters.CacheSeconds.Default = 300; }, /TTL is short/],
  ['a REQUEST authorizer cached by token alone', ['rest-request'],
    (t) => { of(t, 'ApiAuthorizer').IdentitySource = 'method.request.header.Authorization'; }, /identity sources/],
  ['an HTTP API\'s yes cached for every route', ['http-api'],
    (t) => { of(t, 'ApiAuthorizer').IdentitySource = ['$request.header.Authorization']; }, /identity sources/],
  ['an HTTP API\'s yes cached for every path of a route', ['http-api'], (t) => { of(t, 'AdminGet').RouteKey = 'GET /api/{path+}'; }, /share a cached answer/],
  ['policies where simple answers are promised', ['http-api'], (t) => { of(t, 'ApiAuthorizer').EnableSimpleResponses = false; }, /simple responses/],
  // Who may call what.
  ['a private method that is open', kinds, (t) => { of(t, 'PrivatePost').AuthorizationType = 'NONE'; delete of(t, 'PrivatePost').AuthorizerId; }, /PrivatePost.*not behind/],
  ['a private method by IAM', kinds, (t) => { of(t, 'PrivateGet').AuthorizationType = 'AWS_IAM'; }, /PrivateGet.*not behind/],
  ['a public method that asks for a token', kinds,
    (t) => { Object.assign(of(t, 'PublicGet'), {AuthorizationType: 'CUSTOM', AuthorizerId: {Ref: 'ApiAuthorizer'}}); }, /public endpoint/],
  ['a preflight behind the authorizer', rest,
    (t) => { Object.assign(of(t, 'PrivateOptions'), {AuthorizationType: 'CUSTOM', AuthorizerId: {Ref: 'ApiAuthorizer'}}); }, /preflight carries no/],
  ['a preflight that needs an API key', rest, (t) => { of(t, 'PrivateOptions').ApiKeyRequired = true; }, /preflight carries no/],
  ['a private method outside the usage plan', rest, (t) => { delete of(t, 'OtherGet').ApiKeyRequired; }, /OtherGet.*usage plan/],
  ['the original\'s POST gone', kinds, (t) => { remove(t, 'PrivatePost'); }, /POST \/api\/private is not there/],
  // Permissions.
  ['an authorizer that the gateway may not invoke', kinds, (t) => remove(t, 'AuthorizerPermission'), /may not invoke the authorizer/],
  ['an endpoint that the gateway may not invoke', kinds, (t) => remove(t, 'PrivatePostPermission'), /PrivatePost.*may not invoke/],
  ['a permission for every API of the world', kinds, (t) => { delete of(t, 'PublicGetPermission').SourceArn; }, /PublicGetPermission: SourceArn/],
  ['a permission for everybody', kinds, (t) => { of(t, 'PublicGetPermission').Principal = '*'; }, /who may do what/],
  ['* as an action', kinds, (t) => { of(t, 'PublicRole').Policies[0].PolicyDocument.Statement[0].Action = 'logs:*'; }, /\* in a role/],
  ['* as a resource', kinds, (t) => { of(t, 'PublicRole').Policies[0].PolicyDocument.Statement[0].Resource = '*'; }, /\* in a role/],
  ['a role that may write another\'s log', kinds,
    (t) => { of(t, 'PublicFunction').Role = {'Fn::GetAtt': ['PrivateRole', 'Arn']}; }, /writes its own log/],
  ['a role with a managed policy', kinds,
    (t) => { of(t, 'PublicRole').ManagedPolicyArns = ['arn:aws:iam::aws:policy/ReadOnlyAccess']; }, /managed policies/],
  // Answers that browsers can read.
  ['no 401 of our own', rest, (t) => { of(t, 'UnauthorizedResponse').ResponseType = 'WAF_FILTERED'; }, /no gateway response UNAUTHORIZED/],
  ['no 5xx of our own', rest, (t) => { remove(t, 'Default5xxResponse'); }, /no gateway response DEFAULT_5XX/],
  ['a 403 that browsers cannot read', rest,
    (t) => { delete response(t, 'ACCESS_DENIED').ResponseParameters['gatewayresponse.header.Access-Control-Allow-Origin']; }, /ACCESS_DENIED: no Access-Control/],
  ['a limit whose wait nobody hears of', rest,
    (t) => { delete response(t, 'ACCESS_DENIED').ResponseParameters['gatewayresponse.header.Retry-After']; }, /ACCESS_DENIED: no Retry-After/],
  ['a challenge that browsers cannot read', rest,
    (t) => { delete response(t, 'UNAUTHORIZED').ResponseParameters['gatewayresponse.header.Access-Control-Expose-Headers']; }, /UNAUTHORIZED: WWW-Auth/],
  ['a 401 without a challenge', rest, (t) => { delete response(t, 'UNAUTHORIZED').ResponseParameters['gatewayresponse.header.WWW-Authenticate']; }, /UNAUTHORIZED: no WWW/],
  ['an authorizer\'s failure as 200', rest, (t) => { response(t, 'AUTHORIZER_FAILURE').StatusCode = '200'; }, /AUTHORIZER_FAILURE: status 500/],
  ['no preflight', rest, (t) => { remove(t, 'PrivateOptions'); }, /\/api\/private: no preflight/],
  ['a preflight that allows * in the place of Authorization', rest,
    (t) => { of(t, 'PrivateOptions').Integration.IntegrationResponses[0].ResponseParameters['method.response.header.Access-Control-Allow-Headers'] = '\'*\''; }, /Authorization by name/],
  ['a preflight header that is not declared', rest,
    (t) => { delete of(t, 'PublicOptions').MethodResponses[0].ResponseParameters['method.response.header.Access-Control-Max-Age']; }, /does not declare/],
  ['an HTTP API without CORS', ['http-api'], (t) => { delete of(t, 'Api').CorsConfiguration; }, /CORS/],
  // The rest.
  ['logs kept for ever', kinds, (t) => { delete of(t, 'AuthorizerLog').RetentionInDays; }, /no retention/],
  ['a stage without a brake', kinds, (t) => { delete of(t, 'Stage').MethodSettings; delete of(t, 'Stage').DefaultRouteSettings; }, /not throttled/],
  ['a method that may miss the deployment', rest, (t) => { t.Resources.Deployment0.DependsOn.shift(); }, /may miss the deployment/],
  ['a usage plan that is always there', rest, (t) => { delete t.Resources.UsagePlan.Condition; }, /UsagePlan where it is wanted/],
  ['an alarm on Errors', kinds, (t) => { of(t, 'ThrottledAlarm').MetricName = 'Errors'; }, /alarm on Errors/],
  ['no alarm on keys out of reach', kinds, (t) => remove(t, 'KeysUnavailableAlarm'), /no alarm on keys_unavailable/],
  ['a parameter that nobody reads', kinds, (t) => { t.Parameters.Idle = {Type: 'String', Default: 'x'}; }, /Idle/],
  ['an API key shown in the console', rest, (t) => { delete t.Parameters.ApiKeyValue.NoEcho; }, /NoEcho/],
  ['the client\'s secret in a function', kinds, (t) => { of(t, 'PublicFunction').Environment.Variables.AUTH0_CLIENT_SECRET = 'x'; }, /secret is not needed/],
  ['an endpoint with another configuration', kinds, (t) => { delete of(t, 'PublicFunction').Environment.Variables.AUTH0_DOMAIN; }, /one configuration/],
  ['an output that is missing', kinds, (t) => { delete t.Outputs.PrivateEndpoint; }, /no output PrivateEndpoint/],
];

describe('the checks tell', () => {
  for (const [what, where, breakIt, expected] of mutations) {
    test(what, () => {
      for (const kind of where) {
        const template = sound(kind);
        breakIt(template);
        assert.notDeepEqual(template, read.get(kind).template, `${kind}: nothing was broken`);
        const found = faults(template, kind);
        if (!found.some((line) => expected.test(line))) found.push(...validate(template).findings);
        assert.ok(found.some((line) => expected.test(line)), `${kind}: only this was found: ${found.join('\n') || 'nothing'}`);
      }
    });
  }
});
