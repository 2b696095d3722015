// What must hold in our templates beyond CloudFormation's own rules. Each fault is a sentence.
import {isDeepStrictEqual} from 'node:util';

const resources = (template, type) => Object.entries(template.Resources).filter(([, {Type}]) => Type === type);
const text = (value) => JSON.stringify(value) ?? '';
const refersTo = (value, name) => value?.Ref === name;
const attribute = (value) => [value?.['Fn::GetAtt'] ?? []].flat().join('.');  // "Role.Arn", in either spelling
const attributeOf = (value) => attribute(value).split('.')[0];
const same = isDeepStrictEqual;

const identity = {
  'rest-token': 'method.request.header.Authorization',
  'rest-request': 'method.request.header.Authorization,context.httpMethod,context.path',
  'http-api': ['$request.header.Authorization', '$context.routeKey'],
};
const gatewayStatus = {
  UNAUTHORIZED: '401', ACCESS_DENIED: '403', EXPIRED_TOKEN: '403', THROTTLED: '429', QUOTA_EXCEEDED: '429',
  AUTHORIZER_FAILURE: '500', AUTHORIZER_CONFIGURATION_ERROR: '500', DEFAULT_4XX: undefined, DEFAULT_5XX: undefined,
};
const alarmedReasons = ['keys_unavailable', 'store_unavailable', 'internal'];
const inlineTemplateBytes = 51_200;  // CloudFormation's limit without a bucket

/** Where a REST method lies: "/api/{path+}". */
function pathOf(template, id) {
  const {PathPart, ParentId} = template.Resources[id].Properties;
  return (ParentId.Ref ? pathOf(template, ParentId.Ref) : '') + '/' + PathPart;
}

/** Every method or route: {id, verb, path, type, authorizer, key, function, mock}. */
function endpoints(template) {
  const rest = resources(template, 'AWS::ApiGateway::Method').map(([id, {Properties: method}]) => ({
    id, verb: method.HttpMethod, path: pathOf(template, method.ResourceId.Ref), type: method.AuthorizationType,
    authorizer: method.AuthorizerId?.Ref, key: method.ApiKeyRequired, mock: method.Integration.Type === 'MOCK', method,
    function: /functions\/\$\{(\w+)\.Arn\}\/invocations$/.exec(method.Integration.Uri?.['Fn::Sub'])?.[1],
  }));
  const http = resources(template, 'AWS::ApiGatewayV2::Route').map(([id, {Properties: route}]) => {
    const [verb, path] = route.RouteKey.split(' ');
    const integration = /^integrations\/\$\{(\w+)\}$/.exec(route.Target?.['Fn::Sub'])?.[1];
    return {id, verb, path, type: route.AuthorizationType, authorizer: route.AuthorizerId?.Ref, mock: false,
      function: attributeOf(template.Resources[integration]?.Properties.IntegrationUri)};
  });
  return [...rest, ...http];
}

function* accessFaults(template) {
  const all = endpoints(template);
  for (const path of ['/api/public', '/api/private'])
    for (const verb of ['GET', 'POST'])
      if (!all.some((one) => one.path === path && one.verb === verb)) yield `${verb} ${path} is not there`;
  for (const {id, verb, path, type, authorizer, key, mock} of all) {
    if (mock && verb === 'OPTIONS') {
      if (type !== 'NONE' || key) yield `${id}: a preflight carries no credentials`;
    } else if (path === '/api/public') {
      if (type !== 'NONE' || authorizer) yield `${id}: the public endpoint has an authorizer`;
    } else if (type !== 'CUSTOM' || authorizer !== 'ApiAuthorizer') {
      yield `${id}: ${verb} ${path} is not behind the authorizer`;
    } else if (template.Parameters.ApiKeySource && !same(key, {'Fn::If': ['HasUsagePlan', true, false]})) {
      yield `${id}: the usage plan does not cover it`;
    }
  }
}

function* authorizerFaults(template, kind) {
  const [[, {Properties: it}] = [undefined, {Properties: {}}], ...more] = [
    ...resources(template, 'AWS::ApiGateway::Authorizer'), ...resources(template, 'AWS::ApiGatewayV2::Authorizer')];
  if (more.length) yield 'one authorizer';
  const wanted = {'rest-token': 'TOKEN', 'rest-request': 'REQUEST', 'http-api': 'REQUEST'}[kind];
  if ((it.Type ?? it.AuthorizerType) !== wanted) yield `the authorizer's type is ${wanted}`;
  if (!same(it.IdentitySource, identity[kind])) yield `identity sources: ${identity[kind]}`;
  const {Default: seconds, MaxValue: most, MinValue: least} = template.Parameters.CacheSeconds ?? {};
  if (!refersTo(it.AuthorizerResultTtlInSeconds, 'CacheSeconds')) yield 'the TTL is the parameter CacheSeconds';
  if (least !== 0 || most !== 3600) yield 'the TTL is 0 to 3600';
  if (kind === 'rest-token' ? seconds !== 0 : !(seconds <= 60)) yield 'the TTL is short by default, 0 for a TOKEN authorizer';
  if (kind !== 'http-api') return;
  if (it.AuthorizerPayloadFormatVersion !== '2.0' || it.EnableSimpleResponses !== true) yield 'payload 2.0 with simple responses';
  // One cached yes or no for all that a route key matches.
  for (const {id, path, type} of endpoints(template))
    if (type === 'CUSTOM' && path.includes('{')) yield `${id}: paths that share a route key share a cached answer`;
}

