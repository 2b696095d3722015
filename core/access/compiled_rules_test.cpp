// What is taken over when rules change in a running process, and which limits cannot be kept.
#include <gtest/gtest.h>

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
using Kind = LimitDimension::Kind;

TEST(Successor, TakesOverLimitsAndWhatAddressesFailed) {
  for (const LimitStore kind : {LimitStore::memory, LimitStore::shared}) {
    Api api;
    api.rules.limit_store = kind;
    api.rules.failed_tokens = FailedTokenRule{NonEmpty<Rate>{Rate{5, minutes{15}, 5}}, "failed:1"};
    EXPECT_EQ(api.allowance({"/users", api.ada}), 3);
    for (int i = 0; i < 5; ++i) (void)api.decide({"/users", "Bearer !", "192.0.2.5"});
    api.route("GET /new", {});
    auto next = api.authorizer->successor(api.rules);
    ASSERT_TRUE(next);
    const auto before = api.authorizer->limit_memory(at(0));
    api.authorizer = *std::move(next);
    EXPECT_EQ(api.decide({"/users", api.ada}).reason, Reason::rate_limited);
    EXPECT_EQ(api.decide({"/new", api.ada}).reason, Reason::ok);
    EXPECT_EQ(api.decide({"/users", api.grace, "192.0.2.5"}).reason, Reason::rate_limited);
    EXPECT_EQ(api.authorizer->limit_memory(at(0)).bytes, before.bytes) << "the same tables";
    api.rules.limits.front().rates = NonEmpty<Rate>{Rate{10, minutes{1}, 30}};
    api.authorizer = *api.authorizer->successor(api.rules);
    EXPECT_EQ(api.allowance({"/users", api.ada}), 27) << "a raised limit counts at once, also where a store refused";
    api.rules.limits.push_back(api.rules.limits.front());
    EXPECT_FALSE(api.authorizer->successor(api.rules));
  }
  Api api;
  api.rules.limits.clear();
  for (RouteRule& route : api.rules.routes) route.limits.clear();
  api.start();
  EXPECT_EQ(api.authorizer->limit_memory(at(0)).bytes, 0u) << "no limits, no tables";
}

TEST(Successor, TakesOverFetchedKeysOfSourcesThatAreConfiguredAlike) {
  Api api;
  const auto remote = [&](const char* url) { return RemoteKeys{url}; };
  api.rules.issuers.front().keys = remote("https://one.example.com/jwks");
  api.start();
  const auto asked = api.authorizer->warm_up(at(0));
  ASSERT_EQ(asked.size(), 1u);
  const FetchOutcome keys{FetchedKeys{200, api.signer.jwks(), {}, {}, {}}};
  IssuerRule second = api.rules.issuers.front();
  second.expect.issuer = "https://other.example.com/";
  second.keys = remote("https://two.example.com/jwks");
  Rules more = api.rules;
  more.issuers.insert(more.issuers.begin(), second);
  Authorizer next = *api.authorizer->successor(more);
  next.learn(asked.front().ticket, keys, at(0));  // asked by the one, answered to the other
  EXPECT_TRUE(next.key_status(at(0))[1].keys);
  EXPECT_FALSE(next.key_status(at(0))[0].keys);
  const auto wanted = next.warm_up(at(0));
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_NE(wanted.front().ticket.source, asked.front().ticket.source);
  EXPECT_TRUE(api.authorizer->key_status(at(0))[0].keys) << "both may be used";
  Rules changed = more;
  std::get<RemoteKeys>(changed.issuers[1].keys).fresh = seconds{61};
  const Authorizer last = *next.successor(changed);
  EXPECT_FALSE(last.key_status(at(0))[1].keys) << "other ages, other keys";
}

