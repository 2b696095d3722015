// What templates of each framework say, and the known mistakes: a template without any, and one edit for each.
#include "edge/deployment/deployment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "edge/deployment/header_pattern.h"

namespace portcullis::deployment {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* native_rest = R"(
Parameters:
  Keep: {Type: Number, Default: 60}
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: api}}
  Decide: {Type: AWS::Lambda::Function, Properties: {Handler: authorizer}}
  Guard:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Type: REQUEST
      IdentitySource: method.request.header.Authorization,context.httpMethod,context.path
      AuthorizerResultTtlInSeconds: !Ref Keep
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Decide.Arn}/invocations
  May:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !GetAtt Decide.Arn
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/${Guard}
  Orders: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders}}
  Order: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !Ref Orders, PathPart: '{id}'}}
  Root: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET}}
  Show:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, ResourceId: !Ref Order, HttpMethod: GET, AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard}
  Preflight:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, ResourceId: !Ref Order, HttpMethod: OPTIONS, AuthorizationType: NONE, Integration: {Type: MOCK}}
  Refusals:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {RestApiId: !Ref Api, ResponseType: DEFAULT_4XX, ResponseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}
  Failures:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {RestApiId: !Ref Api, ResponseType: DEFAULT_5XX, ResponseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}
  Deployed: {Type: AWS::ApiGateway::Deployment, DependsOn: [Root, Show, Preflight], Properties: {RestApiId: !Ref Api}}
)";

constexpr const char* native_http = R"(
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: api, ProtocolType: HTTP}}
  Live: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
  Decide: {Type: AWS::Lambda::Function, Properties: {Handler: authorizer}}
  Guard:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: REQUEST
      AuthorizerPayloadFormatVersion: '2.0'
      EnableSimpleResponses: true
      IdentitySource: [$request.header.Authorization, $context.routeKey]
      AuthorizerResultTtlInSeconds: 30
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Decide.Arn}/invocations
  May: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Decide, Principal: apigateway.amazonaws.com}}
  Show: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: 'GET /orders/{id}', AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard}}
  Open: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /health}}
)";

constexpr const char* sam = R"(
Transform: AWS::Serverless-2016-10-31
Globals:
  Api: {Auth: {DefaultAuthorizer: Tokens}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: "'*'"
      GatewayResponses:
        DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
        DEFAULT_5XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
      Auth:
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          Tokens: {FunctionArn: !GetAtt Decide.Arn, Identity: {ReauthorizeEvery: 0}}
  Decide: {Type: AWS::Serverless::Function, Properties: {Handler: bootstrap}}
  Front:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Own:
            FunctionArn: !GetAtt Decide.Arn
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            Identity: {Headers: [Authorization]}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Show: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '/orders/{id}', Method: get}}
        Health: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /health, Method: get, Auth: {Authorizer: NONE}}}
        Note: {Type: HttpApi, Properties: {ApiId: !Ref Front, Path: /notes, Method: POST, Auth: {Authorizer: Own}}}
)";

constexpr const char* serverless = R"(
service: api
provider:
  name: aws
  httpApi:
    cors: true
    authorizers:
      own: {type: request, functionName: auth, enableSimpleResponses: true, resultTtlInSeconds: 0, identitySource: [$request.header.Authorization]}
      tenant: {identitySource: $request.header.Authorization, issuerUrl: 'https://example.eu.auth0.com/', audience: ['https://api.example.com']}
custom:
  seconds: ${opt:seconds, '0'}
  guard: {name: auth, resultTtlInSeconds: '${self:custom.seconds}'}
functions:
  auth: {handler: bootstrap}
  work:
    handler: index
    events:
      - http: GET health
      - http: {path: 'orders/{id}', method: get, authorizer: '${self:custom.guard}'}
      - http: {path: orders, method: post, authorizer: auth}
      - httpApi: {path: /notes, method: '*', authorizer: {name: own}}
      - httpApi: {path: '/notes/{id}', method: GET, authorizer: {name: tenant, scopes: [read:notes]}}
      - websocket: $connect
      - websocket: {route: $disconnect}
)";

