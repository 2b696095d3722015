#include "doors/serve/decision_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace portcullis::serve {
namespace {

using std::chrono::nanoseconds;

struct Recorder {
  explicit Recorder(system::LogLevel level = system::LogLevel::error)
      : record(system::Log{level, system::LogForm::json}, secrets, ring) {}

  void note(Reason reason, int times, std::int64_t second) {
    Decision decision;
    decision.reason = reason;
    decision.outcome = reason == Reason::ok ? Outcome::allow : Outcome::deny;
    const ProxiedRequest proxied;
    const Now now{{}, {second * 1'000'000'000}};
    for (int i = 0; i < times; ++i) record.note(decision, {proxied, {}, "rev", nanoseconds{5'000}}, now, counters);
  }
  std::ptrdiff_t kept(std::string_view reason) const {
    const std::string json = ring.json();
    const std::string wanted = "\"reason\":\"" + std::string{reason} + '"';
    std::ptrdiff_t count = 0;
    for (std::size_t at = 0; (at = json.find(wanted, at)) != json.npos; ++at) ++count;
    return count;
  }

  Secrets secrets;
  DecisionRing ring;
  DecisionCounters counters;
  DecisionRecord record;
};

TEST(DecisionRecord, KeepsAFewOfTheManyAndSaysHowManyItDidNot) {
  Recorder recorder;
  recorder.note(Reason::bad_signature, 1'000, 1);
  EXPECT_EQ(recorder.kept("bad_signature"), DecisionRecord::most_refusals);
  EXPECT_EQ(recorder.counters.not_logged.get(), 1'000 - DecisionRecord::most_refusals);
  recorder.note(Reason::expired, 10, 2);
  EXPECT_EQ(recorder.kept("expired"), 10) << "each second begins anew";
  recorder.note(Reason::ok, 1'000, 3);
  EXPECT_EQ(recorder.kept("ok"), DecisionRecord::most_allowed);
}

TEST(DecisionRing, KeepsTheLastOnesTheYoungestFirst) {
  DecisionRing ring;
  EXPECT_EQ(ring.json(), "{\"decisions\":[]}\n");
  for (std::size_t i = 0; i < DecisionRing::most_kept + 2; ++i) ring.add(std::to_string(i));
  const std::string json = ring.json();
  EXPECT_THAT(json, testing::StartsWith("{\"decisions\":[\n513,\n512,\n511,"));
  EXPECT_THAT(json, testing::EndsWith("\n3,\n2]}\n"));
}

TEST(DecisionCounters, CountByRouteReasonAndLimitAndOutliveTheRules) {
  DecisionCounters counters;
  const auto policy = std::make_shared<LimitPolicy>(LimitPolicy{"few", "few", {}});
  const auto count = [&](const char* route, Reason reason, bool enforced, std::int64_t retry_after) {
    Decision decision;
    decision.reason = reason;
    decision.enforced = enforced;
    decision.rule = std::make_shared<MatchedRule>(MatchedRule{route, {}, {}});
    decision.limits.push_back({policy, 0, {}, {}, nanoseconds{retry_after}});
    counters.count(decision, nanoseconds{60'000});
    counters.forget_rules();
  };
  count("GET /a", Reason::ok, true, 0);
  count("GET /a", Reason::ok, true, 0);
  count("GET /a", Reason::rate_limited, false, 7);
  count("GET /b", Reason::rate_limited, true, 7);
  DecisionSums sums;
  counters.add_to(sums);
  const auto at = [](Reason reason) { return static_cast<std::size_t>(reason); };
  EXPECT_EQ(sums.by_route["GET /a"].enforced[at(Reason::ok)], 2U);
  EXPECT_EQ(sums.by_route["GET /a"].reported[at(Reason::rate_limited)], 1U);
  EXPECT_EQ(sums.by_route["GET /b"].enforced[at(Reason::rate_limited)], 1U);
  EXPECT_EQ(sums.by_limit["few"].admitted, 2U);
  EXPECT_EQ(sums.by_limit["few"].denied, 2U);
  const auto bound = std::lower_bound(duration_bounds.begin(), duration_bounds.end(), 0.0001);
  EXPECT_EQ(sums.durations[static_cast<std::size_t>(bound - duration_bounds.begin())], 4U);
  EXPECT_NEAR(sums.seconds, 0.00024, 1e-9);
}

}  // namespace
}  // namespace portcullis::serve
