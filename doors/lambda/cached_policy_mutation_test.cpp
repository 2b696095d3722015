// The comparison of cached_policy_property_test.cpp objects when a policy is a little too wide.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/generated_rules.h"

namespace portcullis::lambda {
namespace {

using namespace testing;
using Form = PolicyDocument::Form;

class Mutation : public ::testing::Test {
 protected:
  const RouteList routes_{{"GET /users", "scope:a"},         {"GET /users/{id}", "scope:a"},
                          {"GET /users/me", "scope:b"},      {"GET /orders/{id}/b", "scope:a"},
                          {"GET /files/{path+}", "scope:a"}, {"GET /files/new", "scope:b"},
                          {"POST /users", "scope:a"}};
  const Authorizer authorizer_ = authorizer_of(routes_, DefaultAccess::deny);
  const std::string token_ = scoped("a");
  const PolicyDocument sound_ = policy(authorizer_, {"GET", "/users"}, decide(authorizer_, {"GET", "/users"}, token_));

  Tally tally_of(const PolicyDocument& policy) const {
    Generator random{1};
    Tally tally;
    compare(policy, authorizer_, token_, requests_for(routes_, random), tally);
    compare(policy, authorizer_, token_, hostile_requests(routes_, random), tally);
    compare(policy, authorizer_, token_, {{"GET", "/orders/1/2/b"}, {"GET", "/users/"}, {"GET", "/orders//b"}}, tally);
    for (const auto& [root, literal] : {std::pair{"/users/", "me"}, std::pair{"/files/", "new"}})
      for (std::size_t i = 0; literal[i] != 0; ++i)
        for (const char* digits : {"0123456789ABCDEF", "0123456789abcdef"})
          compare(policy, authorizer_, token_,
                  {{"GET", root + std::string{literal}.replace(i, 1, encoded(literal[i], digits))}}, tally);
    return tally;
  }
};

TEST_F(Mutation, IsNeededForAnObjection) {
  ASSERT_EQ(sound_.form, Form::compiled);
  const Tally tally = tally_of(sound_);
  EXPECT_EQ(tally.objections, 0) << tally.first;
}

TEST_F(Mutation, ThatWidensAPatternIsObjectedTo) {
  for (std::size_t i = 0; i < sound_.allow.size(); ++i) {
    PolicyDocument wider = sound_;
    std::string& pattern = wider.allow[i];
    if (pattern.ends_with("?*")) {
      pattern.erase(pattern.size() - 2, 1);
    } else {
      pattern += '*';
    }
    EXPECT_GT(tally_of(wider).objections, 0) << pattern;
  }
}

TEST_F(Mutation, ThatDropsADenyIsObjectedTo) {
  for (std::size_t i = 0; i < sound_.deny.size(); ++i) {
    PolicyDocument wider = sound_;
    wider.deny.erase(wider.deny.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_GT(tally_of(wider).objections, 0) << sound_.deny[i];
  }
}

TEST_F(Mutation, ThatMergesTwoPatternsIsObjectedTo) {
  for (std::size_t i = 0; i < sound_.allow.size(); ++i)
    for (std::size_t j = i + 1; j < sound_.allow.size(); ++j) {
      PolicyDocument wider = sound_;
      const auto ends =
          std::mismatch(sound_.allow[i].begin(), sound_.allow[i].end(), sound_.allow[j].begin(), sound_.allow[j].end());
      wider.allow[i] = std::string{sound_.allow[i].begin(), ends.first} + '*';
      wider.allow.erase(wider.allow.begin() + static_cast<std::ptrdiff_t>(j));
      EXPECT_GT(tally_of(wider).objections, 0) << sound_.allow[i] << " and " << sound_.allow[j];
    }
}

}  // namespace
}  // namespace portcullis::lambda
