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
  RestApi api;
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
      R"({"principalId":"ada","policyDocument":{"Statement":[]},"context":{"n":1,"b":true,"z":null,"s":"x"}})");
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
    return identity_values(authorizer(Type::REQUEST, sources), request);
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
