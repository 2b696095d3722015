// Limits told in another way, for comparison: a token bucket in exact numbers, in a map that forgets nothing or, if it
// is to be like a table with few places, what is full again soonest. And random operations to ask it and a store with.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "portcullis/limit.h"

namespace portcullis::testing {

inline LimitKey limit_key(unsigned number) {
  LimitKey key{};
  key[8] = static_cast<unsigned char>(number);  // not among the first eight: all of them are neighbours in a table
  key[9] = static_cast<unsigned char>(number >> 8);
  return key;
}

/// What is owed of a bucket, in time, and when that was so. What is had again meanwhile comes off.
class LimitModel {
 public:
  explicit LimitModel(std::size_t places = std::numeric_limits<std::size_t>::max()) : places_(places) {}

  std::vector<LimitState> take(const NeedLimit& need, std::int64_t now) {
    using Verdict = LimitState::Verdict;
    std::vector<LimitState> states;
    std::vector<Exact> owed;
    bool all = true;
    for (const LimitTake& take : need.takes) {
      const Exact interval = take.interval.count(), full = interval * take.burst;
      const auto found = buckets_.find(take.key);
      // A clock that goes back makes it owe more, but never more than all of it.
      const Exact owes = found == buckets_.end() ? 0 : std::min(found->second.owed_at(now), full);
      const Exact missing = owes + interval * need.cost - full;
      LimitState state;
      state.verdict = need.cost < 0 || need.cost > take.burst ? Verdict::never
                      : missing > 0 && need.cost > 0          ? Verdict::denied
                                                              : Verdict::admitted;
      if (state.verdict == Verdict::denied) state.retry_after = time(missing);
      all = all && state.verdict == Verdict::admitted;
      owed.push_back(owes);
      states.push_back(state);
    }
    for (std::size_t i = 0; i < states.size(); ++i) {
      const LimitTake& take = need.takes[i];
      const Exact interval = take.interval.count(), full = interval * take.burst;
      const Exact owes = owed[i] + (all ? interval * need.cost : 0);
      states[i].remaining = static_cast<std::int64_t>((full - owes) / interval);
      states[i].reset = time(owes);
      const auto found = buckets_.find(take.key);
      const bool cut =
          found != buckets_.end() && states[i].verdict != Verdict::never && found->second.owed_at(now) > full;
      if ((all && need.cost > 0) || cut) note(need, take.key, {now, owes}, now);
    }
    return states;
  }

  std::uint64_t live_evictions() const { return live_evictions_; }
  /// Whether one of two was given up that were full again at the same time: then a store may have kept the other.
  bool ambiguous() const { return ambiguous_; }

 private:
  __extension__ using Exact = __int128;
  struct Bucket {
    Exact when, owes;
    Exact full_at() const { return when + owes; }
    Exact owed_at(Exact now) const { return std::max<Exact>(full_at() - now, 0); }
  };
  static std::chrono::nanoseconds time(Exact exact) {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(exact)};
  }

  void note(const NeedLimit& need, const LimitKey& key, Bucket bucket, Exact now) {
    if (!buckets_.contains(key) && buckets_.size() == places_) {
      auto gone = buckets_.end();
      bool tie = false;
      for (auto one = buckets_.begin(); one != buckets_.end(); ++one) {
        const bool in_use = std::any_of(need.takes.begin(), need.takes.end(),
                                        [&](const LimitTake& take) { return take.key == one->first; });
        if (in_use) continue;
        if (gone == buckets_.end() || one->second.full_at() < gone->second.full_at()) {
          gone = one;
          tie = false;
        } else {
          tie = tie || one->second.full_at() == gone->second.full_at();
        }
      }
      ambiguous_ = ambiguous_ || tie;
      live_evictions_ += gone->second.full_at() > now;
      buckets_.erase(gone);
    }
    buckets_[key] = bucket;
  }

  const std::size_t places_;
  std::uint64_t live_evictions_ = 0;
  bool ambiguous_ = false;
  std::map<LimitKey, Bucket> buckets_;
};

struct LimitOperation {
  NeedLimit need;
  std::int64_t now;  // nanoseconds
};

/// Operations of one to four buckets, each of its own interval. Limits change now and then; the clock stands, steps to
/// edges, and jumps back and forth. Every time is a multiple of `unit` nanoseconds.
class LimitOperations {
 public:
  LimitOperations(unsigned seed, unsigned keys, std::int64_t unit) : random_(seed), unit_(unit) {
    for (unsigned i = 0; i < keys; ++i) takes_.push_back(changed({limit_key(i)}));
  }

  LimitOperation next() {
    LimitOperation made{{.owner = {}, .cost = 1, .takes = {}}, 0};
    std::shuffle(takes_.begin(), takes_.end(), random_);
    const std::size_t count = below(10) < 6 ? 1 : 2 + below(3);
    for (std::size_t i = 0; i < count; ++i) {
      if (below(50) == 0) takes_[i] = changed(takes_[i]);
      made.need.takes.push_back(takes_[i]);
    }
    const LimitTake& first = takes_[0];
    made.need.cost = cost(first.burst);
    now_ = std::max(now_ + unit_ * step(first.interval.count() / unit_, first.burst), unit_);
    made.now = now_;
    return made;
  }

 private:
  std::size_t below(std::size_t most) { return std::uniform_int_distribution<std::size_t>{0, most - 1}(random_); }

  LimitTake changed(LimitTake take) {
    constexpr std::array<std::int64_t, 8> intervals{1,       7,         1000,       142'858,
                                                    333'334, 1'000'000, 30'000'000, 86'400'000'000};
    constexpr std::array<std::int64_t, 6> bursts{1, 2, 5, 10, 100, 1000};
    take.interval = std::chrono::nanoseconds{unit_ * (intervals[below(intervals.size())] + take.key[8])};
    take.burst = bursts[below(bursts.size())];
    return take;
  }

  std::int64_t cost(std::int64_t burst) {
    switch (below(16)) {
      case 0:
        return 0;
      case 1:
        return burst;
      case 2:
        return burst + 1;
      case 3:
        return below(8) == 0 ? std::numeric_limits<std::int64_t>::max() : (burst + 1) / 2;
      case 4:
        return below(8) == 0 ? -1 : 2;
      default:
        return 1;
    }
  }

  std::int64_t step(std::int64_t interval, std::int64_t burst) {
    const auto some = static_cast<std::int64_t>(below(static_cast<std::size_t>(interval) + 1));
    constexpr std::int64_t day = 86'400'000'000;
    switch (below(24)) {
      case 0:
        return 1;
      case 1:
        return -1;
      case 2:
        return interval;
      case 3:
        return interval - 1;
      case 4:
        return interval + 1;
      case 5:
        return interval * burst - 1;
      case 6:
        return interval * burst;
      case 7:
        return -some;
      case 8:
        return below(6) == 0 ? -day - some : 2 * some;
      case 9:
        return below(6) == 0 ? day + some : 3 * some;
      case 10:
        return below(6) == 0 ? -interval * burst : 0;
      case 11:
      case 12:
      case 13:
        return some;
      default:
        return 0;
    }
  }

  std::mt19937_64 random_;
  const std::int64_t unit_;
  std::int64_t now_ = 1'764'038'400'000'000'000;
  std::vector<LimitTake> takes_;
};

}  // namespace portcullis::testing
