// For random operations, several buckets at once, with clocks that jump: the table answers as a plain model does.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/limit/gcra.h"
#include "core/limit/limit_table.h"
#include "tests/limit_model.h"

namespace portcullis {
namespace {

using Verdict = LimitState::Verdict;

constexpr int usual_operations = 50'000;

int operations() {
  const char* more = std::getenv("PORTCULLIS_SOAK");
  return more ? std::max(std::atoi(more), 20 * usual_operations) : usual_operations;
}

std::string told(const LimitState& state) {
  return std::to_string(static_cast<int>(state.verdict)) + " remaining " + std::to_string(state.remaining) +
         " retry_after " + std::to_string(state.retry_after.count()) + " reset " + std::to_string(state.reset.count());
}

struct Compared {
  int operations = 0, admitted = 0, denied = 0, never = 0, wrong = 0;
  std::uint64_t live_evictions = 0;
};

/// Until so many operations were compared, or the model does not know what a table of so few places kept.
void compare(LimitTable& table, testing::LimitModel model, testing::LimitOperations& random, int most, Compared& seen) {
  std::vector<LimitState> states(LimitTable::most_takes);
  while (seen.operations < most && seen.wrong < 5) {
    const auto [need, now] = random.next();
    table.take(need.takes, need.cost, MonoTime{now}, states);
    const std::vector<LimitState> expected = model.take(need, now);
    ++seen.operations;
    for (std::size_t at = 0; at < expected.size(); ++at) {
      seen.admitted += states[at].verdict == Verdict::admitted;
      seen.denied += states[at].verdict == Verdict::denied;
      seen.never += states[at].verdict == Verdict::never;
      if (told(states[at]) == told(expected[at])) continue;
      ++seen.wrong;
      ADD_FAILURE() << "operation " << seen.operations << ", take " << at << " of " << expected.size() << ", cost "
                    << need.cost << ", interval " << need.takes[at].interval.count() << ", burst "
                    << need.takes[at].burst << "\n  table " << told(states[at]) << "\n  model " << told(expected[at]);
    }
    if (model.ambiguous()) break;
  }
  EXPECT_EQ(table.live_evictions(), model.live_evictions());
  seen.live_evictions += model.live_evictions();
}

TEST(LimitTableProperty, AnswersAsTheModelDoes) {
  const int most = operations();
  Compared seen;
  LimitTable table{1000};
  testing::LimitOperations random{1, 12, 1};
  compare(table, testing::LimitModel{}, random, most, seen);
  for (const int some : {seen.admitted, seen.denied, seen.never}) EXPECT_GT(some, most / 50);
  EXPECT_EQ(table.live_evictions(), 0u);
  std::printf("counted: %d operations on limits beside a model\n", seen.operations);
}

TEST(LimitTableProperty, GivesUpWhatTheModelGivesUp) {
  const int most = operations() / 2;
  Compared seen;
  testing::LimitOperations random{2, 40, 1};
  while (seen.operations < most && seen.wrong == 0) {
    LimitTable table{1};  // one set of fifteen places
    compare(table, testing::LimitModel{15}, random, most, seen);
  }
  EXPECT_GT(seen.denied, most / 50);
  EXPECT_GT(seen.live_evictions, static_cast<unsigned>(most) / 50);
}

// ratelimit.md §1.2: in no interval of length t more than burst + t / interval.
TEST(LimitTableProperty, NoWindowHoldsMoreThanTheRate) {
  std::mt19937_64 random{3};
  const auto below = [&](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>{0, most - 1}(random);
  };
  for (int trace = 0; trace < 200; ++trace) {
    const LimitTake bucket{{}, std::chrono::nanoseconds{1 + below(1000)}, 1 + below(10)};
    struct Grant {
      std::int64_t when, cost;
    };
    std::vector<Grant> grants;
    ArrivalTime state = 0;
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += below(4) == 0 ? below(3 * bucket.interval.count()) : 0;
      const std::int64_t cost = 1 + below(bucket.burst);
      const Taken taken = take(bucket, state, now, cost);
      state = taken.after;
      if (taken.state.verdict == Verdict::admitted) grants.push_back({now, cost});
    }
    for (std::size_t from = 0; from < grants.size(); ++from) {
      std::int64_t sum = 0;
      for (std::size_t to = from; to < grants.size(); ++to) {
        sum += grants[to].cost;
        ASSERT_LE(sum, bucket.burst + (grants[to].when - grants[from].when) / bucket.interval.count());
      }
    }
  }
}

}  // namespace
}  // namespace portcullis
