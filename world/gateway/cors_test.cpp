#include "world/gateway/cors.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

net::HttpRequest options(net::Headers headers) {
  return {"OPTIONS", "/dev/api/private", std::move(headers), {}, {}};
}

const net::HttpRequest browser = options({{"Origin", "http://localhost:5173"},
                                          {"Access-Control-Request-Method", "POST"},
                                          {"Access-Control-Request-Headers", "authorization,content-type"}});
const CorsRules listed{{"http://localhost:5173"}};

TEST(Preflight, IsOptionsWithBothOfItsHeaders) {  // case C025 a, b, c
  EXPECT_TRUE(is_preflight(browser));
  EXPECT_FALSE(is_preflight(options({})));
  EXPECT_FALSE(is_preflight(options({{"Origin", "http://localhost:5173"}})));
  EXPECT_FALSE(is_preflight(options({{"Access-Control-Request-Method", "POST"}})));
  net::HttpRequest get = browser;
  get.method = "GET";
  EXPECT_FALSE(is_preflight(get));
}

TEST(Preflight, NamesMethodsHeadersAndTheOrigin) {  // C025 a, CO-06
  const auto response = preflight_response(listed, browser, {"GET", "POST"});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.first("Access-Control-Allow-Origin"), "http://localhost:5173");
  EXPECT_EQ(response.headers.first("Vary"), "Origin");
  EXPECT_EQ(response.headers.first("Access-Control-Allow-Methods"), "OPTIONS,GET,POST");
  const std::string allowed{response.headers.first("Access-Control-Allow-Headers")};
  EXPECT_NE(allowed.find("authorization"), std::string::npos);
  EXPECT_NE(allowed.find("content-type"), std::string::npos);
  const auto any = preflight_response(listed, browser, {"ANY"});
  EXPECT_NE(any.headers.first("Access-Control-Allow-Methods").find("POST"), std::string_view::npos);
}

TEST(Cors, NeverReflectsAnOriginThatIsNotListed) {  // C025 d, CO-05
  const auto evil = options({{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_FALSE(preflight_response(listed, evil, {"ANY"}).headers.has("Access-Control-Allow-Origin"));
  EXPECT_FALSE(preflight_response(listed, evil, {"ANY"}).headers.has("Access-Control-Allow-Methods"));
  EXPECT_FALSE(cors_headers(listed, evil).has("Access-Control-Allow-Origin"));
  EXPECT_EQ(cors_headers(listed, evil).first("Vary"), "Origin");
  for (const char* near : {"http://localhost:51733", "http://localhost:517", "https://localhost:5173", "null", "*"})
    EXPECT_FALSE(cors_headers(listed, options({{"Origin", near}})).has("Access-Control-Allow-Origin")) << near;
}

TEST(Cors, LetsScriptsReadTheChallengeTheWaitAndWhoAnswered) {  // C027
  for (const CorsRules& rules : {listed, CorsRules{}}) {
    const auto headers = cors_headers(rules, browser);
    EXPECT_TRUE(headers.has("Access-Control-Allow-Origin"));
    EXPECT_EQ(headers.first("Access-Control-Expose-Headers"),
              "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, DPoP-Nonce, X-Request-Id, x-amzn-RequestId, "
              "x-amzn-ErrorType");
  }
  EXPECT_EQ(cors_headers(CorsRules{}, browser).first("Access-Control-Allow-Origin"), "*");
}

}  // namespace
}  // namespace portcullis::world
