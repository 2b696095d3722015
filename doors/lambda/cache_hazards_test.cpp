// What a cached answer could outlive: refused at the start, and never part of a policy.
#include "doors/lambda/cache_hazards.h"

#include <gtest/gtest.h>

#include "doors/lambda/policy_document.h"
#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

using std::chrono::seconds;

constexpr const char* stage = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/";

Access fresh_login() {
  return Requirement{NonEmpty<Condition>{MaxAge{seconds{300}}}};
}

TEST(CacheHazards, AreTheRoutesWhoseAnswerDoesNotLast) {
  Rules rules;
  rules.routes = {{"GET /orders", AuthenticatedAccess{}, "f:1"},
                  {"POST /orders", fresh_login(), "f:2"},
                  {"GET /strong", Requirement{NonEmpty<Condition>{AnyAcr{NonEmpty<std::string>{"gold"}}}}, "f:3"},
                  {"PUT /orders", fresh_login(), "f:4"},
                  {"GET /tried", AuthenticatedAccess{}, "f:5", Mode::report},
                  {"GET /bound", Requirement{NonEmpty<Condition>{BoundSender::mtls}}, "f:6"}};
  EXPECT_TRUE(cache_hazards(rules, seconds{0}).empty());
  const auto hazards = cache_hazards(rules, seconds{1});
  ASSERT_EQ(hazards.size(), 4u);
  EXPECT_EQ(hazards[0].place, "f:2");
  EXPECT_EQ(hazards[1].place, "f:4");
  EXPECT_EQ(hazards[2].place, "f:5");
  EXPECT_EQ(hazards[3].place, "f:6");
  EXPECT_NE(hazards[3].message.find("has sender"), std::string::npos) << hazards[3].message;
  EXPECT_NE(hazards[2].message.find("mode: report"), std::string::npos) << hazards[2].message;
  EXPECT_NE(hazards[0].message.find("\"POST /orders\" has max_age"), std::string::npos) << hazards[0].message;
}

struct Api {
  testing::Signer signer;
  std::optional<Authorizer> authorizer;

  explicit Api(DefaultAccess fallback) {
    Rules rules;
    rules.issuers.push_back(signer.issuer());
    rules.fallback = fallback;
    rules.routes = {{"GET /orders", AuthenticatedAccess{}, "f:1"}, {"POST /orders", fresh_login(), "f:2"}};
    authorizer = *Authorizer::make(std::move(rules), {});
  }
  PolicyDocument answer(const char* method, const std::string& more) const {
    const std::string value = "Bearer " + signer.sign(testing::claims(more));
    const Header header{"Authorization", value};
    const Step step = authorizer->begin({method, "/orders", "", {&header, 1}}, testing::new_year());
    const auto arn = MethodArn::parse(std::string{stage} + method + "/orders");
    const Decision& decision = std::get<Settled>(step).decision;
    return policy_for(decision, authorizer->grants(decision.token), *arn, config::LambdaSettings::Policy::routes);
  }
};

TEST(MaxAge, IsAnsweredWithItsOwnArnAndStandsInNoOtherPolicy) {
  const std::string fresh = R"(,"auth_time":1767225500)";
  const std::string own = std::string{stage} + "POST/orders", other = std::string{stage} + "GET/orders";
  const Api listed{DefaultAccess::deny}, open{DefaultAccess::authenticated};
  for (const Api* api : {&listed, &open}) {
    const PolicyDocument asked = api->answer("POST", fresh);
    EXPECT_EQ(asked.form, PolicyDocument::Form::method);
    EXPECT_EQ(asked.allow, std::vector<std::string>{own});
  }
  const PolicyDocument elsewhere = listed.answer("GET", fresh);
  EXPECT_EQ(elsewhere.form, PolicyDocument::Form::compiled);
  EXPECT_EQ(elsewhere.allow, std::vector<std::string>{other});
  const PolicyDocument stale = listed.answer("POST", "");
  EXPECT_EQ(stale.allow, std::vector<std::string>{other});
  EXPECT_EQ(stale.deny, std::vector<std::string>{own});
}

}  // namespace
}  // namespace portcullis::lambda
