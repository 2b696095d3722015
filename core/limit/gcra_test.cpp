// What each request gets of a bucket: every row of the vectors, from the arithmetic and from the table; and numbers
// that nobody sends in earnest.
#include "core/limit/gcra.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/limit/limit_table.h"
#include "tests/limit_model.h"
#include "tests/vector_file.h"

namespace portcullis {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using Verdict = LimitState::Verdict;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

std::int64_t whole(const Json& step, std::string_view name) {
  return static_cast<std::int64_t>(step.find(name)->number().value());
}

void expect_step(const LimitState& state, const Json& step, const std::string& where) {
  const std::string_view verdict = state.verdict == Verdict::admitted ? "admitted"
                                   : state.verdict == Verdict::denied ? "denied"
                                                                      : "never";
  EXPECT_EQ(verdict, testing::text(step, "verdict")) << where;
  EXPECT_EQ(state.remaining, whole(step, "remaining")) << where;
  EXPECT_EQ(state.retry_after, microseconds{whole(step, "retry_after")}) << where;
  EXPECT_EQ(state.reset, microseconds{whole(step, "reset")}) << where;
}

TEST(Limits, EveryVectorFromTheArithmeticAndFromTheTable) {
  const JsonDocument vectors = testing::vector_file("ratelimit.json");
  LimitTable table{1000};
  int steps = 0;
  for (const Json row : vectors.root()) {
    LimitTake bucket{testing::limit_key(static_cast<unsigned>(whole(row, "row")))};
    ArrivalTime kept = 0;
    const Json all = row.find("steps").value();
    for (const Json step : all) {
      bucket.interval = microseconds{whole(step, "interval")};
      bucket.burst = whole(step, "burst");
      const std::int64_t now = 1000 * whole(step, "now"), cost = whole(step, "cost");
      const std::string where = "row " + std::to_string(whole(row, "row")) + ": " + testing::text(row, "name") +
                                ", at " + std::to_string(whole(step, "now"));
      const Taken taken = take(bucket, kept, now, cost);
      kept = taken.after;
      expect_step(taken.state, step, where);
      LimitState state;
      table.take({&bucket, 1}, cost, MonoTime{now}, {&state, 1});
      expect_step(state, step, where + ", in the table");
      ++steps;
    }
  }
  EXPECT_EQ(steps, 154);
}

TEST(Limits, NoCostOverflowsIntoAdmission) {
  const LimitTake usual{{}, nanoseconds{1000}, 10}, longest{{}, std::chrono::hours{24 * 365}, 146};
  for (const LimitTake& bucket : {usual, longest}) {
    for (const std::int64_t cost : {most, most - 1, std::int64_t{1} << 62, (std::int64_t{1} << 54) + 1,
                                    bucket.burst + 1, std::int64_t{-1}, least}) {
      const Taken taken = take(bucket, 0, 5, cost);
      EXPECT_EQ(taken.state.verdict, Verdict::never) << cost;
      EXPECT_EQ(taken.after, 0) << "state untouched";
      EXPECT_EQ(taken.state.remaining, bucket.burst);
    }
    EXPECT_EQ(take(bucket, 0, 5, bucket.burst).state.verdict, Verdict::admitted) << "the twin";
  }
}

// Configurations are held to their ranges before; here is seen that nothing else would overflow, or divide by nothing.
TEST(Limits, AnyNumbersGiveAnAnswerWithinTheBurst) {
  const std::int64_t numbers[] = {least,    -1,  0, 1, 2, 1000, std::int64_t{1} << 61, std::int64_t{1} << 62,
                                  most - 1, most};
  for (const std::int64_t interval : numbers)
    for (const std::int64_t burst : numbers)
      for (const std::int64_t before : numbers)
        for (const std::int64_t now : numbers)
          for (const std::int64_t cost : numbers) {
            const LimitTake bucket{{}, nanoseconds{interval}, burst};
            const Taken taken = take(bucket, before, now, cost);
            ASSERT_GE(taken.state.remaining, 0);
            ASSERT_LE(taken.state.remaining, std::max<std::int64_t>(burst, 0));
            ASSERT_GE(taken.state.reset.count(), 0);
            ASSERT_GE(until_more(bucket, taken.state).count(), 0);
            ASSERT_EQ(taken.state.retry_after.count() > 0, taken.state.verdict == Verdict::denied);
            ASSERT_TRUE(taken.state.verdict == Verdict::never || (cost >= 0 && cost <= burst) || cost == 0);
          }
}

TEST(Limits, UntilMoreIsUntilOneMoreUnit) {
  const LimitTake bucket{{}, nanoseconds{100}, 5};
  struct Row {
    std::int64_t reset, more;
  };
  for (const Row& row : {Row{0, 0}, Row{1, 1}, Row{99, 99}, Row{100, 100}, Row{101, 1}, Row{450, 50}, Row{500, 100},
                         Row{9000, 100}, Row{-1, 0}})
    EXPECT_EQ(until_more(bucket, {Verdict::admitted, 0, {}, nanoseconds{row.reset}}).count(), row.more) << row.reset;
  // At that time there is one more, and not a nanosecond earlier.
  const ArrivalTime state = take(bucket, 0, 1000, 3).after;
  const Taken at = take(bucket, state, 1030, 0);
  const std::int64_t more = until_more(bucket, at.state).count();
  EXPECT_EQ(take(bucket, state, 1030 + more, 0).state.remaining, at.state.remaining + 1);
  EXPECT_EQ(take(bucket, state, 1030 + more - 1, 0).state.remaining, at.state.remaining);
}

TEST(Limits, TheIntervalIsRoundedUp) {
  struct Row {
    std::int64_t count;
    nanoseconds period;
    std::int64_t interval;
  };
  for (const Row& row : {Row{1, std::chrono::seconds{1}, 1'000'000'000}, Row{3, std::chrono::seconds{1}, 333'333'334},
                         Row{60, std::chrono::minutes{1}, 1'000'000'000}, Row{1'000'000'000, Rate::shortest, 1}})
    EXPECT_EQ((Rate{row.count, row.period, 1}.interval().count()), row.interval) << row.count;
}

}  // namespace
}  // namespace portcullis
