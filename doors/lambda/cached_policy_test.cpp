// A compiled policy is right for every route, asked or not: whatever API Gateway evaluates from its cache
// equals a fresh decision. The evaluator below is naive on purpose and shares nothing with the product.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "core/access/route_table.h"
#include "doors/lambda/answer.h"
#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

constexpr std::string_view stage = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/";

bool iam_matches(std::string_view pattern, std::string_view text) {
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

bool allows(const PolicyDocument& policy, const std::string& arn) {
  for (const std::string& pattern : policy.deny)
    if (iam_matches(pattern, arn)) return false;
  for (const std::string& pattern : policy.allow)
    if (iam_matches(pattern, arn)) return true;
  return false;
}

struct Asked {
  std::string method, path;  // path with its leading slash
};

const testing::Signer& signer() {
  static const testing::Signer one;
  return one;
}

Decision decide(const Authorizer& authorizer, const Asked& asked, const std::string& token) {
  const std::string value = "Bearer " + token;
  const Header header{"Authorization", value};
  Step step = authorizer.begin({asked.method, asked.path, "", {&header, 1}}, testing::new_year());
  return std::get<Settled>(std::move(step)).decision;
}

PolicyDocument policy(const Authorizer& authorizer, const Asked& asked, const Decision& decision) {
  const auto arn = MethodArn::parse(std::string{stage} + asked.method + asked.path);
  return policy_for(decision, authorizer.grants(decision.token), *arn, config::LambdaSettings::Policy::routes);
}

Authorizer authorizer_of(std::vector<std::pair<std::string, std::string>> routes, DefaultAccess fallback) {
  Rules rules;
  rules.issuers.push_back(signer().issuer());
  rules.fallback = fallback;
  for (auto& [route, access] : routes) {
    Access needed = AuthenticatedAccess{};
    if (access == "public") needed = PublicAccess{};
    if (access.starts_with("scope:")) needed = AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, access.substr(6)}}};
    rules.routes.push_back({route, needed, "test"});
  }
  auto made = Authorizer::make(std::move(rules), {});
  EXPECT_TRUE(made) << (made ? "" : made.error().front().message);
  return *std::move(made);
}

