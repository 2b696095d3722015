// A route that only reports: what would have been decided is told, the request passes, and nobody gets an
// identity that was not verified.
#include <gtest/gtest.h>

#include "core/access/requirement.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

struct Api {
  testing::Signer signer;
  Rules rules;

  Api() {
    rules.issuers.push_back(signer.issuer());
    const Access reader = AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read"}}};
    rules.routes = {{"GET /reported", reader, "rules:1", Mode::report}, {"GET /enforced", reader, "rules:2"}};
  }
  Decision decide(const char* path, const std::string& authorization, Trace* trace = nullptr) const {
    const auto authorizer = Authorizer::make(rules, {});
    const Header header{"Authorization", authorization};
    const std::span<const Header> headers{&header, authorization.empty() ? 0u : 1u};
    return std::get<Settled>(authorizer->begin({"GET", path, "", headers}, testing::new_year(), trace)).decision;
  }
};

TEST(ReportMode, DecidesAsEverAndLetsThrough) {
  const Api api;
  const std::string plain = "Bearer " + api.signer.sign(testing::claims());
  const std::string reader = "Bearer " + api.signer.sign(testing::claims(R"(,"scope":"read")"));
  const std::string late = "Bearer " + api.signer.sign(testing::claims(R"(,"nbf":1767300000)"));
  const std::string bound =
      "Bearer " +
      api.signer.sign(testing::claims(R"(,"scope":"read","cnf":{"jkt":")" + std::string(43, 'a') + R"("})"));
  const testing::Signer stranger;
  const std::string forged = "Bearer " + stranger.sign(testing::claims(R"(,"scope":"read")"));
  struct Row {
    std::string authorization;
    Reason reason;
    bool known;  // whether the caller is who the token says
  };
  for (const Row& row : std::initializer_list<Row>{{reader, Reason::ok, true},
                                                   {plain, Reason::insufficient_scope, true},
                                                   {"", Reason::no_credentials, false},
                                                   {"Bearer a b", Reason::bad_request, false},
                                                   {forged, Reason::bad_signature, false},
                                                   {late, Reason::not_yet, false},
                                                   {bound, Reason::dpop_missing, false}}) {
    SCOPED_TRACE(facts(row.reason).code);
    const Decision enforced = api.decide("/enforced", row.authorization);
    const Decision reported = api.decide("/reported", row.authorization);
    EXPECT_EQ(enforced.reason, row.reason) << enforced.detail;
    EXPECT_EQ(reported.reason, row.reason) << reported.detail;
    EXPECT_EQ(reported.outcome, enforced.outcome);
    EXPECT_EQ(reported.detail, enforced.detail);
    EXPECT_EQ(texts_of(reported.missing), texts_of(enforced.missing));
    EXPECT_TRUE(enforced.enforced);
    EXPECT_FALSE(reported.enforced);
    EXPECT_EQ(enforced.passes(), row.reason == Reason::ok);
    EXPECT_TRUE(reported.passes());
    EXPECT_EQ(reported.token.has_value(), row.known);
    EXPECT_EQ(challenge(reported), "") << "a request that passes is not challenged";
  }
}

TEST(ReportMode, DoesNotCoverWhatHasNoRoute) {
  const Api api;
  for (const char* path : {"/reported/../enforced", "/unlisted"}) {
    const Decision decision = api.decide(path, "");
    EXPECT_TRUE(decision.enforced) << path;
    EXPECT_FALSE(decision.passes()) << path;
  }
}

TEST(ReportMode, IsSaidInTheTraceAndGrantedToEverybody) {
  const Api api;
  Trace trace;
  (void)api.decide("/reported", "", &trace);
  EXPECT_EQ(trace.entries.back().text, "mode: report, so the request is let through");
  EXPECT_EQ(trace.entries.back().place, "rules:1");
  const Grants grants = Authorizer::make(api.rules, {})->grants(std::nullopt);
  EXPECT_TRUE(grants.routes[0].allowed);
  EXPECT_FALSE(grants.routes[1].allowed);
}

TEST(ReportMode, WithUnreachableKeysPassesWithoutAnIdentity) {
  Api api;
  api.rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  const auto authorizer = Authorizer::make(api.rules, {});
  const std::string value = "Bearer " + api.signer.sign(testing::claims());
  const Header header{"Authorization", value};
  for (const char* path : {"/reported", "/enforced"}) {
    Step step = authorizer->begin({"GET", path, "", {&header, 1}}, testing::new_year());
    while (auto* asked = std::get_if<Asked>(&step)) {
      const FetchOutcome failed = FetchFailed{"no route to host"};
      authorizer->learn(std::get<NeedKeys>(asked->question).ticket, failed, testing::new_year());
      step = authorizer->resume(std::move(asked->pending), failed, testing::new_year());
    }
    const Decision& decision = std::get<Settled>(step).decision;
    EXPECT_EQ(decision.reason, Reason::keys_unavailable);
    EXPECT_EQ(decision.passes(), path == std::string_view{"/reported"});
    EXPECT_FALSE(decision.token);
  }
}

TEST(ReportMode, OfAPublicRouteIsAnError) {
  Api api;
  EXPECT_TRUE(Authorizer::make(api.rules, {}));
  api.rules.routes[0].access = PublicAccess{};
  const auto made = Authorizer::make(api.rules, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().front().place, "rules:1");
}

}  // namespace
}  // namespace portcullis
