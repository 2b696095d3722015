#include "world/gateway/gateway_responses.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

TEST(GatewayResponse, IsWhatAwsAnswersAndCarriesIdsAndCors) {  // gateway.md §5.1, GW-04, CO-04
  struct Row {
    GatewayFault fault;
    int status;
    std::string_view body, type;
  };
  const net::Headers cors{{"Access-Control-Allow-Origin", "*"}};
  for (const Row& row : {
           Row{GatewayFault::unauthorized, 401, R"({"message":"Unauthorized"})", "UnauthorizedException"},
           Row{GatewayFault::access_denied, 403, R"({"Message":"User is not authorized to access this resource"})",
               "AccessDeniedException"},
           Row{GatewayFault::access_denied_explicitly, 403,
               R"({"Message":"User is not authorized to access this resource with an explicit deny"})",
               "AccessDeniedException"},
           Row{GatewayFault::authorizer_configuration_error, 500, R"({"message":null})",
               "AuthorizerConfigurationException"},
           Row{GatewayFault::missing_authentication_token, 403, R"({"message":"Missing Authentication Token"})",
               "MissingAuthenticationTokenException"},
           Row{GatewayFault::request_too_large, 413, R"({"message":"HTTP content length exceeded 10485760 bytes."})",
               "RequestTooLargeException"},
           Row{GatewayFault::malformed_proxy_response, 502, R"({"message":"Internal server error"})",
               "InternalServerErrorException"},
           Row{GatewayFault::integration_timeout, 504, R"({"message":"Endpoint request timed out"})",
               "InternalServerErrorException"},
           Row{GatewayFault::throttled, 429, R"({"message":"Too Many Requests"})", "TooManyRequestsException"},
       }) {
    SCOPED_TRACE(name_of(row.fault));
    const auto response = gateway_response(row.fault, "r-1", cors);
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.status, status_of(row.fault));
    EXPECT_EQ(response.body, row.body);
    EXPECT_EQ(response.headers.first("x-amzn-ErrorType"), row.type);
    EXPECT_EQ(response.headers.first("x-amzn-RequestId"), "r-1");
    EXPECT_EQ(response.headers.first("Content-Type"), "application/json");
    EXPECT_EQ(response.headers.first("Access-Control-Allow-Origin"), "*");
  }
}

TEST(GatewayResponse, IsCustomisedByItsOwnSettingOrElseItsClasss) {  // GW-05, GW-06, GW-07, GW-08, GW-09
  AuthorizerAnswer answer;
  answer.context = {{"challenge", R"(Bearer error="invalid_token")"}, {"split", "a\r\nSet-Cookie: b"}, {"null", {}}};
  const std::vector<ResponseSetting> settings{{"unauthorized", {}, {{"WWW-Authenticate", "'Bearer'"}}},
                                              {"expired_token", {}, {{"X-Expired", "'1'"}}},
                                              {"access_denied",
                                               401,
                                               {{"WWW-Authenticate", "context.authorizer.challenge"},
                                                {"X-Split", "context.authorizer.split"},
                                                {"X-Null", "context.authorizer.null"},
                                                {"X-None", "context.authorizer.none"}}},
                                              {"default_4xx", {}, {{"X-Class", "'4'"}}}};
  const auto customised = [&](GatewayFault fault, const AuthorizerAnswer* authorized) {
    net::HttpResponse response = gateway_response(fault, "r-1", {});
    customise(fault, settings, authorized, response);
    return response;
  };
  const auto unauthorized = customised(GatewayFault::unauthorized, nullptr);  // an expired JWT is told so, too
  EXPECT_EQ(unauthorized.headers.first("WWW-Authenticate"), "Bearer");
  EXPECT_FALSE(unauthorized.headers.has("X-Expired"));
  EXPECT_FALSE(unauthorized.headers.has("X-Class")) << "a type of its own does not inherit";
  for (const auto fault : {GatewayFault::access_denied, GatewayFault::access_denied_explicitly}) {
    const auto denied = customised(fault, &answer);
    EXPECT_EQ(denied.status, 401);
    EXPECT_EQ(denied.headers.first("WWW-Authenticate"), R"(Bearer error="invalid_token")");
    for (const char* absent : {"X-Split", "X-Null", "X-None"}) EXPECT_FALSE(denied.headers.has(absent)) << absent;
  }
  EXPECT_FALSE(customised(GatewayFault::access_denied, nullptr).headers.has("WWW-Authenticate"));
  EXPECT_EQ(customised(GatewayFault::throttled, nullptr).headers.first("X-Class"), "4");
  EXPECT_EQ(customised(GatewayFault::throttled, nullptr).status, 429);
  EXPECT_FALSE(customised(GatewayFault::authorizer_failure, nullptr).headers.has("X-Class"));
}

}  // namespace
}  // namespace portcullis::world
