// How many decisions of each kind, and how long they took: counted by one event loop, read by anyone, without a lock
// on the way of a request.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "portcullis/authorizer.h"

namespace portcullis::serve {

/// A number that one thread raises and others read.
class Tally {
 public:
  void add(std::uint64_t more = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Upper bounds of the duration's buckets, in seconds; one more holds the rest.
inline constexpr std::array duration_bounds{0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025,
                                            0.0005,   0.001,   0.0025,   0.005,   0.01,   0.025,
                                            0.05,     0.1,     0.25,     1.0,     2.5};

struct DecisionSums {
  struct Row {
    std::array<std::uint64_t, reasons.size()> enforced{}, reported{};  // by reason
  };
  struct LimitRow {
    std::uint64_t admitted = 0, denied = 0;
  };
  std::map<std::string, Row> by_route;  // "": no listed route
  std::map<std::string, LimitRow> by_limit;
  std::array<std::uint64_t, duration_bounds.size() + 1> durations{};
  double seconds = 0;
  std::uint64_t untrusted = 0, store_errors = 0, not_logged = 0;
};

/// Counts by one loop. Rows of routes and limits that a reload took away stay, as counters must.
class DecisionCounters {
 public:
  /// The loop's thread only.
  void count(const Decision& decision, std::chrono::nanoseconds took);
  /// Rules of a new configuration may stand where old ones stood. The loop's thread only.
  void forget_rules();
  Tally untrusted, store_errors, not_logged;  // raised by the loop's thread only

  /// Adds what was counted so far. Any thread.
  void add_to(DecisionSums& sums) const;

 private:
  struct Row {
    std::array<Tally, reasons.size()> enforced, reported;
  };
  struct LimitRow {
    Tally admitted, denied;
  };
  Row& row_of(const Decision& decision);
  LimitRow& row_of(const LimitPolicy& policy);

  mutable std::mutex mutex_;  // of the maps' shape, which changes when a route is met for the first time
  std::map<std::string, std::unique_ptr<Row>, std::less<>> rows_;
  std::map<std::string, std::unique_ptr<LimitRow>, std::less<>> limit_rows_;
  std::unordered_map<const void*, Row*> known_;              // by rule
  std::unordered_map<const void*, LimitRow*> known_limits_;  // by policy
  std::array<Tally, duration_bounds.size() + 1> durations_;
  Tally nanoseconds_;
};

}  // namespace portcullis::serve