std::string scoped(const std::string& scope) {
  return signer().sign(testing::claims(R"(,"scope":")" + scope + '"'));
}

TEST(CachedPolicy, OfOneRouteHoldsForTheOthersAndGrantsNoMore) {
  const Authorizer authorizer = authorizer_of({{"GET /orders", "scope:read:orders"},
                                               {"POST /orders", "scope:write:orders"},
                                               {"GET /orders/{id}", "scope:read:orders"},
                                               {"ANY /admin/{path+}", "scope:admin"},
                                               {"GET /status", "public"}},
                                              DefaultAccess::deny);
  const std::string token = scoped("read:orders");
  std::vector<std::string> first;
  for (const Asked& asked : {Asked{"GET", "/orders"}, Asked{"GET", "/orders/42"}, Asked{"GET", "/status"}}) {
    const Decision decision = decide(authorizer, asked, token);
    const PolicyDocument answer = policy(authorizer, asked, decision);
    EXPECT_EQ(answer.form, PolicyDocument::Form::compiled);
    if (first.empty()) first = answer.allow;
    EXPECT_EQ(answer.allow, first) << "the answer does not depend on which allowed method asked";
    struct Row {
      const char* method_and_path;
      bool allowed;
    };
    for (const Row& row : {Row{"GET/orders", true}, Row{"GET/orders/42", true}, Row{"GET/status", true},
                           Row{"POST/orders", false}, Row{"GET/admin/x", false}, Row{"DELETE/orders/42", false},
                           Row{"GET/orders/42/lines", false}, Row{"GET/orders/", false}, Row{"GET/orders/..", false},
                           Row{"GET/orders/a%2Fb", false}, Row{"GET/Orders", false}})
      EXPECT_EQ(allows(answer, std::string{stage} + row.method_and_path), row.allowed) << row.method_and_path;
  }
}

TEST(CachedPolicy, FallsBackToTheMethodWhereWildcardsCannotTellRoutesApart) {
  const Authorizer authorizer =
      authorizer_of({{"GET /users/{id}", "scope:a"}, {"GET /users/me", "scope:b"}}, DefaultAccess::deny);
  const Decision decision = decide(authorizer, {"GET", "/users/1"}, scoped("a"));
  const PolicyDocument answer = policy(authorizer, {"GET", "/users/1"}, decision);
  EXPECT_EQ(answer.form, PolicyDocument::Form::method);
  EXPECT_TRUE(allows(answer, std::string{stage} + "GET/users/1"));
  EXPECT_FALSE(allows(answer, std::string{stage} + "GET/users/me"));
  EXPECT_FALSE(allows(answer, std::string{stage} + "GET/users/2"));
}

TEST(CachedPolicy, NeverHoldsAPatternOfTheClientsMaking) {
  const Authorizer authorizer =
      authorizer_of({{"GET /users/{id}", "scope:a"}, {"GET /users/me", "scope:b"}}, DefaultAccess::deny);
  const Decision decision = decide(authorizer, {"GET", "/users/*"}, scoped("a"));
  ASSERT_EQ(decision.outcome, Outcome::allow);
  const PolicyDocument answer = policy(authorizer, {"GET", "/users/*"}, decision);
  EXPECT_TRUE(answer.allow.empty());
  EXPECT_FALSE(allows(answer, std::string{stage} + "GET/users/me"));
}

// Random rules over a small alphabet, so that literals, parameters and lengths collide often.
class RandomRules {
 public:
  explicit RandomRules(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_); }

  std::string route() {
    static constexpr std::array<const char*, 4> methods{"GET", "POST", "ANY", "DELETE"};
    std::string text = std::string{methods[below(methods.size())]} + ' ';
    const std::size_t length = 1 + below(3);
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t kind = below(6);
      if (kind == 0 && i + 1 == length) return text + "/{rest+}";
      text += kind < 3 ? "/{p" + std::to_string(i) + "}" : std::string{"/"} + static_cast<char>('a' + below(3));
    }
    return text;
  }
  std::string path() {
    std::string text;
    const std::size_t length = 1 + below(4);
    for (std::size_t i = 0; i < length; ++i) text += std::string{"/"} + static_cast<char>('a' + below(4));
    if (below(8) == 0) text += '/';
    if (below(8) == 0) text += "x";
    return text;
  }
  std::string method() {
    static constexpr std::array<const char*, 4> methods{"GET", "POST", "DELETE", "PUT"};
    return methods[below(methods.size())];
  }

 private:
  std::mt19937 random_;
};

TEST(CachedPolicy, EqualsAFreshDecisionForRandomRulesTokensAndRequests) {
  const std::array<std::string, 4> tokens{scoped(""), scoped("a"), scoped("b"), scoped("a b")};
  const std::array<std::string, 4> accesses{"scope:a", "scope:b", "authenticated", "public"};
  int compiled = 0, fallen_back = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    RandomRules random{seed};
    std::vector<std::pair<std::string, std::string>> routes;
    RouteTable known;
    for (std::size_t i = 0; i < 1 + random.below(5); ++i) {
      std::string route = random.route();
      if (!known.add(*RoutePattern::parse(route), static_cast<RouteIndex>(i)))
        routes.emplace_back(std::move(route), accesses[random.below(accesses.size())]);
    }
    const auto fallback = random.below(4) == 0 ? DefaultAccess::authenticated : DefaultAccess::deny;
    const Authorizer authorizer = authorizer_of(routes, fallback);
    const std::string& token = tokens[random.below(tokens.size())];
    const Asked asked{random.method(), random.path()};
    const PolicyDocument answer = policy(authorizer, asked, decide(authorizer, asked, token));
    if (answer.form != PolicyDocument::Form::compiled) {
      ++fallen_back;
      const Decision own = decide(authorizer, asked, token);
      EXPECT_EQ(allows(answer, std::string{stage} + asked.method + asked.path), own.outcome == Outcome::allow);
      continue;
    }
    ++compiled;
    for (int i = 0; i < 40; ++i) {
      const Asked other{random.method(), random.path()};
      const Decision fresh = decide(authorizer, other, token);
      const bool cached = allows(answer, std::string{stage} + other.method + other.path);
      EXPECT_EQ(cached, fresh.outcome == Outcome::allow)
          << "seed " << seed << ", " << other.method << ' ' << other.path << ", rule " << fresh.route;
    }
  }
  EXPECT_GT(compiled, 100);
  std::printf("cached policies compared: %d, fallen back to the method: %d\n", compiled, fallen_back);
}

}  // namespace
}  // namespace portcullis::lambda
