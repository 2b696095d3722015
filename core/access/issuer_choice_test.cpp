// Two entries of one issuer: the token's audience chooses, and the other entry's keys do not count.
#include <gtest/gtest.h>

#include "tests/signed_token.h"

namespace portcullis {
namespace {

std::string claims_for(const std::string& issuer, const std::string& audience) {
  return R"({"iss":")" + issuer + R"(","sub":"auth0|ada","aud":)" + audience + R"(,"iat":1767225540,"exp":1767229200})";
}

TEST(IssuerChoice, IsByIssuerAndAudienceTogether) {
  const testing::Signer first, second;
  Rules rules;
  rules.issuers.push_back(first.issuer());
  rules.issuers.push_back(second.issuer());
  rules.issuers.back().expect.audiences = NonEmpty<std::string>{"https://other.example.com"};
  rules.fallback = DefaultAccess::authenticated;
  const auto authorizer = Authorizer::make(std::move(rules), {});
  ASSERT_TRUE(authorizer);

  const std::string tenant = "https://tenant.example.com/";
  const std::string api = R"("https://api.example.com")", other = R"("https://other.example.com")";
  struct Row {
    const char* what;
    std::string token;
    Reason reason;
  };
  const Row rows[] = {
      {"first audience, first key", first.sign(claims_for(tenant, api)), Reason::ok},
      {"first audience, second key", second.sign(claims_for(tenant, api)), Reason::bad_signature},
      {"second audience, second key", second.sign(claims_for(tenant, other)), Reason::ok},
      {"second audience, first key", first.sign(claims_for(tenant, other)), Reason::bad_signature},
      {"an audience of a list", second.sign(claims_for(tenant, '[' + other + R"(,"x"])")), Reason::ok},
      {"an audience nobody has", first.sign(claims_for(tenant, R"("https://nobody.example.com")")), Reason::bad_aud},
      {"the issuer without its slash", first.sign(claims_for("https://tenant.example.com", api)), Reason::bad_iss},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const std::string value = "Bearer " + row.token;
    const Header header{"Authorization", value};
    const Step step = authorizer->begin({"GET", "/x", "", {&header, 1}}, testing::new_year());
    const Decision& decision = std::get<Settled>(step).decision;
    EXPECT_EQ(decision.reason, row.reason) << decision.detail;
    EXPECT_EQ(decision.outcome == Outcome::allow, row.reason == Reason::ok);
  }
}

}  // namespace
}  // namespace portcullis