function* permissionFaults(template) {
  const permissions = resources(template, 'AWS::Lambda::Permission').map(([id, {Properties: it}]) => ({
    id, it, function: attributeOf(it.FunctionName), source: it.SourceArn?.['Fn::Sub'] ?? ''}));
  const here = 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/';
  for (const {id, it, source} of permissions) {
    if (it.Action !== 'lambda:InvokeFunction' || it.Principal !== 'apigateway.amazonaws.com') yield `${id}: who may do what`;
    if (!source.startsWith(here) || source === `${here}*`) yield `${id}: SourceArn must name this API and what of it`;
  }
  const allowed = (name, source) => permissions.some((one) => one.function === name && one.source === here + source);
  if (!allowed('AuthorizerFunction', 'authorizers/${ApiAuthorizer}')) yield 'the gateway may not invoke the authorizer';
  for (const {id, verb, path, function: name, mock} of endpoints(template)) {
    if (mock) continue;
    if (!name) yield `${id}: invokes no function`;
    else if (!allowed(name, '${StageName}/' + verb + path.replace(/\{\w+\+?\}/, '*'))) yield `${id}: the gateway may not invoke ${name}`;
  }
}

function* functionFaults(template) {
  const functions = resources(template, 'AWS::Lambda::Function');
  const handlers = functions.map(([, {Properties: it}]) => it.Handler).sort();
  if (!same(handlers, ['authorizer', 'private', 'public'])) yield 'functions: authorizer, public, private';
  for (const [id, {Properties: it}] of functions) {
    if (it.Runtime !== 'provided.al2023') yield `${id}: runtime provided.al2023`;
    if (!same(it.Architectures, [{Ref: 'Architecture'}])) yield `${id}: its processor is the parameter`;
    if (!(it.Timeout >= 1 && it.Timeout <= 10)) yield `${id}: an HTTP API waits 10 s`;
    if (!it.MemorySize) yield `${id}: memory`;
    if (!same(it.Code, {S3Bucket: {Ref: 'CodeBucket'}, S3Key: {Ref: 'CodeKey'}})) yield `${id}: one bundle for all`;
    if (!same(it.Environment, functions[0][1].Properties.Environment)) yield `${id}: the functions read one configuration`;
    const log = it.LoggingConfig?.LogGroup?.Ref;
    const role = template.Resources[attributeOf(it.Role)];
    if (!template.Resources[log]?.Properties.RetentionInDays) yield `${id}: its log has no retention`;
    const may = role?.Properties.Policies?.flatMap(({PolicyDocument}) => PolicyDocument.Statement)
      .map(({Effect, Action, Resource}) => [Effect, Action, attribute(Resource)]);
    if (!same(may, [['Allow', ['logs:CreateLogStream', 'logs:PutLogEvents'], `${log}.Arn`]]))
      yield `${id}: its role writes its own log, and does nothing else`;
    if (role?.Properties.ManagedPolicyArns) yield `${id}: its role has managed policies`;
  }
  const wild = (value) => text(value).includes('*');
  for (const [id, {Properties: role}] of resources(template, 'AWS::IAM::Role'))
    for (const {PolicyDocument} of role.Policies ?? [])
      for (const {Action, Resource} of [PolicyDocument.Statement].flat()) if (wild(Action) || wild(Resource)) yield `${id}: * in a role`;
}

