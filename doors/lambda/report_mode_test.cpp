// What API Gateway is told of a route that only reports: let through, by the name that was verified.
#include <gtest/gtest.h>

#include "doors/lambda/answer.h"
#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

constexpr const char* own_arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/GET/reported";

struct Api {
  testing::Signer signer;
  std::optional<Authorizer> authorizer;

  explicit Api(Mode mode) {
    Rules rules;
    rules.issuers.push_back(signer.issuer());
    rules.routes = {{"GET /reported", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read"}}}, "rules:1", mode}};
    authorizer = *Authorizer::make(std::move(rules), {});
  }
  FunctionResult ask(const std::string& authorization, EventForm form) const {
    const Header header{"Authorization", authorization};
    const std::span<const Header> headers{&header, authorization.empty() ? 0u : 1u};
    const Step step = authorizer->begin({"GET", "/reported", "", headers}, testing::new_year());
    const Decision& decision = std::get<Settled>(step).decision;
    config::LambdaSettings settings;
    settings.policy = config::LambdaSettings::Policy::routes;
    return answer(decision, authorizer->grants(decision.token), *MethodArn::parse(own_arn), form, settings);
  }
};

TEST(ReportMode, IsAnAllowInEveryFormWithAVerifiedNameOrNone) {
  const Api reporting{Mode::report}, enforcing{Mode::enforce};
  const testing::Signer stranger;
  struct Row {
    const char* what;
    std::string principal;
    std::string (*authorization)(const testing::Signer& own, const testing::Signer& other);
  };
  for (const Row& row : {Row{"nothing", "anonymous", [](const auto&, const auto&) { return std::string{}; }},
                         Row{"a forged token", "anonymous",
                             [](const auto&, const auto&other) { return "Bearer " + other.sign(testing::claims()); }},
                         Row{"a token without the scope", "auth0|ada",
                             [](const auto&own, const auto&) { return "Bearer " + own.sign(testing::claims()); }}}) {
    SCOPED_TRACE(row.what);
    for (const EventForm form : {EventForm::rest, EventForm::http_2}) {
      const FunctionResult passed = reporting.ask(row.authorization(reporting.signer, stranger), form);
      const FunctionResult refused = enforcing.ask(row.authorization(enforcing.signer, stranger), form);
      EXPECT_EQ(passed.kind, FunctionResult::Kind::success);
      EXPECT_EQ(passed.own_method, OwnMethod::allowed) << passed.body;
      EXPECT_EQ(passed.body.find("Deny"), std::string::npos) << passed.body;
      EXPECT_EQ(refused.own_method, OwnMethod::refused) << refused.body;
      EXPECT_NE(passed.body.find("\"principalId\":\"" + row.principal + '"'), std::string::npos) << passed.body;
      EXPECT_NE(passed.body.find(form == EventForm::rest ? own_arn : "\"isAuthorized\":true"), std::string::npos)
          << passed.body;
    }
  }
}

TEST(ReportMode, IsNoRuleThatIsEqualEverywhere) {  // so lambda.policy: stage does not fit
  Rules rules;
  rules.fallback = DefaultAccess::authenticated;
  rules.routes = {{"GET /a", AuthenticatedAccess{}, "rules:1"}};
  EXPECT_EQ(fault_of_policy(config::LambdaSettings::Policy::stage, rules), "");
  rules.routes.push_back({"GET /b", AuthenticatedAccess{}, "rules:2", Mode::report});
  EXPECT_NE(fault_of_policy(config::LambdaSettings::Policy::stage, rules), "");
}

}  // namespace
}  // namespace portcullis::lambda
