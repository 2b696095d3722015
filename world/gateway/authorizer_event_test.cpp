#include "world/gateway/authorizer_event.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "world/gateway/proxy_integration.h"

namespace portcullis::world {
namespace {

using Type = AuthorizerSettings::Type;

AuthorizerSettings authorizer(Type type, std::initializer_list<std::string_view> sources) {
  AuthorizerSettings settings{"a", type, "f", {}};
  for (const auto source : sources) settings.identity.push_back(*IdentitySource::parse(source));
  return settings;
}

/// `GET /dev/users/42?a=1&a=2` with two Authorization lines (IN-08, IN-09).
class Event : public testing::Test {
 protected:
  Event() {
    api.routes.push_back({"GET", "/users/{id}", "endpoint", std::nullopt});
    request.http = {"GET",
                    "/dev/users/42?a=1&a=2",
                    {{"authorization", "Bearer one"}, {"Host", "localhost"}, {"authorization", "Bearer two"}},
                    "the body",
                    "198.51.100.7"};
    request.id = "r-1";
    request.stage = "dev";
    request.path = "/users/42";
    request.query = parse_form("a=1&a=2");
    request.match = *find_route(api, "GET", "/users/42");
    request.received = WallTime{std::chrono::milliseconds{1'767'323'045'678}};
  }
  GatewayApi api;
  RoutedRequest request;
};

constexpr std::string_view context_text =
    R"("resourceId":"local0","resourcePath":"/users/{id}","httpMethod":"GET","extendedRequestId":"r-1",)"
    R"("requestTime":"02/Jan/2026:03:04:05 +0000","path":"/dev/users/42","accountId":"000000000000",)"
    R"("protocol":"HTTP/1.1","stage":"dev","domainPrefix":"local00000","requestTimeEpoch":1767323045678,)"
    R"("requestId":"r-1","identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,)"
    R"("caller":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,)"
    R"("userArn":null,"user":null,"clientCert":null,"sourceIp":"198.51.100.7","userAgent":null},)"
    R"("domainName":"local00000.execute-api.eu-west-1.amazonaws.com","apiId":"local00000")";

TEST_F(Event, OfATokenAuthorizerHasExactlyThreeMembersAndTheLastValue) {  // IN-01, IN-05, gateway.md §9.9
  const auto settings = authorizer(Type::TOKEN, {"method.request.header.Authorization"});
  EXPECT_EQ(authorizer_event(settings, request, api, "arn:x"),
            R"({"type":"TOKEN","authorizationToken":"Bearer two","methodArn":"arn:x"})");
}

TEST_F(Event, OfARequestAuthorizerHasEverythingButTheBody) {  // IN-08, IN-09, IN-23
  const auto settings = authorizer(Type::REQUEST, {"method.request.header.Authorization"});
  EXPECT_EQ(authorizer_event(settings, request, api, "arn:x"),
            std::string{R"({"type":"REQUEST","methodArn":"arn:x","resource":"/users/{id}","path":"/users/42",)"
                        R"("httpMethod":"GET","headers":{"authorization":"Bearer two","Host":"localhost"},)"
                        R"("multiValueHeaders":{"authorization":["Bearer one","Bearer two"],"Host":["localhost"]},)"
                        R"("queryStringParameters":{"a":"2"},"multiValueQueryStringParameters":{"a":["1","2"]},)"
                        R"("pathParameters":{"id":"42"},"stageVariables":{},"requestContext":{)"} +
                std::string{context_text} + "}}");
}

TEST_F(Event, OfAnEndpointHasNullForWhatIsEmptyAndNoAuthorizerWithoutOne) {  // PX-12, C041 row 14
  request.query.clear();
  request.match.path_parameters.clear();
  EXPECT_EQ(proxy_event(request, api, std::nullopt),
            std::string{R"({"resource":"/users/{id}","path":"/users/42",)"
                        R"("httpMethod":"GET","headers":{"authorization":"Bearer two","Host":"localhost"},)"
                        R"("multiValueHeaders":{"authorization":["Bearer one","Bearer two"],"Host":["localhost"]},)"
                        R"("queryStringParameters":null,"multiValueQueryStringParameters":null,)"
                        R"("pathParameters":null,"stageVariables":null,"requestContext":{)"} +
                std::string{context_text} + R"(},"body":"the body","isBase64Encoded":false})");
}

TEST_F(Event, OfAnEndpointCarriesTheAuthorizersContextAsStrings) {  // OUT-07, PX-09
  const auto answer = parse_authorizer_answer(
      R"({"principalId":"ada","policyDocument":{"Statement":[]},"context":{"n":1,"b":true,"z":null,"s":"x"}})",
      AnswerForm::policy);
  ASSERT_TRUE(answer);
  const auto event = boost::json::parse(proxy_event(request, api, Authorized{&*answer, std::chrono::milliseconds{7}}));
  EXPECT_EQ(event.at("requestContext").at("authorizer"),
            boost::json::parse(R"({"principalId":"ada","n":"1","b":"true","z":null,"s":"x","integrationLatency":7})"));
}

TEST_F(Event, OfAnEndpointHasBinaryBodiesAsBase64WhereTheApiSaysSo) {
  request.http.body = std::string{"\0\xFF", 2};
  request.http.headers.add("Content-Type", "image/png");
  api.binary_media_types = {"image/*"};
  const auto event = boost::json::parse(proxy_event(request, api, std::nullopt));
  EXPECT_EQ(event.at("body"), "AP8=");
  EXPECT_EQ(event.at("isBase64Encoded"), true);
}

TEST_F(Event, NeedsEveryIdentitySourcePresentAndNotEmpty) {  // IN-02, IN-03, IN-06, IN-07
  using Values = std::vector<std::string>;
  const auto values = [&](std::initializer_list<std::string_view> sources) {
    return identity_values(authorizer(Type::REQUEST, sources), request, ApiKind::rest);
  };
  EXPECT_EQ(values({"method.request.header.AUTHORIZATION", "context.httpMethod", "context.path"}),
            (Values{"Bearer two", "GET", "/dev/users/42"}));
  EXPECT_EQ(values({"method.request.querystring.a", "context.resourcePath"}), (Values{"2", "/users/{id}"}));
  EXPECT_EQ(values({}), Values{});
  EXPECT_FALSE(values({"method.request.querystring.A"}));
  EXPECT_FALSE(values({"method.request.header.Authorization", "method.request.querystring.missing"}));
  request.http.headers = {{"Authorization", ""}};
  EXPECT_FALSE(values({"method.request.header.Authorization"}));
}

boost::json::value parsed(const std::string& event) {
  return boost::json::parse(event);
}

TEST_F(Event, OfPayload2HasLowerCaseNamesJoinedLinesAndCookiesApart) {  // gateway.md §2.3; IN-14, IN-15
  api.kind = ApiKind::http_2;
  request.http.target = "/dev/users/42?a=1&a=%32";
  request.http.headers = {
      {"X-A", "v1"}, {"Authorization", "Bearer one"}, {"Cookie", "s=1; t=2"}, {"x-a", "v2"}, {"User-Agent", "curl"}};
  const auto settings = authorizer(Type::REQUEST, {"$request.header.authorization", "$context.routeKey"});
  EXPECT_EQ(parsed(authorizer_event(settings, request, api, "arn:x")), parsed(R"({"version":"2.0","type":"REQUEST",
      "routeArn":"arn:x","identitySource":["Bearer one","GET /users/{id}"],"routeKey":"GET /users/{id}",
      "rawPath":"/dev/users/42","rawQueryString":"a=1&a=%32","cookies":["s=1","t=2"],
      "headers":{"x-a":"v1,v2","authorization":"Bearer one","user-agent":"curl"},
      "queryStringParameters":{"a":"1,2"},"pathParameters":{"id":"42"},
      "requestContext":{"accountId":"000000000000","apiId":"local00000",
      "domainName":"local00000.execute-api.eu-west-1.amazonaws.com","domainPrefix":"local00000",
      "http":{"method":"GET","path":"/dev/users/42","protocol":"HTTP/1.1","sourceIp":"198.51.100.7","userAgent":"curl"},
      "requestId":"r-1","routeKey":"GET /users/{id}","stage":"dev","time":"02/Jan/2026:03:04:05 +0000",
      "timeEpoch":1767323045678}})"));
  request.http.headers = {{"Authorization", "Bearer one"}, {"authorization", "Bearer two"}};
  EXPECT_EQ(identity_values(settings, request, api.kind)->front(), "Bearer one,Bearer two");
}

TEST_F(Event, OfTheDefaultStageHasNoStageInItsPath) {  // IN-21
  api.kind = ApiKind::http_2;
  request.stage = "$default";
  const auto event = parsed(authorizer_event(authorizer(Type::REQUEST, {}), request, api, "arn:x"));
  EXPECT_EQ(event.at("rawPath"), "/users/42");
  EXPECT_FALSE(event.get_object().contains("identitySource"));
  EXPECT_EQ(api.method_arn("$default", "GET", "/users/42"),
            "arn:aws:execute-api:eu-west-1:000000000000:local00000/$default/GET/users/42");
}

TEST_F(Event, OfPayload1HasItsIdentityJoinedAndTheRestAsARestApi) {  // IN-16
  api.kind = ApiKind::http_1;
  const auto settings = authorizer(Type::REQUEST, {"$request.header.Authorization", "$request.querystring.a"});
  const auto event = parsed(authorizer_event(settings, request, api, "arn:x"));
  EXPECT_EQ(event.at("version"), "1.0");
  EXPECT_EQ(event.at("methodArn"), "arn:x");
  EXPECT_EQ(event.at("identitySource"), "Bearer one,Bearer two,2");
  EXPECT_EQ(event.at("authorizationToken"), event.at("identitySource"));
  EXPECT_EQ(event.at("resource"), "/users/{id}");
  EXPECT_EQ(event.at("path"), "/dev/users/42");
  EXPECT_EQ(event.at("multiValueHeaders").at("authorization").get_array().size(), 2U);
  EXPECT_FALSE(event.get_object().contains("body"));
}

TEST_F(Event, OfAHandshakeHasNeitherMethodNorPath) {  // gateway.md §2.4; IN-18
  api.kind = ApiKind::web_socket;
  api.routes = {{"", "$connect", "endpoint", std::nullopt}};
  request.match = *find_route(api, "GET", "/");
  EXPECT_EQ(api.method_arn("dev", "", "/"), "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/$connect");
  const auto event = parsed(authorizer_event(authorizer(Type::REQUEST, {}), request, api, "arn:x"));
  for (const char* absent : {"path", "httpMethod", "resource", "pathParameters", "version", "body"})
    EXPECT_FALSE(event.get_object().contains(absent)) << absent;
  for (const char* there : {"type", "methodArn", "headers", "multiValueHeaders", "queryStringParameters",
                            "multiValueQueryStringParameters", "stageVariables"})
    EXPECT_TRUE(event.get_object().contains(there)) << there;
  const auto& context = event.at("requestContext");
  EXPECT_EQ(context.at("routeKey"), "$connect");
  EXPECT_EQ(context.at("eventType"), "CONNECT");
  EXPECT_EQ(context.at("connectedAt"), 1767323045678);
  EXPECT_EQ(context.at("identity").at("sourceIp"), "198.51.100.7");
}

TEST_F(Event, OfAnEndpointHasTheAuthorizersContextWhereItsPayloadPutsIt) {  // gateway.md §3.5, §7.1; OUT-08, PX-09
  const auto answer =
      parse_authorizer_answer(R"({"isAuthorized":true,"context":{"n":1,"list":["x"],"z":null}})", AnswerForm::simple);
  ASSERT_TRUE(answer);
  const Authorized authorized{&*answer, std::chrono::milliseconds{7}};
  api.kind = ApiKind::http_2;
  request.http.body.clear();
  const auto two = parsed(proxy_event(request, api, authorized));
  EXPECT_EQ(two.at("version"), "2.0");
  EXPECT_EQ(two.at("requestContext").at("authorizer"), parsed(R"({"lambda":{"n":1,"list":["x"],"z":null}})"));
  EXPECT_EQ(two.at("isBase64Encoded"), false);
  EXPECT_FALSE(two.get_object().contains("body"));
  const auto none = parse_authorizer_answer(R"({"isAuthorized":true})", AnswerForm::simple);
  EXPECT_EQ(parsed(proxy_event(request, api, Authorized{&*none, {}})).at("requestContext").at("authorizer"),
            parsed(R"({"lambda":null})"));

  const auto policy = parse_authorizer_answer(
      R"({"principalId":"ada","policyDocument":{"Statement":[]},"context":{"s":"x"}})", AnswerForm::policy);
  api.kind = ApiKind::http_1;
  const auto one = parsed(proxy_event(request, api, Authorized{&*policy, {}}));
  EXPECT_EQ(one.at("version"), "1.0");
  EXPECT_EQ(one.at("body"), nullptr);
  EXPECT_EQ(one.at("requestContext").at("authorizer").at("s"), "x");
  EXPECT_EQ(one.at("requestContext").at("authorizer").at("principalId"), "ada");
}

TEST_F(Event, OfAnHttpApisEndpointHasBase64WhereTheTypeIsNoText) {  // gateway.md §7.1
  api.kind = ApiKind::http_2;
  for (const auto& [type, binary] :
       std::initializer_list<std::pair<const char*, bool>>{{"application/json; charset=utf-8", false},
                                                           {"text/plain", false},
                                                           {"application/problem+json", false},
                                                           {"image/png", true},
                                                           {"application/octet-stream", true}}) {
    request.http.headers = {{"Content-Type", type}};
    EXPECT_EQ(parsed(proxy_event(request, api, std::nullopt)).at("isBase64Encoded"), binary) << type;
  }
}

TEST(StagedPath, IsTheFirstSegmentAndWhatFollowsUntouched) {
  struct Row {
    std::string_view target, stage, path;
  };
  for (const Row& row : {Row{"/dev/api/x?y=/z", "dev", "/api/x"}, Row{"/dev", "dev", "/"}, Row{"/dev/", "dev", "/"},
                         Row{"/dev//a/", "dev", "//a/"}, Row{"/", "", "/"}, Row{"*", "", ""}, Row{"", "", ""}}) {
    SCOPED_TRACE(row.target);
    const StagedPath staged = split_stage(row.target);
    EXPECT_EQ(staged.stage, row.stage);
    EXPECT_EQ(staged.path, row.path);
  }
}

}  // namespace
}  // namespace portcullis::world
