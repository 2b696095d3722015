// A compiled policy is right for every route, asked or not: examples. cached_policy_property_test.cpp
// does the same with generated rules.
#include <gtest/gtest.h>

#include "tests/fresh_and_cached.h"

namespace portcullis::lambda {
namespace {

using namespace testing;
using Form = PolicyDocument::Form;

TEST(CachedPolicy, OfOneRouteHoldsForTheOthersAndGrantsNoMore) {  // CA-01, CA-04
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
    EXPECT_EQ(answer.form, Form::compiled);
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

struct Spelled {
  const char* path;
  bool allowed;
};

// The cached answer of `asked` for each path, against the table and against a fresh decision.
void expect_exact(const Authorizer& authorizer, const std::string& token, const std::vector<Spelled>& rows) {
  const Asked asked{"GET", rows.front().path};
  const PolicyDocument answer = policy(authorizer, asked, decide(authorizer, asked, token));
  ASSERT_EQ(answer.form, Form::compiled);
  for (const Spelled& row : rows) {
    SCOPED_TRACE(row.path);
    const Asked other{"GET", row.path};
    EXPECT_EQ(decide(authorizer, other, token).outcome == Outcome::allow, row.allowed);
    EXPECT_EQ(allows(answer, other.arn()), row.allowed);
  }
}

TEST(CachedPolicy, TellsARefusedLiteralFromTheParameterBesideIt) {
  const Authorizer authorizer =
      authorizer_of({{"GET /users/{id}", "scope:a"}, {"GET /users/me", "scope:b"}}, DefaultAccess::deny);
  expect_exact(authorizer, scoped("a"),
               {{"/users/1", true},
                {"/users/me", false},
                {"/users/mee", true},
                {"/users/Me", true},
                {"/users/me/", false},
                {"/users/me/x", false},
                {"/users/%6De", false},
                {"/users/m%65", false},
                {"/users/%6d%65", false},
                {"/users/%256De", false},
                {"/users/a%20b", true},
                {"/users/a%40b", true},
                {"/users/%C3%BC", true},
                {"/users/100%25", true},
                {"/users/ada%7Eb", true},
                {"/u%73ers/1", false},
                {"/users/%2e%2e", false},
                {"/users/a%3Ab", true}});
  expect_exact(authorizer, scoped("b"), {{"/users/me", true}, {"/users/1", false}, {"/users/%6De", false}});
}

TEST(CachedPolicy, TellsWhatIsRefusedFromTheRestUnderDefaultAuthenticated) {
  const Authorizer authorizer = authorizer_of(
      {{"ANY /admin/{path+}", "scope:b"}, {"GET /reports/all", "scope:b"}, {"GET /reports/mine", "authenticated"}},
      DefaultAccess::authenticated);
  expect_exact(authorizer, scoped("a"),
               {{"/reports/mine", true},
                {"/reports/all", false},
                {"/reports/al", true},
                {"/reports/all/", true},
                {"/reports/all/x", true},
                {"/reports/%61ll", false},
                {"/rep%6Frts/all", false},
                {"/", true},
                {"/admin", true},
                {"/admin/", true},
                {"/admin/x", false},
                {"/admin/x/y", false},
                {"/%61dmin/x", false},
                {"/x/admin/y", true},
                {"/x%20y", true},
                {"/adminx/y", true}});
}

TEST(CachedPolicy, LetsARouteOfTheVerbShadowAny) {
  const Authorizer authorizer =
      authorizer_of({{"ANY /a/{id}", "scope:a"}, {"GET /a/{x}", "scope:b"}}, DefaultAccess::deny);
  const Asked asked{"POST", "/a/1"};
  const PolicyDocument answer = policy(authorizer, asked, decide(authorizer, asked, scoped("a")));
  EXPECT_EQ(answer.form, Form::compiled);
  EXPECT_TRUE(allows(answer, Asked{"DELETE", "/a/1"}.arn()));
  EXPECT_FALSE(allows(answer, Asked{"GET", "/a/1"}.arn()));
}

TEST(CachedPolicy, FallsBackToTheMethodWhereWildcardsCannotTellRoutesApart) {
  struct Row {
    const char* why;
    RouteList routes;
    DefaultAccess fallback;
    const char *own, *other;
  };
  for (const Row& row : {Row{"what is below {id} is unlisted, but for one route: a Deny would take that too",
                             {{"GET /users/{id}", "scope:a"}, {"GET /users/{id}/orders", "scope:a"}},
                             DefaultAccess::deny,
                             "/users/1",
                             "/users/2"},
                         Row{"{id} is refused, what is below it is not, and a Deny crosses slashes",
                             {{"GET /users/{id}", "scope:b"}},
                             DefaultAccess::authenticated,
                             "/users/1/x",
                             "/users/1"},
                         Row{"the caller's within the refused within the caller's",
                             {{"GET /admin/{path+}", "scope:b"}, {"GET /admin/help", "scope:a"}},
                             DefaultAccess::authenticated,
                             "/admin/help",
                             "/admin/x"},
                         Row{"a literal with more than one spelling",
                             {{"GET /caf%C3%A9", "scope:a"}},
                             DefaultAccess::deny,
                             "/caf%C3%A9",
                             "/x"},
                         Row{"the same", {{"GET /~ada", "scope:a"}}, DefaultAccess::deny, "/~ada", "/x"}}) {
    SCOPED_TRACE(row.why);
    const Authorizer authorizer = authorizer_of(row.routes, row.fallback);
    const Asked own{"GET", row.own};
    const PolicyDocument answer = policy(authorizer, own, decide(authorizer, own, scoped("a")));
    EXPECT_EQ(answer.form, Form::method);
    EXPECT_TRUE(allows(answer, own.arn()));
    EXPECT_FALSE(allows(answer, Asked{"GET", row.other}.arn()));
  }
}

TEST(CachedPolicy, NeverHoldsAPatternOfTheClientsMaking) {  // POL-11
  const Authorizer authorizer =
      authorizer_of({{"GET /users/{id}", "scope:a"}, {"GET /users/{id}/x", "scope:a"}}, DefaultAccess::deny);
  const Decision decision = decide(authorizer, {"GET", "/users/*"}, scoped("a"));
  ASSERT_EQ(decision.outcome, Outcome::allow);
  const PolicyDocument answer = policy(authorizer, {"GET", "/users/*"}, decision);
  EXPECT_TRUE(answer.allow.empty());
  EXPECT_FALSE(allows(answer, std::string{stage} + "GET/users/me"));
}

}  // namespace
}  // namespace portcullis::lambda