TEST(LimitRules, AreRefusedWithTheirPlace) {
  struct Row {
    const char* why;
    std::function<void(Api&)> spoil;
    const char *place, *message;
  };
  const auto rate = [](Rate bad) { return [bad](Api& api) { api.rules.limits[0].rates = NonEmpty<Rate>{bad}; }; };
  const auto shared = [](Rate bad) {
    return [bad](Api& api) {
      api.share();
      api.rules.limits[0].rates = NonEmpty<Rate>{bad};
    };
  };
  const hours month{31 * 24};
  const Row rows[] = {
      {"unknown", [](Api& api) { api.rules.routes[0].limits = {"per-usr"}; }, "routes:1",
       "\"GET /users\": there is no limit \"per-usr\"; did you mean \"per-user\"?"},
      {"none at all", [](Api& api) { api.rules.limits.clear(); }, "routes:1", "add it under 'limits'"},
      {"twice on a route",
       [](Api& api) {
         api.rules.routes[0].limits = {"per-user", "per-user"};
       },
       "routes:1", "twice"},
      {"two of one name", [](Api& api) { api.rules.limits[1].name = "per-user"; }, "limits:1", "already at limits:1"},
      {"name", [](Api& api) { api.rules.limits[1].name = "per user"; }, "limits:1", "letters, digits, - and _"},
      {"long name", [](Api& api) { api.rules.limits[1].name = std::string(65, 'a'); }, "limits:1", "1 to 64"},
      {"taken name", [](Api& api) { api.rules.limits[1].name = "failed_tokens"; }, "limits:1", "is taken"},
      {"count 0", rate({0, minutes{1}, 1}), "limits:1", "count"},
      {"count", rate({1'000'000'001, minutes{1}, 1}), "limits:1", "count"},
      {"period", rate({1, nanoseconds{999'999}, 1}), "limits:1", "period"},
      {"long period", rate({1, month + seconds{1}, 1}), "limits:1", "31 days"},
      {"burst 0", rate({1, minutes{1}, 0}), "limits:1", "burst"},
      {"burst", rate({1, minutes{1}, 1'000'001}), "limits:1", "burst"},
      {"never full", rate({1, month, 1'722}), "limits:1", "146 years"},
      {"too quick to share", shared({1'002'000, seconds{1}, 1}), "limits:1", "1,000,000 a second"},
      {"never full, shared", shared({1, month, 841}), "limits:1", "71 years"},
      {"two of one period",
       [](Api& api) {
         api.rules.limits[0].rates = *NonEmpty<Rate>::from({{1, minutes{1}, 1}, {2, seconds{60}, 1}});
       },
       "limits:1", "period min"},
      {"by twice",
       [](Api& api) {
         api.rules.limits[0].by = *NonEmpty<LimitDimension>::from({{Kind::route}, {Kind::route}});
       },
       "limits:1", "twice"},
      {"pointer", [](Api& api) { api.rules.limits[0].by = by(Kind::claim, "plan"); }, "limits:1", "JSON pointer"},
      {"cost 0", [](Api& api) { api.rules.routes[0].cost = 0; }, "routes:1", "cost is 1 or more"},
      {"cost", [](Api& api) { api.rules.routes[0].cost = 4; }, "routes:1", "more than the burst of per-user, 3"},
      {"cost of nothing", [](Api& api) { api.rules.routes[3].cost = 2; }, "routes:1", "no limit"},
      {"windows",
       [](Api& api) {
         std::vector<Rate> nine;
         for (int i = 1; i <= 9; ++i) nine.push_back({1, minutes{i}, 1});
         api.rules.limits[1].rates = *NonEmpty<Rate>::from(nine);
       },
       "routes:1", "18 windows"},
      {"failed tokens",
       [](Api& api) {
         api.rules.failed_tokens = FailedTokenRule{NonEmpty<Rate>{Rate{0, minutes{1}, 1}}, "failed:1"};
       },
       "failed:1", "failed_tokens: the count"},
      {"keys", [](Api& api) { api.rules.limit_keys = 999; }, "", "1,000 to 20,000,000"},
  };
  EXPECT_TRUE(Authorizer::make(Api{}.rules, {}));
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Api api;
    row.spoil(api);
    const auto made = Authorizer::make(api.rules, {});
    if (made) {
      ADD_FAILURE() << "was accepted";
      continue;
    }
    EXPECT_EQ(made.error().front().place, row.place);
    EXPECT_NE(made.error().front().message.find(row.message), std::string::npos) << made.error().front().message;
  }
  const std::vector<std::function<void(Api&)>> accepted{rate({1'000'000'000, milliseconds{1'000}, 1'000'000}),
                                                        rate({1, month, 1'721}), rate({1, milliseconds{1}, 1'000}),
                                                        shared({1'000'000, seconds{1}, 3}), shared({1, month, 840})};
  for (const auto& fits : accepted) {
    Api api;
    fits(api);
    const auto made = Authorizer::make(api.rules, {});
    EXPECT_TRUE(made) << made.error().front().message;
  }
}

}  // namespace
}  // namespace portcullis
