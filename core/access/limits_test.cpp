// Limits inside the decision: whose bucket a request takes from, all or none, what a store's answers and failures
// lead to, and what clients are told. The clock is the test's.
#include <gtest/gtest.h>

#include "core/access/known_denials.h"
#include "core/token/base64url.h"
#include "tests/limited_api.h"

namespace portcullis {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::Api;
using testing::at;
using testing::by;
using testing::header;
using Kind = LimitDimension::Kind;

class LimitsInBothStores : public ::testing::TestWithParam<LimitStore> {
 protected:
  Api api;
  LimitsInBothStores() { api.rules.limit_store = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Stores, LimitsInBothStores, ::testing::Values(LimitStore::memory, LimitStore::shared));

TEST_P(LimitsInBothStores, CountEachVerifiedCallerForItself) {
  EXPECT_EQ(api.allowance({"/users", api.ada}), 3);
  EXPECT_EQ(api.allowance({"/users", api.grace}), 3);
  EXPECT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok) << "another route has no limit";
  const Decision refused = api.decide({"/users", api.ada});
  EXPECT_EQ(refused.reason, Reason::rate_limited);
  EXPECT_EQ(refused.detail, "limit per-user (10/min, burst 3): retry in 6 s");
  EXPECT_EQ(refused.outcome, Outcome::deny);
  EXPECT_FALSE(refused.passes());
  ASSERT_EQ(refused.limits.size(), 1u);
  EXPECT_EQ(refused.limits.front().policy->limit, "per-user");
  EXPECT_EQ(refused.limits.front().remaining, 0);
  EXPECT_EQ(api.decide({"/users", api.ada}, at(5'999)).reason, Reason::rate_limited);
  EXPECT_EQ(api.decide({"/users", api.ada}, at(6'000)).reason, Reason::ok) << "at exactly the time that was told";
}

TEST_P(LimitsInBothStores, ForgedTokensLeaveTheVictimsBucketAlone) {
  const std::string payload = api.ada.substr(0, api.ada.rfind('.'));
  (void)api.decide({"/users", api.ada});
  for (int i = 0; i < 1000; ++i) {
    const std::string forged = payload + '.' + base64url_encode(std::string(60, 'x') + std::to_string(1000 + i));
    ASSERT_EQ(api.decide({"/users", forged, "203.0.113.9"}).reason, Reason::bad_signature);
  }
  EXPECT_EQ(api.decide({"/users", api.ada}).limits.front().remaining, 1);
  EXPECT_EQ(api.allowance({"/users", api.ada}), 1);
}

TEST_P(LimitsInBothStores, AreAskedOnlyWhenTheAccessIsGranted) {
  const Access reader = AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read"}}};
  api.route("GET /read", {"per-user"}, reader);
  api.route("GET /read/tried", {"per-user"}, reader).mode = Mode::report;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(api.decide({"/read", api.ada}).reason, Reason::insufficient_scope);
    EXPECT_EQ(api.decide({"/read/tried", api.ada}).reason, Reason::insufficient_scope);
    EXPECT_EQ(api.decide({"/users", ""}).reason, Reason::no_credentials);
    EXPECT_EQ(api.decide({"/nowhere", api.ada}).reason, Reason::no_route);
  }
  EXPECT_EQ(api.allowance({"/users", api.ada}), 3);
}

TEST_P(LimitsInBothStores, TakeFromAllWindowsOrNone) {
  api.rules.limits.push_back(
      {"windows", *NonEmpty<Rate>::from({{3, minutes{1}, 3}, {5, hours{1}, 5}}), by(Kind::principal), "limits:9"});
  api.route("GET /windows", {"windows"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(api.decide({"/windows", api.ada}).reason, Reason::ok);
  for (int i = 0; i < 10; ++i) {
    const Decision refused = api.decide({"/windows", api.ada});
    ASSERT_EQ(refused.reason, Reason::rate_limited);
    EXPECT_EQ(refused.limits.front().policy->window, "windows/min");
  }
  for (int i = 0; i < 2; ++i) EXPECT_EQ(api.decide({"/windows", api.ada}, at(60'000)).reason, Reason::ok);
  const Decision hour = api.decide({"/windows", api.ada}, at(60'000));
  EXPECT_EQ(hour.reason, Reason::rate_limited);
  EXPECT_EQ(hour.limits.front().policy->window, "windows/hour");
}

TEST_P(LimitsInBothStores, OfCostlyRoutesTakeTheirCost) {
  api.route("GET /costly", {"per-user"}).cost = 2;
  EXPECT_EQ(api.decide({"/costly", api.ada}).limits.front().remaining, 1);
  const Decision refused = api.decide({"/costly", api.ada});
  EXPECT_EQ(refused.reason, Reason::rate_limited);
  EXPECT_EQ(refused.limits.front().remaining, 1);
  EXPECT_EQ(header(refused, "Retry-After"), "6");
  EXPECT_EQ(api.decide({"/users", api.ada}).reason, Reason::ok) << "what is left is enough for a cheaper one";
}

TEST_P(LimitsInBothStores, CountByEveryDimension) {
  struct Row {
    const char* why;
    LimitDimension dimension;
    std::string one, same, other;  // more claims
  };
  const Row rows[] = {
      {"client", {Kind::client}, R"(,"azp":"a")", R"(,"azp":"a","x":1)", R"(,"azp":"b")"},
      {"client_id", {Kind::client}, R"(,"client_id":"c")", R"(,"client_id":"c","x":1)", R"(,"client_id":"d")"},
      {"organization", {Kind::organization}, R"(,"org_id":"o")", R"(,"org_id":"o","x":1)", R"(,"org_id":"p")"},
      {"claim", {Kind::claim, "/plan"}, R"(,"plan":"1")", R"(,"plan":"1","x":1)", R"(,"plan":1)"},
      {"deep claim",
       {Kind::claim, "/a~1b/c"},
       R"(,"a/b":{"c":[1]})",
       R"(,"a/b":{"c":[1]},"x":1)",
       R"(,"a/b":{"c":[2]})"},
  };
  for (const Row& row : rows) {
    Api fresh;
    fresh.rules.limit_store = GetParam();
    fresh.limit("it", {1, hours{1}, 1}, NonEmpty<LimitDimension>{row.dimension});
    fresh.route("GET /it", {"it"});
    SCOPED_TRACE(row.why);
    EXPECT_EQ(fresh.decide({"/it", fresh.token(row.one)}).reason, Reason::ok);
    EXPECT_EQ(fresh.decide({"/it", fresh.token(row.same, "auth0|grace")}).reason, Reason::rate_limited);
    EXPECT_EQ(fresh.decide({"/it", fresh.token(row.other)}).reason, Reason::ok);
    const Decision absent = fresh.decide({"/it", fresh.ada});
    EXPECT_EQ(absent.reason, Reason::ok) << "what is absent is no reason to refuse";
    EXPECT_TRUE(absent.limits.empty());
  }
}

TEST_P(LimitsInBothStores, ByRouteAndIssuerAreOneBucketForAll) {
  api.limit("of-route", {1, hours{1}, 1}, by(Kind::route));
  api.limit("of-issuer", {1, hours{1}, 1}, by(Kind::issuer));
  api.route("GET /r/{id}", {"of-route"});
  api.route("GET /i", {"of-issuer"});
  EXPECT_EQ(api.decide({"/r/1", api.ada}).reason, Reason::ok);
  EXPECT_EQ(api.decide({"/r/2", api.grace}).reason, Reason::rate_limited) << "the route as configured, not the path";
  EXPECT_EQ(api.decide({"/i", api.ada}).reason, Reason::ok);
  EXPECT_EQ(api.decide({"/i", api.grace}).reason, Reason::rate_limited);
}

TEST_P(LimitsInBothStores, ByAddressKnowWhichSpellingsAreOne) {
  struct Row {
    const char *one, *other;
    bool same;
  };
  for (const Row& row : {Row{"192.0.2.1", "::ffff:192.0.2.1", true}, Row{"192.0.2.1", "192.0.2.2", false},
                         Row{"2001:db8::1", "2001:db8::ffff", true}, Row{"2001:db8::1", "2001:DB8:0:0:5::1", true},
                         Row{"2001:db8::1", "2001:db8:0:1::1", false}, Row{"2001:db8::1", "[2001:db8::2]:443", true}}) {
    SCOPED_TRACE(row.other);
    Api fresh;
    fresh.rules.limit_store = GetParam();
    EXPECT_EQ(fresh.allowance({"/addresses", fresh.ada, row.one}), 3);
    EXPECT_EQ(fresh.allowance({"/addresses", fresh.grace, row.other}), row.same ? 0 : 3);
  }
  EXPECT_EQ(api.allowance({"/addresses", api.ada, ""}), 1000) << "nobody knows the address: no bucket for everybody";
  EXPECT_EQ(api.allowance({"/addresses", api.ada, "unknown"}), 1000);
}

TEST_P(LimitsInBothStores, HaveSixteenTimesAsMuchForAnIpv6Network) {
  int passed = 0;
  Decision last;
  for (int i = 0; i < 60; ++i) {
    const std::string address = "2001:db8:7:" + std::to_string(i) + "::1";
    last = api.decide({"/addresses", api.ada, address.c_str()});
    passed += last.reason == Reason::ok;
    EXPECT_EQ(last.limits.size(), last.reason == Reason::ok ? 1u : 2u) << "a network's bucket is told of if it refuses";
  }
  EXPECT_EQ(passed, 48);
  EXPECT_EQ(last.limits.front().policy->window, "per-address/48");
  EXPECT_EQ(api.decide({"/addresses", api.ada, "2001:db8:8::1"}).reason, Reason::ok);
}

TEST_P(LimitsInBothStores, OnPublicRoutesCountAddressesAndWhoeverIsVerified) {
  EXPECT_EQ(api.allowance({"/public", "", "192.0.2.7"}), 3);
  EXPECT_EQ(api.allowance({"/public", "Bearer x.y.z", "192.0.2.8"}), 3) << "anonymous there";
  EXPECT_EQ(api.allowance({"/public", api.ada, "192.0.2.9"}), 3);
  const Decision refused = api.decide({"/public", api.ada, "192.0.2.10"});
  EXPECT_EQ(refused.reason, Reason::rate_limited);
  EXPECT_EQ(refused.limits.front().policy->limit, "per-user");
  EXPECT_EQ(api.allowance({"/public", "", "192.0.2.11"}), 3);
}

TEST_P(LimitsInBothStores, ThatReportRefuseNothingAndTakeAfterTheOthers) {
  api.limit("tried", {1, hours{1}, 1}, by(Kind::principal)).mode = Mode::report;
  api.route("GET /tried", {"tried", "per-user"});
  EXPECT_EQ(api.decide({"/tried", api.ada}).reason, Reason::ok);
  for (int i = 0; i < 2; ++i) {
    const Decision reported = api.decide({"/tried", api.ada});
    EXPECT_EQ(reported.reason, Reason::rate_limited);
    EXPECT_EQ(reported.outcome, Outcome::deny);
    EXPECT_FALSE(reported.enforced);
    EXPECT_TRUE(reported.passes());
    EXPECT_EQ(reported.limits.front().policy->limit, "tried");
    EXPECT_EQ(header(reported, "Retry-After"), "");
    EXPECT_EQ(header(reported, "RateLimit"), i == 0 ? "\"per-user\";r=1;t=6" : "\"per-user\";r=0;t=6");
  }
  const Decision refused = api.decide({"/tried", api.ada});
  EXPECT_TRUE(refused.enforced);
  EXPECT_EQ(refused.limits.front().policy->limit, "per-user");
  EXPECT_EQ(refused.limits.size(), 1u) << "one that only reports is not asked behind a refusal";
}

TEST_P(LimitsInBothStores, PassOnRoutesThatOnlyReport) {
  api.route("GET /reported", {"per-user"}).mode = Mode::report;
  EXPECT_EQ(api.allowance({"/reported", api.ada}), 3);
  const Decision reported = api.decide({"/reported", api.ada});
  EXPECT_EQ(reported.reason, Reason::rate_limited);
  EXPECT_TRUE(reported.passes());
  EXPECT_EQ(header(reported, "Retry-After") + header(reported, "RateLimit"), "") << "the request is not held back";
}

TEST_P(LimitsInBothStores, AreShownStepByStep) {
  api.limit("per-org", {10, minutes{1}, 3}, by(Kind::organization));
  api.route("GET /shown", {"per-org", "per-user"});
  Trace trace;
  (void)api.decide({"/shown", api.ada}, at(0), &trace);
  std::vector<std::string> shown;
  for (const Trace::Entry& entry : trace.entries)
    if (entry.step == StepName::limit && entry.text != "the shared store is asked") shown.push_back(entry.text);
  EXPECT_EQ(shown,
            (std::vector<std::string>{"per-org does not apply: the token has no org_id", "per-user: 2 of 3 left"}));
  (void)api.allowance({"/shown", api.ada});
  trace.entries.clear();
  (void)api.decide({"/shown", api.ada}, at(0), &trace);
  EXPECT_EQ(trace.entries.back().text, "limit per-user (10/min, burst 3): retry in 6 s");
  EXPECT_EQ(trace.entries.back().verdict, Trace::Verdict::failed);
}

TEST(Limits, InMemoryTakeNothingFromTheAddressWhereTheCallerIsRefused) {
  Api api;
  EXPECT_EQ(api.allowance({"/users", api.ada}), 3);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(api.decide({"/both", api.ada}).limits.front().policy->limit, "per-user");
  EXPECT_EQ(api.allowance({"/both", api.grace}), 3) << "the address is as full as it was";
  const Decision refused = api.decide({"/both", api.grace});
  EXPECT_EQ(refused.limits.size(), 2u);
}

TEST(Limits, AskASharedStoreOnceAnOwner) {
  Api api;
  api.share();
  api.limit("of-user-too", {100, hours{1}, 100}, by(Kind::principal));
  api.route("GET /three", {"per-user", "per-address", "of-user-too"});
  EXPECT_EQ(api.decide({"/three", api.ada}).limits.size(), 3u);
  EXPECT_EQ(api.store.questions, 2) << "the address, then all of the caller";
  (void)api.allowance({"/addresses", api.grace});
  api.store.questions = 0;
  const Decision refused = api.decide({"/three", api.ada});
  EXPECT_EQ(refused.limits.size(), 1u);
  EXPECT_EQ(api.store.questions, 0) << "what the store refused a moment ago";
  (void)api.decide({"/three", api.ada}, at(1'000));
  EXPECT_EQ(api.store.questions, 1) << "is asked again after a second, and the caller's not behind a refusal";
}

TEST(Limits, KnowOfASharedStoresRefusalWhatIsExact) {
  const KnownDenials denials;
  const LimitTake bucket{{7}, seconds{1}, 10};
  const LimitState state{LimitState::Verdict::denied, 1, milliseconds{1'500}, seconds{10}};
  const MonoTime then{5'000'000'000};
  const auto later = [&](milliseconds time) { return MonoTime{then.nanoseconds + nanoseconds{time}.count()}; };
  denials.remember(bucket, 3, state, then);
  EXPECT_FALSE(denials.find(bucket, 2, then)) << "a smaller cost may pass";
  EXPECT_EQ(denials.find(bucket, 3, later(milliseconds{500}))->retry_after, seconds{1});
  EXPECT_EQ(denials.find(bucket, 5, later(milliseconds{500}))->retry_after, seconds{3});
  EXPECT_TRUE(denials.find(bucket, 3, later(milliseconds{999})));
  EXPECT_FALSE(denials.find(bucket, 3, later(milliseconds{1'000})));
  EXPECT_FALSE(denials.find(bucket, 3, later(milliseconds{-1}))) << "a clock that went back";
  EXPECT_FALSE(denials.find({{8}, seconds{1}, 10}, 3, then)) << "another bucket";
  denials.remember(bucket, 1, {LimitState::Verdict::admitted, 9, nanoseconds{0}, seconds{1}}, then);
  EXPECT_TRUE(denials.find(bucket, 3, then)) << "only refusals are kept";
  denials.remember({{9}, nanoseconds{1'000'000}, 10}, 1,
                   {LimitState::Verdict::denied, 0, milliseconds{1}, milliseconds{10}}, then);
  EXPECT_FALSE(denials.find({{9}, nanoseconds{1'000'000}, 10}, 1, later(milliseconds{1}))) << "the wait is over";
}

TEST(Limits, WithoutTheStoreFollowThePolicy) {
  struct Row {
    StoreFailure policy;
    int allowance;
    Reason then;
  };
  for (const Row& row : {Row{StoreFailure::local, 3, Reason::rate_limited}, Row{StoreFailure::allow, 1000, Reason::ok},
                         Row{StoreFailure::deny, 0, Reason::store_unavailable}}) {
    SCOPED_TRACE(static_cast<int>(row.policy));
    Api api;
    api.share();
    api.rules.when_store_fails = row.policy;
    api.store.failure = "no answer in 5 ms";
    EXPECT_EQ(api.allowance({"/users", api.ada}), row.allowance);
    const Decision after = api.decide({"/users", api.ada});
    EXPECT_EQ(after.reason, row.then);
    if (row.then != Reason::rate_limited) {
      EXPECT_NE(after.detail.find("no answer in 5 ms"), std::string::npos) << after.detail;
    }
    EXPECT_EQ(after.outcome == Outcome::undecided, row.policy == StoreFailure::deny);
    if (row.policy == StoreFailure::local) {
      const Decision other = api.decide({"/users", api.grace});
      EXPECT_EQ(other.reason, Reason::ok);
      EXPECT_NE(other.detail.find("counts for itself"), std::string::npos) << other.detail;
    }
    api.store.questions = 0;
    (void)api.decide({"/both", api.grace});
    EXPECT_LE(api.store.questions, 1) << "one deadline a request";
    api.store.failure.clear();
    EXPECT_EQ(api.decide({"/users", api.token("", "new")}).reason, Reason::ok) << "and by itself again";
  }
}

TEST(Limits, TakeAnswersThatCannotBeForAFailure) {
  using Verdict = LimitState::Verdict;
  const std::function<void(LimitStates&)> spoils[] = {
      [](LimitStates& said) { said.states.clear(); },
      [](LimitStates& said) { said.states.push_back(said.states.front()); },
      [](LimitStates& said) { said.states.front().remaining = -1; },
      [](LimitStates& said) { said.states.front().remaining = 4; },
      [](LimitStates& said) { said.states.front().reset = nanoseconds{-1}; },
      [](LimitStates& said) { said.states.front().retry_after = nanoseconds{-1}; },
      [](LimitStates& said) { said.states.front().retry_after = seconds{1}; },
      [](LimitStates& said) { said.states.front().verdict = Verdict::never; },
      [](LimitStates& said) { said.states.front().verdict = Verdict::denied; },
  };
  for (const auto& spoil : spoils) {
    Api api;
    api.share();
    api.rules.when_store_fails = StoreFailure::deny;
    EXPECT_EQ(api.decide({"/users", api.ada}).reason, Reason::ok);
    api.store.spoil = spoil;
    EXPECT_EQ(api.decide({"/users", api.ada}).reason, Reason::store_unavailable);
  }
  Api api;
  api.share();
  api.rules.when_store_fails = StoreFailure::deny;
  api.start();
  const Header credential{"Authorization", api.ada};
  Step step = api.authorizer->begin({"GET", "/users", "", {&credential, 1}}, at(0));
  step = api.authorizer->resume(std::move(std::get<Asked>(step).pending), FetchOutcome{FetchFailed{"keys"}}, at(0));
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::store_unavailable) << "an answer to another question";
}

TEST(Limits, ThatOnlyReportNeverRefuseForALostStore) {
  Api api;
  api.share();
  api.rules.when_store_fails = StoreFailure::deny;
  api.store.failure = "gone";
  api.limit("tried", {1, hours{1}, 1}, by(Kind::principal)).mode = Mode::report;
  api.route("GET /tried", {"tried"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(api.decide({"/tried", api.ada}).reason, Reason::ok);
}

// What is told has to be true, to the second and on the same clock.
TEST_P(LimitsInBothStores, AdmitWhoWaitsExactlyAsTold) {
  struct Row {
    const char* why;
    Rate rate;
    std::vector<std::int64_t> at;  // ms; the last of them is refused
    const char* told;
  };
  const Row rows[] = {
      {"60/min, burst 1, after 200 ms", {60, minutes{1}, 1}, {0, 200}, "1"},
      {"60/min, burst 1, after 999 ms", {60, minutes{1}, 1}, {0, 999}, "1"},
      {"7/min, burst 1: 8.471 s", {7, minutes{1}, 1}, {0, 100}, "9"},
      {"1/hour, burst 3", {1, hours{1}, 3}, {0, 0, 0, 1'000}, "3599"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Api fresh;
    fresh.rules.limit_store = GetParam();
    fresh.limit("it", row.rate, by(Kind::principal));
    fresh.route("GET /it", {"it"});
    Decision last;
    for (const std::int64_t time : row.at) last = fresh.decide({"/it", fresh.ada}, at(time));
    EXPECT_EQ(last.reason, Reason::rate_limited);
    EXPECT_EQ(header(last, "Retry-After"), row.told);
    EXPECT_EQ(header(last, "Cache-Control"), "no-store");
    EXPECT_EQ(last.limits.front().remaining, 0);
    const std::int64_t again = row.at.back() + 1'000 * std::stoll(row.told);
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(fresh.decide({"/it", fresh.ada}, at(row.at.back())).reason, Reason::rate_limited)
          << "refused attempts do not push the time further out";
    EXPECT_EQ(fresh.decide({"/it", fresh.ada}, at(again)).reason, Reason::ok);
  }
}

TEST(LimitHeaders, TellHowEveryWindowStands) {
  Api api;
  api.rules.limits.push_back(
      {"windows", *NonEmpty<Rate>::from({{60, minutes{1}, 2}, {7, minutes{10}, 5}}), by(Kind::principal), "limits:9"});
  api.route("GET /windows", {"windows"});
  struct Row {
    LimitHeaders form;
    const char *standing, *policy, *legacy, *refused, *refused_legacy;
  };
  const char* const policies = "\"windows/min\";q=60;w=60;pc-burst=2, \"windows/10m\";q=7;w=600;pc-burst=5";
  const char* const standings = "\"windows/min\";r=1;t=1, \"windows/10m\";r=4;t=86";
  for (const Row& row :
       {Row{LimitHeaders::current, standings, policies, "", "\"windows/min\";r=0;t=1", ""},
        Row{LimitHeaders::legacy, "", "", "2 1 1767225601", "", "2 0 1767225602"},
        Row{LimitHeaders::both, standings, policies, "2 1 1767225601", "\"windows/min\";r=0;t=1", "2 0 1767225602"},
        Row{LimitHeaders::none, "", "", "", "", ""}}) {
    SCOPED_TRACE(static_cast<int>(row.form));
    api.rules.limit_headers = row.form;
    api.authorizer.reset();
    const auto legacy = [](const Decision& decision) {
      const std::string most = header(decision, "X-RateLimit-Limit");
      return most.empty()
                 ? most
                 : most + ' ' + header(decision, "X-RateLimit-Remaining") + ' ' + header(decision, "X-RateLimit-Reset");
    };
    const Decision first = api.decide({"/windows", api.ada});
    EXPECT_EQ(header(first, "RateLimit"), row.standing);
    EXPECT_EQ(header(first, "RateLimit-Policy"), row.policy);
    EXPECT_EQ(legacy(first), row.legacy);
    EXPECT_EQ(header(first, "Retry-After") + header(first, "Cache-Control"), "");
    (void)api.decide({"/windows", api.ada});
    const Decision refused = api.decide({"/windows", api.ada});
    EXPECT_EQ(header(refused, "RateLimit"), row.refused) << "none but the window that makes the client wait";
    EXPECT_EQ(legacy(refused), row.refused_legacy);
    EXPECT_EQ(header(refused, "Retry-After"), "1");
    EXPECT_EQ(client_headers(api.decide({"/nowhere", api.ada})).size(), 0u);
    EXPECT_EQ(client_headers(api.decide({"/windows", ""})).size(), 1u) << "the challenge alone";
  }
}

TEST(ProblemBody, TellsTheClientWhatItNeedsAndNothingElse) {
  Api api;
  (void)api.allowance({"/users", api.ada});
  EXPECT_EQ(problem_body(api.decide({"/users", api.ada})),
            R"({"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Too many requests.",)"
            R"("status":429,"reason":"rate_limited","detail":"Retry in 6 s.","violated-policies":["per-user"]})");
  EXPECT_EQ(problem_body(api.decide({"/nowhere", api.ada})),
            R"({"type":"about:blank","title":"No rule allows this method and path.","status":403,)"
            R"("reason":"no_route"})");
}

}  // namespace
}  // namespace portcullis
