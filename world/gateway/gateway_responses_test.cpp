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

}  // namespace
}  // namespace portcullis::world
