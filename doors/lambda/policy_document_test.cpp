// API Gateway's bounds on a policy, and the ARN it must keep: case C019.
#include "doors/lambda/policy_document.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

using Policy = config::LambdaSettings::Policy;

PolicyDocument answer(const std::vector<std::string>& routes, const std::string& arn_text, Policy wanted) {
  const testing::Signer signer;
  Rules rules;
  rules.issuers.push_back(signer.issuer());
  for (const std::string& route : routes) rules.routes.push_back({route, AuthenticatedAccess{}, "test"});
  const auto authorizer = Authorizer::make(std::move(rules), {});
  EXPECT_TRUE(authorizer) << (authorizer ? "" : authorizer.error().front().message);
  const auto arn = MethodArn::parse(arn_text);
  EXPECT_TRUE(arn);
  const std::string value = "Bearer " + signer.sign(testing::claims());
  const std::string path = "/" + arn->path;
  const Header header{"Authorization", value};
  const Step step = authorizer->begin({arn->verb, path, "", {&header, 1}}, testing::new_year());
  const Decision& decision = std::get<Settled>(step).decision;
  EXPECT_EQ(decision.outcome, Outcome::allow) << decision.detail;
  return policy_for(decision, authorizer->grants(decision.token), *arn, wanted);
}

TEST(PolicyDocument, KeepsPartitionRegionAccountApiAndStage) {  // C019; POL-17, POL-18, POL-23
  struct Row {
    const char *prefix, *rest;
  };
  for (const Row& row :
       {Row{"arn:aws-cn:execute-api:cn-north-1:111122223333:a1b2c3d4e5/prod/", "GET/files/2026/q1:draft/x"},
        Row{"arn:aws-us-gov:execute-api:us-gov-west-1:111122223333:a1b2c3d4e5/v1/", "GET/files/a"},
        Row{"arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/dev/", "GET/files/with%20blank"}}) {
    SCOPED_TRACE(row.prefix);
    const std::string arn = std::string{row.prefix} + row.rest;
    const PolicyDocument compiled = answer({"GET /files/{path+}"}, arn, Policy::routes);
    EXPECT_EQ(compiled.form, PolicyDocument::Form::compiled);
    ASSERT_FALSE(compiled.allow.empty());
    for (const std::string& resource : compiled.allow) EXPECT_TRUE(resource.starts_with(row.prefix)) << resource;
    for (const std::string& resource : compiled.deny) EXPECT_TRUE(resource.starts_with(row.prefix)) << resource;
    const PolicyDocument method = answer({"GET /files/{path+}"}, arn, Policy::method);
    EXPECT_EQ(method.form, PolicyDocument::Form::method);
    EXPECT_EQ(method.allow, std::vector<std::string>{arn}) << "byte for byte";
  }
}

TEST(PolicyDocument,
     DeniesExplicitlyWhateverPathIsRefused) {  // gateway.md §3.2: a resource policy might allow the rest
  const std::string stage = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/";
  Rules rules;
  const testing::Signer signer;
  rules.issuers.push_back(signer.issuer());
  rules.routes.push_back({"GET /open", PublicAccess{}, "test"});
  const auto authorizer = Authorizer::make(std::move(rules), {});
  Decision refused;
  refused.outcome = Outcome::deny;
  refused.reason = Reason::no_route;
  const std::string u = "\xC3\xBC";
  struct Row {
    std::string path, denied;
  };
  for (const Row& row : {
           Row{"a/b", "a/b"},
           Row{"a/*", "a/?"},
           Row{"a?c", "a?c"},
           Row{"${aws:username}", "$?aws:username?"},
           Row{"a\tb", "a?b"},
           Row{std::string(600, 'x'), std::string(511 - stage.size() - 4, 'x') + "*"},
           Row{std::string(510 - stage.size() - 4, 'x') + u + u, std::string(510 - stage.size() - 4, 'x') + "*"},
       }) {
    SCOPED_TRACE(row.path);
    const auto arn = MethodArn::parse(stage + "GET/" + row.path);
    ASSERT_TRUE(arn);
    const PolicyDocument policy = policy_for(refused, authorizer->grants(std::nullopt), *arn, Policy::routes);
    EXPECT_EQ(policy.allow, std::vector<std::string>{stage + "GET/open"});
    EXPECT_EQ(policy.deny, std::vector<std::string>{stage + "GET/" + row.denied});
  }
}

TEST(PolicyDocument, StaysWithinTheBoundsOfAResourceAndOfTheAnswer) {
  const std::string stage = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/";
  const std::vector<std::string> plain{"GET /a", "GET /" + std::string(300, 'b')};
  EXPECT_EQ(answer(plain, stage + "GET/a", Policy::routes).form, PolicyDocument::Form::compiled);

  const std::vector<std::string> long_route{"GET /a", "GET /" + std::string(600, 'b')};
  EXPECT_EQ(answer(long_route, stage + "GET/a", Policy::routes).form, PolicyDocument::Form::method);

  std::vector<std::string> many{"GET /a"};
  for (int i = 0; i < 200; ++i) many.push_back("GET /resource-number-" + std::to_string(i));
  const PolicyDocument one = answer(many, stage + "GET/a", Policy::routes);
  EXPECT_EQ(one.form, PolicyDocument::Form::method) << "200 ARNs of 80 bytes are more than 8000";
  EXPECT_LE(one.json().size(), most_answer_bytes);
  EXPECT_EQ(one.allow, std::vector<std::string>{stage + "GET/a"});
}

}  // namespace
}  // namespace portcullis::lambda
