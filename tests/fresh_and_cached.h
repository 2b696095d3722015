// For tests: what a cached policy says, by an evaluator that is naive on purpose and shares nothing with
// the product, and what a fresh decision says.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doors/lambda/policy_document.h"
#include "tests/signed_token.h"

namespace portcullis::lambda::testing {

using portcullis::testing::Signer;

inline constexpr std::string_view stage = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/";

/// IAM's wildcards: `*` any run of characters, slashes too; `?` exactly one.
inline bool iam_matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i)
      if (iam_matches(pattern.substr(1), text.substr(i))) return true;
    return false;
  }
  if (text.empty()) return false;
  if (pattern.front() != '?' && pattern.front() != text.front()) return false;
  return iam_matches(pattern.substr(1), text.substr(1));
}

/// A Deny wins; without an Allow nothing is allowed.
inline bool allows(const PolicyDocument& policy, const std::string& arn) {
  for (const std::string& pattern : policy.deny)
    if (iam_matches(pattern, arn)) return false;
  for (const std::string& pattern : policy.allow)
    if (iam_matches(pattern, arn)) return true;
  return false;
}

struct Asked {
  std::string method, path;  // path with its leading slash

  std::string arn() const { return std::string{stage} + method + path; }
};

/// Routes with "public", "authenticated" or "scope:X".
using RouteList = std::vector<std::pair<std::string, std::string>>;

inline const Signer& signer() {
  static const Signer one;
  return one;
}

inline std::string scoped(const std::string& scope) {
  return signer().sign(portcullis::testing::claims(R"(,"scope":")" + scope + '"'));
}

inline Authorizer authorizer_of(const RouteList& routes, DefaultAccess fallback) {
  Rules rules;
  rules.issuers.push_back(signer().issuer());
  rules.fallback = fallback;
  for (const auto& [route, access] : routes) {
    Access needed = AuthenticatedAccess{};
    if (access == "public") needed = PublicAccess{};
    if (access.starts_with("scope:")) needed = AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, access.substr(6)}}};
    rules.routes.push_back({route, needed, "test"});
  }
  auto made = Authorizer::make(std::move(rules), {});
  EXPECT_TRUE(made) << (made ? "" : made.error().front().message);
  return *std::move(made);
}

inline Decision decide(const Authorizer& authorizer, const Asked& asked, const std::string& token) {
  const std::string value = "Bearer " + token;
  const Header header{"Authorization", value};
  Step step = authorizer.begin({asked.method, asked.path, "", {&header, 1}}, portcullis::testing::new_year());
  return std::get<Settled>(std::move(step)).decision;
}

inline PolicyDocument policy(const Authorizer& authorizer, const Asked& asked, const Decision& decision) {
  return policy_for(decision, authorizer.grants(decision.token), *MethodArn::parse(asked.arn()),
                    config::LambdaSettings::Policy::routes);
}

}  // namespace portcullis::lambda::testing