function* corsFaults(template, kind) {
  if (kind === 'http-api') {
    const {AllowOrigins, AllowHeaders = [], ExposeHeaders = []} = template.Resources.Api.Properties.CorsConfiguration ?? {};
    if (!same(AllowOrigins, [{Ref: 'CorsOrigin'}])) yield 'CORS: the origin is the parameter';
    if (!AllowHeaders.includes('Authorization')) yield 'CORS: * would not cover Authorization';
    if (!ExposeHeaders.includes('WWW-Authenticate')) yield 'CORS: WWW-Authenticate is not exposed';
    return;
  }
  const origin = {'Fn::Sub': '\'${CorsOrigin}\''};
  const responses = new Map(resources(template, 'AWS::ApiGateway::GatewayResponse').map(([, {Properties: it}]) => [it.ResponseType, it]));
  for (const [type, status] of Object.entries(gatewayStatus)) {
    const header = (name) => responses.get(type)?.ResponseParameters?.[`gatewayresponse.header.${name}`];
    if (!responses.has(type)) yield `no gateway response ${type}`;
    else if (responses.get(type).StatusCode !== status) yield `${type}: status ${status}`;
    else if (!same(header('Access-Control-Allow-Origin'), origin)) yield `${type}: no Access-Control-Allow-Origin`;
    else if (!header('Access-Control-Expose-Headers')?.includes('WWW-Authenticate')) yield `${type}: WWW-Authenticate is not exposed`;
    else if (type === 'ACCESS_DENIED' && header('Retry-After') !== 'context.authorizer.retryAfter') yield 'ACCESS_DENIED: no Retry-After for who is over a limit';
    else if (type === 'UNAUTHORIZED' && !header('WWW-Authenticate')) yield 'UNAUTHORIZED: no WWW-Authenticate';
  }
  const all = endpoints(template);
  for (const path of new Set(all.map((one) => one.path))) {
    const preflight = all.find((one) => one.path === path && one.verb === 'OPTIONS' && one.mock);
    const answer = preflight?.method.Integration.IntegrationResponses?.[0];
    const header = (name) => answer?.ResponseParameters?.[`method.response.header.Access-Control-${name}`];
    if (!same(header('Allow-Origin'), origin)) yield `${path}: no preflight`;
    else if (!/\bAuthorization\b/.test(header('Allow-Headers'))) yield `${path}: a preflight must allow Authorization by name`;
    else if (Object.keys(answer.ResponseParameters).some((name) => !(name in preflight.method.MethodResponses[0].ResponseParameters)))
      yield `${path}: a header that the method's response does not declare`;
  }
}

function* stageFaults(template, kind) {
  const stage = template.Resources.Stage.Properties;
  const throttle = kind === 'http-api' ? stage.DefaultRouteSettings : stage.MethodSettings?.find(({ResourcePath}) => ResourcePath === '/*');
  if (!refersTo(throttle?.ThrottlingRateLimit, 'ThrottleRate') || !refersTo(throttle?.ThrottlingBurstLimit, 'ThrottleBurst'))
    yield 'the stage is not throttled';
  if (kind === 'http-api') return;
  const before = new Set(template.Resources.Deployment0?.DependsOn);
  for (const [id, {Type}] of Object.entries(template.Resources))
    if (['AWS::ApiGateway::Method', 'AWS::ApiGateway::GatewayResponse'].includes(Type) && !before.has(id)) yield `${id} may miss the deployment`;
  if (!same(template.Resources.Api.Properties.ApiKeySourceType, {'Fn::If': ['KeyFromAuthorizer', 'AUTHORIZER', 'HEADER']}))
    yield 'the API key\'s source is the parameter';
  for (const type of ['UsagePlan', 'ApiKey', 'UsagePlanKey'])
    if (template.Resources[type]?.Condition !== 'HasUsagePlan') yield `${type} where it is wanted`;
}

function* alarmFaults(template) {
  const alarms = resources(template, 'AWS::CloudWatch::Alarm').map(([, {Properties}]) => Properties);
  for (const reason of alarmedReasons)
    if (!alarms.some((it) => it.Namespace === 'portcullis' && it.MetricName === 'decisions' && same(it.Dimensions, [{Name: 'reason', Value: reason}])))
      yield `no alarm on ${reason}`;
  if (!alarms.some((it) => it.Namespace === 'AWS/Lambda' && it.MetricName === 'Throttles')) yield 'no alarm on throttles';
  // A REST authorizer says 401 by an error.
  if (alarms.some((it) => it.Namespace === 'AWS/Lambda' && it.MetricName === 'Errors')) yield 'an alarm on Errors rings at every bad token';
  if (alarms.some((it) => it.TreatMissingData !== 'notBreaching')) yield 'no data is no alarm';
}

function* parameterFaults(template) {
  const used = text([template.Resources, template.Conditions, template.Rules, template.Outputs]);
  for (const [name, {NoEcho}] of Object.entries(template.Parameters)) {
    if (!used.includes(`{"Ref":"${name}"}`) && !used.includes(`\${${name}}`)) yield `parameter ${name} is not used`;
    if ((name === 'ApiKeyValue') !== (NoEcho === true)) yield `${name}: NoEcho for secrets, and for nothing else`;
  }
  if (used.includes('AUTH0_CLIENT_SECRET')) yield 'the client\'s secret is not needed to verify';
  for (const name of ['PublicEndpoint', 'PrivateEndpoint', 'AuthorizerArn', 'ApiId']) if (!template.Outputs?.[name]) yield `no output ${name}`;
}

/** @returns {string[]} a sentence for each rule of ours that the template breaks */
export function faults(template, kind) {
  return [...accessFaults(template), ...authorizerFaults(template, kind), ...permissionFaults(template), ...functionFaults(template),
    ...corsFaults(template, kind), ...stageFaults(template, kind), ...alarmFaults(template), ...parameterFaults(template)];
}

/** @returns {boolean} whether `aws cloudformation deploy` takes the file without a bucket for templates */
export const fitsInline = (bytes) => bytes <= inlineTemplateBytes;
