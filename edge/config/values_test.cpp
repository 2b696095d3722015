// Single values of the configuration: each that is refused beside one that is not.
#include "edge/config/values.h"

#include <gtest/gtest.h>

#include <array>

namespace portcullis::config {
namespace {

TEST(Duration, IsANumberAndAUnit) {
  struct Row {
    const char* text;
    std::optional<int> seconds;
  };
  const Row rows[] = {{"30s", 30},
                      {"5m", 300},
                      {"24h", 86400},
                      {"7d", 604800},
                      {"0", 0},
                      {"0s", 0},
                      {"", std::nullopt},
                      {"30", std::nullopt},
                      {"s", std::nullopt},
                      {"-1s", std::nullopt},
                      {"-0s", std::nullopt},
                      {"-0", std::nullopt},
                      {"+1s", std::nullopt},
                      {" 1s", std::nullopt},
                      {"1 s", std::nullopt},
                      {"1s ", std::nullopt},
                      {"1.5h", std::nullopt},
                      {"1S", std::nullopt},
                      {"1ms", std::nullopt},
                      {"1h30m", std::nullopt},
                      {"99999999999999999999s", std::nullopt}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto duration = parse_duration(row.text);
    ASSERT_EQ(duration.has_value(), row.seconds.has_value());
    if (duration) {
      EXPECT_EQ(duration->count(), *row.seconds);
    }
  }
}

TEST(Nearest, IsAtMostTwoLettersAway) {
  constexpr std::array<std::string_view, 3> known{"audience", "issuer", "routes"};
  EXPECT_EQ(nearest("audiance", known), "audience");
  EXPECT_EQ(nearest("route", known), "routes");
  EXPECT_EQ(nearest("isuer", known), "issuer");
  EXPECT_EQ(nearest("cors", known), "");
  EXPECT_EQ(nearest("", known), "");
}

TEST(Tenant, IsADomainInAnySpellingOfOneIssuer) {
  for (const char* domain : {"example.eu.auth0.com", "example.eu.auth0.com/", "https://example.eu.auth0.com",
                             "https://example.eu.auth0.com/"}) {
    SCOPED_TRACE(domain);
    const auto names = tenant_names(domain, Purpose::production);
    ASSERT_TRUE(names);
    EXPECT_EQ(names->issuer, "https://example.eu.auth0.com/");
    EXPECT_EQ(names->jwks_uri, "https://example.eu.auth0.com/.well-known/jwks.json");
  }
  for (const char* domain : {"", "/", "https://", "http://example.com", "ftp://example.com", "example.com/path",
                             "user@example.com", "example.com?x", "example.com#x", "exam ple.com", "example.com:port",
                             "example.com:", "example.com\n", "ex\xC3\xA4mple.com"}) {
    SCOPED_TRACE(domain);
    const auto names = tenant_names(domain, Purpose::development);
    ASSERT_FALSE(names);
    EXPECT_FALSE(names.error().empty());
  }
}

TEST(Issuer, IsKeptByteForByte) {
  for (const char* url : {"https://a.example/", "https://a.example", "https://a.example/tenant/x"}) {
    SCOPED_TRACE(url);
    const auto names = issuer_names(url, Purpose::production);
    ASSERT_TRUE(names);
    EXPECT_EQ(names->issuer, url);
  }
  EXPECT_EQ(issuer_names("https://a.example/t", Purpose::production)->jwks_uri,
            "https://a.example/t/.well-known/jwks.json");
  EXPECT_FALSE(issuer_names("a.example", Purpose::production));
}

TEST(PlainHttp, IsForLoopbackInDevelopmentOnly) {
  for (const char* host : {"localhost", "127.0.0.1", "127.0.0.1:4000", "[::1]:4000", "localhost:1"}) {
    SCOPED_TRACE(host);
    const std::string url = "http://" + std::string{host} + "/";
    EXPECT_TRUE(issuer_names(url, Purpose::development));
    EXPECT_FALSE(issuer_names(url, Purpose::production));
    EXPECT_TRUE(fault_of_key_url(url + "keys?x=1", Purpose::development).empty());
  }
  for (const char* host : {"example.com", "127.0.0.1.example.com", "localhost.example.com", "127.x", "10.0.0.1",
                           "localhost@example.com", "[::2]"}) {
    SCOPED_TRACE(host);
    EXPECT_FALSE(issuer_names("http://" + std::string{host} + "/", Purpose::development));
  }
}

}  // namespace
}  // namespace portcullis::config
