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

TEST(HostPort, IsANameOrAnAddressWithOrWithoutAPort) {
  struct Row {
    const char* text;
    const char* host;  // null: refused
    std::optional<int> port;
  };
  for (const Row& row : {Row{"a.example.com:6379", "a.example.com", 6379},
                         {"localhost", "localhost", {}},
                         {"[::1]:0", "::1", 0},
                         {"[2001:db8::1]", "2001:db8::1", {}},
                         {"127.0.0.1:65535", "127.0.0.1", 65535},
                         {"", nullptr, {}},
                         {":1", nullptr, {}},
                         {"a:", nullptr, {}},
                         {"a:65536", nullptr, {}},
                         {"a:01", nullptr, {}},
                         {"a:+1", nullptr, {}},
                         {"a:1 ", nullptr, {}},
                         {"a:b:1", nullptr, {}},
                         {"::1", nullptr, {}},
                         {"[::1", nullptr, {}},
                         {"[]:1", nullptr, {}},
                         {"[::1]1", nullptr, {}},
                         {"[::1%lo]:1", nullptr, {}},
                         {"u@a:1", nullptr, {}},
                         {"a/b", nullptr, {}}}) {
    SCOPED_TRACE(row.text);
    const auto parts = split_host_port(row.text);
    ASSERT_EQ(parts.has_value(), row.host != nullptr);
    if (!parts) continue;
    EXPECT_EQ(parts->host, row.host);
    EXPECT_EQ(parts->port.has_value(), row.port.has_value());
    EXPECT_EQ(parts->port.value_or(0), row.port.value_or(0));
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
    EXPECT_EQ(names->keys.url, "https://example.eu.auth0.com/.well-known/jwks.json");
    EXPECT_EQ(names->keys.metadata_of, "") << "the place is known";
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
  const auto names = issuer_names("https://a.example/t", Purpose::production);
  EXPECT_EQ(names->keys.url, "https://a.example/t/.well-known/openid-configuration");
  EXPECT_EQ(names->keys.metadata_of, "https://a.example/t");
  EXPECT_FALSE(issuer_names("a.example", Purpose::production));
}

// tokens.md §6.4: a URL is no way to a machine's neighbours or to the cloud's own services.
TEST(PrivateAddresses, AreNoPlaceForKeysButInDevelopment) {
  for (const char* host : {"10.0.0.1", "10.255.255.255:8443", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fe80::1]", "[fd00:ec2::254]",
                           "[::ffff:10.0.0.1]:443", "0xa000001", "012.0.0.1", "10.1"}) {
    SCOPED_TRACE(host);
    const std::string url = "https://" + std::string{host} + "/keys";
    EXPECT_FALSE(fault_of_key_url(url, Purpose::production).empty());
    EXPECT_FALSE(issuer_names(url, Purpose::production));
    EXPECT_FALSE(tenant_names(host, Purpose::production));
    EXPECT_TRUE(fault_of_key_url(url, Purpose::development).empty());
  }
  for (const char* host :
       {"9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.1",
        "127.0.0.1", "[::1]", "[2001:db8::1]", "10.0.0.1.example.com", "10.example"}) {
    SCOPED_TRACE(host);
    EXPECT_TRUE(fault_of_key_url("https://" + std::string{host} + "/keys", Purpose::production).empty());
  }
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
