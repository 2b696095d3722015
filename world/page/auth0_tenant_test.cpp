#include "world/page/auth0_tenant.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

constexpr const char* audience = "https://api.example.com";

Result<std::optional<Auth0Tenant>, std::string> with_domain(const std::string& domain) {
  return auth0_tenant_from({domain, "client", audience});
}

TEST(Auth0Tenant, TakesABareHostOrAnHttpsUrl) {
  for (const char* written : {"example.eu.auth0.com", "https://example.eu.auth0.com", "https://example.eu.auth0.com/",
                              "example.eu.auth0.com/", "HTTPS://Example.EU.auth0.com:443"}) {
    const auto tenant = with_domain(written);
    ASSERT_TRUE(tenant) << written << tenant.error();
    EXPECT_EQ((*tenant)->domain, "example.eu.auth0.com") << written;
    EXPECT_EQ((*tenant)->origin(), "https://example.eu.auth0.com") << written;
  }
  EXPECT_EQ((*with_domain("login.example:8443"))->origin(), "https://login.example:8443");
}

TEST(Auth0Tenant, RefusesWhatIsNoDomain) {
  for (const char* wrong : {" ", "http://example.eu.auth0.com", "https://example.eu.auth0.com/authorize", "a b", "a?b",
                            "a?", "a#b", "u@a", "a'; script-src *", "a;b", "a\nb", "https://", "a,b", "*.auth0.com"})
    EXPECT_FALSE(with_domain(wrong)) << wrong;
}

TEST(Auth0Tenant, NeedsAllThreeOrNone) {
  const auto none = auth0_tenant_from({});
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  struct Row {
    Auth0Options options;
    const char* missing;
  };
  for (const Row& row :
       {Row{{"example.eu.auth0.com", "client", {}}, "--auth0-audience"},
        Row{{"example.eu.auth0.com", {}, audience}, "--auth0-client-id"},
        Row{{{}, "client", audience}, "--auth0-domain"}, Row{{"", "client", audience}, "--auth0-domain"},
        Row{{"example.eu.auth0.com", {}, {}}, "--auth0-client-id, --auth0-audience"}}) {
    const auto tenant = auth0_tenant_from(row.options);
    ASSERT_FALSE(tenant);
    EXPECT_TRUE(tenant.error().ends_with(std::string{"missing: "} + row.missing)) << tenant.error();
  }
}

TEST(Auth0Tenant, RefusesNamesThatAreNone) {
  const auto accepts = [](const std::string& name) {
    const bool as_client = static_cast<bool>(auth0_tenant_from({"a.example", name, audience}));
    EXPECT_EQ(as_client, static_cast<bool>(auth0_tenant_from({"a.example", "client", name})));
    return as_client;
  };
  for (const char* fine : {"x", "https://api.example.com/v1?a=\"b\"", "my API: one", "\xc3\xa4pi"})
    EXPECT_TRUE(accepts(fine));
  for (const char* wrong : {"a\nb", "a\x7f", "\xff", "\x1b[31m"}) EXPECT_FALSE(accepts(wrong));
  EXPECT_TRUE(accepts(std::string(512, 'a')));
  EXPECT_FALSE(accepts(std::string(513, 'a')));
}

}  // namespace
}  // namespace portcullis::world
