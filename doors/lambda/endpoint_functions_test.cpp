#include "doors/lambda/endpoint_functions.h"

#include <gtest/gtest.h>

namespace portcullis::lambda {
namespace {

std::string message_for(Function& function, const std::string& event) {
  const FunctionResult result = function.handle({.request_id = "1", .event = event});
  const auto answer = JsonDocument::parse(result.body, {});
  const auto body = JsonDocument::parse(*answer->root().find("body")->string(), {});
  return std::string{*answer->root().find("statusCode")->number_text()} + ' ' +
         std::string{*body->root().find("message")->string()};
}

TEST(PrivateEndpoint, GreetsWhomTheAuthorizerNamedInEveryPayload) {  // gateway.md §7.1
  PrivateEndpoint endpoint{Pages{{"*"}}};
  struct Row {
    std::string event, answer;
  };
  const std::string rest = R"({"path":"/api/orders","requestContext":{"authorizer":{"principalId":"auth0|ada"}}})";
  const std::string http_2 =
      R"({"version":"2.0","rawPath":"/dev/api/admin","requestContext":{"authorizer":{"lambda":{"principalId":"auth0|ada"}}}})";
  for (const Row& row : {
           Row{rest, "200 orders for auth0|ada"},
           Row{http_2, "200 admin for auth0|ada"},
           Row{R"({"requestContext":{"authorizer":{"principalId":""}}})", "401 Unauthorized"},
           Row{R"({"requestContext":{"authorizer":{"lambda":{}}}})", "401 Unauthorized"},
           Row{R"({"requestContext":{"authorizer":{"lambda":null}}})", "401 Unauthorized"},
           Row{R"({"requestContext":{"authorizer":null}})", "401 Unauthorized"},
           Row{R"({"requestContext":{}})", "401 Unauthorized"},
           Row{"{}", "401 Unauthorized"},
       }) {
    SCOPED_TRACE(row.event);
    EXPECT_EQ(message_for(endpoint, row.event), row.answer);
  }
}

TEST(PublicEndpoint, LetsThePagesOfItsOriginsReadWhatIsExposed) {
  struct Row {
    Pages pages;
    const char* origin;
    std::string exposed;  // empty: the page may not read the answer at all
  };
  for (const Row& row : {Row{{{"https://a.example"}}, "https://a.example", "x-amzn-RequestId, x-amzn-ErrorType"},
                         Row{{{"https://a.example"}, {"RateLimit", "Retry-After"}},
                             "https://a.example",
                             "x-amzn-RequestId, x-amzn-ErrorType, RateLimit, Retry-After"},
                         Row{{{"https://a.example"}, {"RateLimit"}}, "https://b.example", ""},
                         Row{{{}, {"RateLimit"}}, "https://a.example", ""}}) {
    PublicEndpoint endpoint{row.pages};
    const std::string event = std::string{R"({"headers":{"origin":")"} + row.origin + R"("}})";
    const auto answer = JsonDocument::parse(endpoint.handle({.request_id = "1", .event = event}).body, {});
    const auto exposed = answer->root().find("headers")->find("Access-Control-Expose-Headers");
    EXPECT_EQ(exposed ? std::string{*exposed->string()} : "", row.exposed) << row.origin;
  }
}

TEST(PrivateEndpoint, AcceptsTheSubprotocolThatBroughtTheTokenAndNeverRepeatsTheToken) {  // gateway.md §2.4; IN-19
  PrivateEndpoint endpoint{Pages{}};
  const auto accepted = [&](const std::string& offered, const char* type) {
    const std::string event = R"({"headers":{"sec-websocket-protocol":")" + offered +
                              R"("},"requestContext":{"eventType":")" + type +
                              R"(","authorizer":{"principalId":"ada"}}})";
    const FunctionResult result = endpoint.handle({.request_id = "1", .event = event});
    EXPECT_EQ(result.body.find("eyJ"), std::string::npos);
    const auto answer = JsonDocument::parse(result.body, {});
    const auto value = answer->root().find("headers")->find("Sec-WebSocket-Protocol");
    return value ? std::string{*value->string()} : std::string{"none"};
  };
  EXPECT_EQ(accepted("portcullis.bearer, eyJ.x.y", "CONNECT"), "portcullis.bearer");
  EXPECT_EQ(accepted("chat, eyJ.x.y", "CONNECT"), "none");
  EXPECT_EQ(accepted("portcullis.bearer, eyJ.x.y", "MESSAGE"), "none");
}

}  // namespace
}  // namespace portcullis::lambda