constexpr const char* openapi = R"(
openapi: 3.0.1
components:
  securitySchemes:
    tokens:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authorizer: {type: token, authorizerResultTtlInSeconds: 0}
paths:
  /orders:
    get: {security: [{tokens: []}]}
    options: {x-amazon-apigateway-integration: {type: mock}}
  /health:
    x-amazon-apigateway-any-method: {security: [{}]}
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX: {responseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}
  DEFAULT_5XX: {responseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}
)";

std::string edited(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

Deployment read(const std::string& text) {
  auto read = read_deployment("t", text);
  EXPECT_TRUE(read) << (read ? "" : read.error().front().place + ": " + read.error().front().message);
  return read ? *std::move(read) : Deployment{};
}

std::vector<std::string> routes_of(const Deployment& deployment) {
  static constexpr std::array<const char*, 4> guards{"open", "guarded", "iam", "unclear"};
  std::vector<std::string> lines;
  for (const Route& route : deployment.routes) {
    std::string line = route.key() + ": " + guards[static_cast<std::size_t>(route.guard)];
    if (route.authorizer) line += " by " + deployment.authorizers[*route.authorizer].name;
    for (const std::string& scope : route.scopes) line += ' ' + scope;
    if (route.answered == Route::Answered::by_gateway) line += " (gateway)";
    lines.push_back(line);
  }
  return lines;
}

std::string messages(const std::vector<RuleProblem>& problems) {
  std::string text;
  for (const auto& [place, message] : problems) text += place + ": " + message + '\n';
  return text;
}

TEST(Template, TellsRoutesAndWhoGuardsThem) {
  EXPECT_THAT(routes_of(read(native_rest)),
              ElementsAre("GET /: open", "GET /orders/{id}: guarded by Guard", "OPTIONS /orders/{id}: open (gateway)"));
  EXPECT_THAT(routes_of(read(native_http)), ElementsAre("GET /orders/{id}: guarded by Guard", "GET /health: open"));
  EXPECT_THAT(routes_of(read(sam)),
              ElementsAre("GET /orders/{id}: guarded by Tokens", "GET /health: open", "POST /notes: guarded by Own"));
  EXPECT_THAT(
      routes_of(read(serverless)),
      ElementsAre("GET /health: open", "GET /orders/{id}: guarded by auth", "POST /orders: guarded by auth",
                  "ANY /notes: guarded by own", "GET /notes/{id}: guarded by tenant read:notes", "$connect: open"));
  EXPECT_THAT(routes_of(read(openapi)),
              ElementsAre("GET /orders: guarded by tokens", "OPTIONS /orders: open (gateway)", "ANY /health: open"));
}

TEST(Template, TellsRoutesThatAreMadeInPassing) {
  EXPECT_THAT(
      routes_of(read("Resources: {A: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Target: x}}}")),
      ElementsAre("$default: open"));
  EXPECT_THAT(routes_of(read(edited(sam, "Work:\n    Type: AWS::Serverless::Function",
                                    "Work:\n    Type: AWS::Serverless::StateMachine"))),
              testing::Contains("GET /orders/{id}: guarded by Tokens"));
  const std::string implied = edited(sam, "RestApiId: !Ref Api, ", "");
  EXPECT_THAT(messages(read(implied).not_carried), HasSubstr("an authorizer that this file does not hold"))
      << "the API that SAM makes by itself has the default authorizer of Globals";
}

TEST(Template, TellsSettingsOfAuthorizers) {
  const Deployment rest = read(native_rest);
  ASSERT_EQ(rest.authorizers.size(), 1U);
  EXPECT_EQ(rest.authorizers[0].kind, Authorizer::Kind::request);
  EXPECT_EQ(rest.authorizers[0].cache, 60) << "the parameter's default";
  EXPECT_THAT(rest.authorizers[0].sources,
              ElementsAre("method.request.header.Authorization", "context.httpMethod", "context.path"));
  EXPECT_EQ(rest.authorizers[0].function, "Decide");
  EXPECT_EQ(rest.authorizers[0].cache_place, "t:13:37");

  const Deployment framework = read(serverless);
  ASSERT_EQ(framework.authorizers.size(), 3U);
  EXPECT_EQ(framework.authorizers[1].issuer, "https://example.eu.auth0.com/");
  EXPECT_THAT(framework.authorizers[1].audiences, ElementsAre("https://api.example.com"));
  EXPECT_EQ(framework.authorizers[2].cache, 0) << "a variable's alternative";

  const Deployment usual = read(edited(native_rest, "      AuthorizerResultTtlInSeconds: !Ref Keep\n", ""));
  EXPECT_EQ(usual.authorizers[0].cache, 300);
  EXPECT_EQ(usual.authorizers[0].cache_known, Known::by_default);
  EXPECT_EQ(read(edited(native_http, "      AuthorizerResultTtlInSeconds: 30\n", "")).authorizers[0].cache, 0);
}

TEST(Template, TellsVariablesOfTheAuthorizersFunctionByName) {
  const auto read_with = [](const char* base, const char* from, const char* to) {
    return read(edited(base, from, to));
  };
  const Deployment native = read_with(native_rest, "Handler: authorizer",
                                      "Environment: {Variables: {AUTH0_DOMAIN: !Ref D, JWKS_URI: x, OTHER: y}}");
  EXPECT_THAT(native.authorizers[0].variables, ElementsAre("AUTH0_DOMAIN"));
  EXPECT_THAT(messages(native.not_carried), HasSubstr("JWKS_URI of the authorizer's function: write it under issuers"));
  const Deployment globals =
      read_with(sam, "Globals:", "Globals:\n  Function: {Environment: {Variables: {AUTH0_AUDIENCE: a}}}");
  EXPECT_THAT(globals.authorizers[0].variables, ElementsAre("AUTH0_AUDIENCE"));
  const Deployment framework = read_with(serverless, "  name: aws", "  name: aws\n  environment: {AUTH0_CLIENT_ID: a}");
  EXPECT_THAT(framework.authorizers[0].variables, ElementsAre("AUTH0_CLIENT_ID"));
  EXPECT_THAT(read_with(native_rest, "Name: api", "Variables: {AUTH0_DOMAIN: a}").authorizers[0].variables,
              ElementsAre());
}

TEST(Template, WithoutAMistakeHasNone) {
  for (const char* text : {native_rest, native_http, sam, serverless, openapi})
    EXPECT_EQ(messages(read(text).mistakes), "") << text;
}

TEST(Template, WithAKnownMistakeIsTold) {
  struct Row {
    const char* name;
    const char* base;
    const char* from;
    const char* to;
    const char* told;
  };
  const char* const cached = "AuthorizerResultTtlInSeconds: !Ref Keep";
  const char* const by_path = "IdentitySource: method.request.header.Authorization,context.httpMethod,context.path";
  for (const Row& row : std::initializer_list<Row>{
           {"no permission", native_rest, "Principal: apigateway", "Principal: events", "may not invoke 'Decide'"},
           {"permission for a method", native_rest, "${Api}/authorizers/${Guard}", "${Api}/prod/GET/orders",
            "may not invoke"},
           {"permission for another authorizer", native_rest, "authorizers/${Guard}", "authorizers/${Other}",
            "may not invoke"},
           {"HTTP API without permission", native_http, "FunctionName: !Ref Decide", "FunctionName: !Ref Work",
            "may not invoke"},
           {"SAM makes none for HTTP APIs", sam, "EnableFunctionDefaultPermissions: true",
            "EnableFunctionDefaultPermissions: false", "t:24:11: the gateway may not invoke"},
           {"no URI", native_rest, "AuthorizerUri", "AuthorizerCredentials", "AuthorizerUri is missing"},
           {"the function's ARN as URI", native_http,
            "AuthorizerUri: !Sub "
            "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Decide.Arn}/invocations",
            "AuthorizerUri: !GetAtt Decide.Arn", "no invocation address"},
           {"misspelt type", native_rest, "Type: REQUEST", "Type: REQUESTT", "the Type of an authorizer is"},
           {"REST type at an HTTP API", native_http, "AuthorizerType: REQUEST", "AuthorizerType: TOKEN",
            "is REQUEST or JWT"},
           {"cache too long", native_rest, cached, "AuthorizerResultTtlInSeconds: 99999", "0 to 3600 s"},
           {"the default cache", native_rest, cached, "Name: x", "300 s, the default: a token works"},
           {"one policy for many routes", serverless, "${opt:seconds, '0'}", "60", "2 routes share them"},
           {"a cache without a source", native_rest, by_path, "Name: x", "nothing to keep them by"},
           {"a cache key without the token", native_rest, by_path, "IdentitySource: context.httpMethod,context.path",
            "given to others"},
           {"source of another API", native_http, "$request.header.Authorization",
            "method.request.header.Authorization", "no identity source here (HTTP API)"},
           {"source without a form", native_rest, by_path, "IdentitySource: Authorization",
            "no identity source here (REST API)"},
           {"optional credentials", native_rest, by_path,
            "IdentitySource: 'method.request.header.Authorization, method.request.header.Cookie, context.path, "
            "context.httpMethod'",
            "each identity source must be in every request"},
           {"TOKEN without a header", native_rest, "Type: REQUEST", "Type: TOKEN", "exactly one identity source"},
           {"simple and cached without the route", native_http, ", $context.routeKey", "",
            "one yes or no for every route"},
           {"no payload version", native_http, "AuthorizerPayloadFormatVersion: '2.0'", "Name: x",
            "payload format version is missing"},
           {"unknown payload version", native_http, "Version: '2.0'", "Version: '3.0'", "is 1.0 or 2.0"},
           {"simple needs 2.0", native_http, "Version: '2.0'", "Version: '1.0'", "simple answers need"},
           {"expression at REQUEST", native_rest, cached, "IdentityValidationExpression: ^Bearer .+$",
            "for TOKEN authorizers only"},
           {"expression without dots", sam, "ReauthorizeEvery: 0",
            "ReauthorizeEvery: 0, ValidationExpression: '^Bearer [A-Za-z0-9]+$'", "refuses good tokens"},
           {"expression without ends", sam, "ReauthorizeEvery: 0",
            "ReauthorizeEvery: 0, ValidationExpression: 'Bearer .*'", "as ^...$"},
           {"expression with A-z", sam, "ReauthorizeEvery: 0",
            "ReauthorizeEvery: 0, ValidationExpression: '^Bearer [-0-9A-z.]*$'", "also takes"},
           {"unused authorizer", native_rest, "AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard",
            "AuthorizationType: NONE", "no route uses"},
           {"NONE left behind", native_rest, "AuthorizationType: CUSTOM", "AuthorizationType: NONE",
            "names an authorizer, but"},
           {"CUSTOM without an authorizer", native_rest, ", AuthorizerId: !Ref Guard", "", "no AuthorizerId"},
           {"one method of a path open", sam, "Path: /health, Method: get", "Path: '/orders/{id}', Method: delete",
            "is this meant?"},
           {"preflight guarded", native_rest, "HttpMethod: OPTIONS, AuthorizationType: NONE",
            "HttpMethod: OPTIONS, AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard",
            "a browser's preflight never carries"},
           {"preflight needs a key", native_rest, "HttpMethod: OPTIONS,", "HttpMethod: OPTIONS, ApiKeyRequired: true,",
            "needs an API key"},
           {"SAM's default guards preflights", sam, "AddDefaultAuthorizerToCorsPreflight: false", "InvokeRole: NONE",
            "guards the preflights"},
           {"ANY takes preflights", native_http, "'GET /orders/{id}'", "'ANY /orders/{id}'", "takes preflights"},
           {"$default takes preflights", native_http, "'GET /orders/{id}'", "$default", "takes preflights"},
           {"unreadable 401", native_rest, "ResponseType: DEFAULT_4XX", "ResponseType: QUOTA_EXCEEDED",
            "(UNAUTHORIZED, ACCESS_DENIED, EXPIRED_TOKEN, THROTTLED)"},
           {"a type of its own inherits nothing", openapi,
            "  DEFAULT_4XX:", "  UNAUTHORIZED: {statusCode: 401}\n  DEFAULT_4XX:", "own answers (UNAUTHORIZED)"},
           {"unreadable 500", sam,
            "DEFAULT_5XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: \"'*'\"}}}", "DEFAULT_5XX: {}",
            "(AUTHORIZER_FAILURE, AUTHORIZER_CONFIGURATION_ERROR)"},
           {"one status for all", native_rest, "ResponseType: DEFAULT_4XX,",
            "ResponseType: DEFAULT_4XX, StatusCode: '401',", "every answer of its class"},
           {"deployed too early", native_rest, "DependsOn: [Root, Show, Preflight]", "DependsOn: [Root, Preflight]",
            "does not wait (DependsOn) for Show:"},
           {"never deployed", native_rest, "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Model",
            "nothing of 'Api' goes live"},
           {"HTTP API never deployed", native_http, "AutoDeploy: true", "AutoDeploy: false",
            "nothing of 'Api' goes live"},
           {"function URL of its own", native_http,
            "  May:", "  Url: {Type: AWS::Lambda::Url, Properties: {AuthType: NONE}}\n  May:", "function URL"},
           {"no CORS of the framework", serverless, "cors: true", "cors: false", "ANY /notes takes preflights"},
           {"function URL", sam,
            "      Events:", "      FunctionUrlConfig: {AuthType: NONE}\n      Events:", "function URL"},
           {"function URL of the framework", serverless, "    handler: index", "    handler: index\n    url: true",
            "function URL"},
           {"context of another authorizer", native_rest, "AuthorizationType: NONE, Integration: {Type: MOCK}",
            "AuthorizationType: NONE, Integration: {Type: MOCK, RequestTemplates: {a: $context.authorizer.claims.sub}}",
            "is empty behind a Lambda authorizer"},
           {"unknown type of the framework", serverless, "type: request", "type: requests", "is request or jwt"},
           {"security at the root", openapi, "paths:\n  /orders:\n",
            "security: [{tokens: []}]\npaths:\n  /orders:\n    put: {}\n",
            "ignores 'security' at the root, so PUT /orders"},
           {"a scheme that nobody checks", openapi, "security: [{tokens: []}]", "security: [{other: []}]",
            "the gateway checks none"},
       }) {
    SCOPED_TRACE(row.name);
    EXPECT_THAT(messages(read(edited(row.base, row.from, row.to)).mistakes), HasSubstr(row.told));
  }
}

TEST(Template, TellsWhatIsNotKnown) {
  const std::string socket = edited(edited(native_http, "HTTP}", "WEBSOCKET}"), "'GET /orders/{id}'", "$connect");
  struct Row {
    const char* base;
    const char* from;
    const char* to;
    const char* told;
    const char* route;
  };
  for (const Row& row : std::initializer_list<Row>{
           {native_rest, "AuthorizationType: CUSTOM", "AuthorizationType: !If [Closed, CUSTOM, NONE]",
            "whether GET /orders/{id} is protected", "GET /orders/{id}: unclear"},
           {native_rest, "AuthorizerId: !Ref Guard", "AuthorizerId: !ImportValue guard",
            "behind an authorizer that this file does not hold", "GET /orders/{id}: guarded"},
           {native_rest, "AuthorizationType: CUSTOM", "AuthorizationType: AWS_IAM", "", "GET /orders/{id}: iam"},
           {native_rest, "HttpMethod: GET}", "HttpMethod: !Ref Verb}", "'Root', whose verb",
            "GET /orders/{id}: guarded by Guard"},
           {native_rest, "ParentId: !Ref Orders", "ParentId: !ImportValue parent", "'Show', whose path", "GET /: open"},
           {native_rest, "ParentId: !GetAtt Api.RootResourceId", "ParentId: !Ref Order", "'Show', whose path",
            "GET /: open"},
           {native_rest, "!Ref Keep", "!If [A, 1, 2]", "cache time of 'Guard' is not known",
            "GET /orders/{id}: guarded by Guard"},
           {native_rest, "Default: 60", "Default: 60, NoEcho: true", "cache time of 'Guard' is not known",
            "GET /: open"},
           {native_rest, "Properties: {Name: api}", "Properties: {BodyS3Location: {Bucket: b}}", "are in a bucket",
            "GET /: open"},
           {native_rest, "Properties: {Name: api}", "Properties: {ApiKeySourceType: AUTHORIZER}", "lambda.api_key_from",
            "GET /: open"},
           {native_rest, "  Show:\n", "  Show:\n    Condition: Prod\n", "under a condition only",
            "GET /orders/{id}: guarded by Guard"},
           {native_rest, "  Order:", "  Fn::ForEach::Paths: [X, [a], {}]\n  Order:", "what 'Fn::ForEach::Paths' makes",
            "GET /: open"},
           {native_http, "RouteKey: GET /health", "RouteKey: !Ref Key", "whose RouteKey is not known",
            "GET /orders/{id}: guarded by Guard"},
           {socket.c_str(), "GET /health", "$disconnect", "'$disconnect': of a WebSocket only $connect",
            "$connect: guarded by Guard"},
           {sam, "DefaultAuthorizer: Tokens", "DefaultAuthorizer: !If [A, Tokens, B]",
            "default authorizer is not known", "GET /orders/{id}: guarded"},
           {sam, "Path: /health", "Path: !ImportValue p", "'Health', whose path",
            "GET /orders/{id}: guarded by Tokens"},
           {serverless, "authorizer: auth", "authorizer: '${param:guard}'", "authorizer of POST /orders is not known",
            "POST /orders: unclear"},
           {serverless, "authorizer: auth", "authorizer: {type: CUSTOM, authorizerId: x}",
            "that this file does not hold", "POST /orders: guarded"},
           {serverless, "authorizer: auth", "authorizer: aws_iam", "", "POST /orders: iam"},
           {serverless, "      - http: GET health", "      - ${file(events.yml)}", "in a file of its own",
            "POST /orders: guarded by auth"},
           {serverless, "GET health", "${file(x.yml):method} health", "method or path is not known",
            "POST /orders: guarded by auth"},
           {serverless, "  auth: {handler: bootstrap}", "  auth: ${file(auth.yml)}", "'auth' is in a file of its own",
            "POST /orders: guarded by auth"},
           {openapi, "security: [{tokens: []}]", "security: [{tokens: []}, {other: []}]", "in several ways",
            "GET /orders: guarded by tokens"},
       }) {
    SCOPED_TRACE(row.to);
    const Deployment deployment = read(edited(row.base, row.from, row.to));
    EXPECT_THAT(messages(deployment.not_carried), HasSubstr(row.told));
    EXPECT_THAT(routes_of(deployment), testing::Contains(row.route));
  }
}

TEST(Template, IsReadWithItsAnchorsTagsAndMergeKeys) {
  const auto routes = [](const std::string& resources) {
    return routes_of(
        read("Resources:\n  A: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}\n" + resources));
  };
  EXPECT_THAT(
      routes("  R: &r {Type: AWS::ApiGatewayV2::Route, Properties: &p {ApiId: !Ref A, RouteKey: GET /a}}\n  S: *r\n"
             "  T: {Type: AWS::ApiGatewayV2::Route, Properties: {<<: *p, RouteKey: PUT /b}}\n"
             "  U: {<<: [*r], Properties: {ApiId: {Ref: A}, RouteKey: !Join ['', ['GET ', /c]]}}\n"),
      ElementsAre("GET /a: open", "GET /a: open", "PUT /b: open", "GET /c: open"));
}

TEST(Template, ThatIsNoneIsRefusedAtItsPlace) {
  struct Row {
    std::string name, text, told;
  };
  std::string deep = "a: ", bomb = "a: &a0 [x, x]\n", wide = "a:\n", nested = "Resources: {A: ";
  for (int i = 0; i < 5000; ++i) deep += '[';
  for (int i = 1; i < 40; ++i)
    bomb += "b" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + ", *a" +
            std::to_string(i - 1) + "]\n";
  for (int i = 0; i < 3000; ++i) wide += "  k" + std::to_string(i) + ": 1\n";
  for (int i = 0; i < 70; ++i) nested += "{a: ";
  std::string many = "provider: aws\nfunctions: {a: {events: [";
  for (int i = 0; i < 20000; ++i) many += "{http: GET a},";
  many += "]}}";
  std::string longer = "a: &a [";
  for (int i = 0; i < 2000; ++i) longer += "x,";
  longer += "]\nb: [";
  for (int i = 0; i < 60; ++i) longer += "*a ,";
  longer += "]";
  const std::string aliases = "a: &a {x: &b [*c]}";
  for (const Row& row : std::vector<Row>{
           {"empty", "", "t:1:1: empty"},
           {"a list", "[a]", "t:1:1: empty, or not a mapping"},
           {"nothing that is known", "a: 1", "t:1:1: neither a CloudFormation template"},
           {"another cloud", "provider: {name: azure}\nfunctions: {}", "t:1:18: only the provider aws"},
           {"binary", std::string("a: 1\0b", 6), "t:1:1: not a text"},
           {"control characters", "a: \x1b[2J", "t:1:1: not a text"},
           {"too large", std::string((1 << 20) + 1, ' '), "t:1:1: not a text, or larger"},
           {"broken", "a: [1", "not YAML"},
           {"broken JSON", "{\"Resources\": {", "not YAML"},
           {"unknown alias", "a: *b", "not YAML"},
           {"alias of itself", "a: &a [*a]", "an alias that stands inside"},
           {"undefined alias", aliases, "not YAML"},
           {"unknown tag", "a: !Include x", "t:1:4: a tag (!name) that is none"},
           {"duplicate key", "a: 1\nb: 2\na: 3", "t:3:1: the key 'a' stands here twice"},
           {"two documents", "a: 1\n---\nb: 2", "a second document"},
           {"a mapping as key", "? {a: 1}\n: b", "a key must be a word"},
           {"deep", deep, "nested more than 64 deep"},
           {"deep mappings", nested, "nested more than 64 deep"},
           {"alias bomb", bomb, "more than 100000 values"},
           {"many routes", many, "more than 2000 routes"},
           {"aliases of a long list", longer, "more than 100000 values"},
           {"wide", wide, "more than 2000 keys"},
       }) {
    SCOPED_TRACE(row.name);
    const auto read = read_deployment("t", row.text);
    ASSERT_FALSE(read);
    ASSERT_EQ(read.error().size(), 1U);
    EXPECT_THAT(messages(read.error()), HasSubstr(row.told));
    EXPECT_THAT(read.error()[0].place, testing::StartsWith("t:"));
  }
}

TEST(Template, VariablesThatGoInCirclesEnd) {
  for (const char* custom :
       {"a: '${self:custom.a}'", "a: '${self:custom.b}${self:custom.b}'\n  b: '${self:custom.a}${self:custom.a}'",
        "a: '${self:custom.b, self:custom.a}'\n  b: '${${self:custom.a}}'", "a: '${'", "a: '${self:custom.a'",
        "a: '${}'"}) {
    SCOPED_TRACE(custom);
    const std::string text = edited(edited(serverless, "seconds: ${opt:seconds, '0'}", custom),
                                    "'${self:custom.seconds}'", "'${self:custom.a}'");
    EXPECT_THAT(messages(read(text).not_carried), HasSubstr("cache time of 'auth' is not known"));
  }
}

TEST(Template, OfOursHasNoMistakeAndCarriesEverything) {
  for (const char* name : {"http-api.yaml", "rest-request.yaml", "rest-token.yaml", "serverless.yml"}) {
    SCOPED_TRACE(name);
    std::ifstream file{std::string{PORTCULLIS_SOURCE} + "/deploy/" + name};
    std::ostringstream text;
    text << file.rdbuf();
    const Deployment deployment = read(text.str());
    EXPECT_EQ(messages(deployment.mistakes) + messages(deployment.not_carried), "");
    EXPECT_GE(deployment.routes.size(), 6U);
    for (const Route& route : deployment.routes)
      EXPECT_EQ(route.guard == Route::Guard::none, route.path == "/api/public" || route.method == "OPTIONS")
          << route.key();
  }
}

TEST(HeaderPattern, IsDecidedOrUnclear) {
  struct Row {
    const char* expression;
    const char* value;
    Passes passes;
  };
  constexpr const char* token = "Bearer eyJ-_.eyJ.AZ09";
  for (const Row& row : std::initializer_list<Row>{
           {"", token, Passes::yes},
           {"^Bearer [-0-9a-zA-Z\\._]*$", token, Passes::yes},
           {"^Bearer [0-9a-zA-Z]*$", token, Passes::no},
           {"Bearer [0-9a-zA-Z]*", token, Passes::yes},
           {"^[Bb][Ee][Aa][Rr][Ee][Rr] [A-Za-z0-9_-]{1,9}\\.[A-Za-z0-9_-]{1,9}\\.[A-Za-z0-9_-]{1,9}$", token,
            Passes::yes},
           {"^(Bearer|DPoP)\\s+\\S+$", token, Passes::yes},
           {"^(?:Bearer )?(\\w|[-.])+$", token, Passes::yes},
           {"^bearer", token, Passes::no},
           {"^Bearer .{40,}$", token, Passes::no},
           {"^Bearer ([^.]+\\.){2}[^.]+$", token, Passes::yes},
           {"^Bearer ([^.]+\\.){3}[^.]+$", token, Passes::no},
           {"^Bearer [^]a]*$", "Bearer b", Passes::yes},
           {"^Bearer .+?$", token, Passes::yes},
           {"^Bearer (?=x).*$", token, Passes::unclear},
           {"^Bearer [[:alpha:]]$", token, Passes::unclear},
           {"\\bBearer", token, Passes::unclear},
           {"(((((((((((((((((((((a", token, Passes::unclear},
           {"a{2,1}", token, Passes::unclear},
           {"*", token, Passes::unclear},
           {"[z-a]", token, Passes::unclear},
           {"[", token, Passes::unclear},
           {"\\", token, Passes::unclear},
           {"((.{9999}){9999}){9999}", token, Passes::unclear},
           {"(a*)*(b*)*c$", token, Passes::no},
           {"(a|a)*(a|a)*(a|a)*$b", token, Passes::no},
       }) {
    SCOPED_TRACE(row.expression);
    EXPECT_EQ(passes(row.expression, row.value), row.passes);
  }
}

}  // namespace
}  // namespace portcullis::deployment
