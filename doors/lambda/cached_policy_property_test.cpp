// For generated rules, tokens and requests the cached answer equals a fresh decision.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/case_count.h"
#include "tests/generated_rules.h"

namespace portcullis::lambda {
namespace {

using namespace testing;
using Form = PolicyDocument::Form;

constexpr int policies_of_a_shape = portcullis::testing::generated_cases(150);
constexpr int least_triples = portcullis::testing::generated_cases(100'000);

struct ShapeFacts {
  Shape shape;
  const char* name;
  bool always_compiled;
};
constexpr std::array shapes{
    ShapeFacts{Shape::flat, "flat routes", true},
    ShapeFacts{Shape::parameter, "{id} alone", true},
    ShapeFacts{Shape::parameter_beside_literals, "{id} beside literals", true},
    ShapeFacts{Shape::rest, "{path+}", true},
    ShapeFacts{Shape::default_authenticated, "default: authenticated with refused routes", true},
    ShapeFacts{Shape::mixed, "anything in any order", false},
};

// A needless escape is refused by every decision. A pattern may let it through only where the path it
// stands for is the caller's.
void compare_encoded(const PolicyDocument& cached, const Authorizer& authorizer, const std::string& token,
                     const Asked& plain, Generator& random, Tally& tally) {
  const bool allowed = decide(authorizer, plain, token).outcome == Outcome::allow;
  Asked asked = plain;
  const std::size_t at = 1 + random.below(plain.path.size());
  if (at >= plain.path.size() || plain.path[at] == '/' || plain.path.find('%') != std::string::npos) return;
  asked.path.replace(at, 1, encoded(plain.path[at], random.below(2) == 0 ? "0123456789ABCDEF" : "0123456789abcdef"));
  if (plain.path[at] == ':') return;  // with and without escape two texts
  EXPECT_EQ(decide(authorizer, asked, token).reason, Reason::bad_request) << asked.path;
  ++tally.triples;
  if (allows(cached, asked.arn()) && !allowed && tally.objections++ == 0)
    tally.first = asked.method + ' ' + asked.path + " stands for a refused path";
}

struct Share {
  int compiled = 0, method = 0;
};

void check_one(Shape shape, unsigned seed, Share& share, Tally& tally) {
  static const std::array<std::string, 4> tokens{scoped(""), scoped("a"), scoped("b"), scoped("a b")};
  Generator random{seed};
  const RouteList routes = random.routes(shape);
  const bool authenticated = shape == Shape::default_authenticated || (shape == Shape::mixed && random.below(4) == 0);
  const Authorizer authorizer =
      authorizer_of(routes, authenticated ? DefaultAccess::authenticated : DefaultAccess::deny);
  const std::string& token = tokens[random.below(tokens.size())];
  const auto requests = requests_for(routes, random);
  const Asked& asked = requests[random.below(requests.size())];
  const PolicyDocument answer = policy(authorizer, asked, decide(authorizer, asked, token));
  if (answer.form == Form::method) {
    ++share.method;
    compare(answer, authorizer, token, {asked}, tally);
    return;
  }
  ++share.compiled;
  compare(answer, authorizer, token, requests, tally);
  compare(answer, authorizer, token, hostile_requests({routes.front()}, random), tally);
  for (const Asked& plain : requests) compare_encoded(answer, authorizer, token, plain, random, tally);
}

TEST(CachedPolicyProperty, EqualsAFreshDecisionForGeneratedRulesTokensAndRequests) {
  int triples = 0;
  for (const ShapeFacts& facts : shapes) {
    Share share;
    Tally tally;
    for (unsigned seed = 1; seed <= policies_of_a_shape; ++seed) {
      check_one(facts.shape, seed, share, tally);
      ASSERT_EQ(tally.objections, 0) << facts.name << ", seed " << seed << ": " << tally.first;
    }
    triples += tally.triples;
    std::printf("%s: %d policies compiled, %d for the method (%d %%), %d triples\n", facts.name, share.compiled,
                share.method, 100 * share.method / (share.compiled + share.method), tally.triples);
    EXPECT_TRUE(share.method == 0 || !facts.always_compiled) << facts.name;
    EXPECT_GT(share.compiled, 0) << facts.name;
  }
  EXPECT_GE(triples, least_triples);
}

}  // namespace
}  // namespace portcullis::lambda
