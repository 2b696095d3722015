// How often something may be done: the rules of limits, and what the core asks a store that many machines share.
// The arithmetic is GCRA: one number a bucket, exact, no windows that meet at an edge (ratelimit.md §1.2).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "portcullis/non_empty.h"

namespace portcullis {

/// So many units a period, and so many of them at once.
struct Rate {
  std::int64_t count = 1;                                    // 1..1,000,000,000
  std::chrono::nanoseconds period{std::chrono::seconds{1}};  // 1 ms..31 days
  std::int64_t burst = 1;                                    // 1..1,000,000

  static constexpr std::int64_t most_count = 1'000'000'000, most_burst = 1'000'000;
  static constexpr std::chrono::nanoseconds shortest = std::chrono::milliseconds{1},
                                            longest = std::chrono::hours{31 * 24};
  /// Between two units once the burst is used up; rounded up, so that never more than `count` a period are granted.
  constexpr std::chrono::nanoseconds interval() const noexcept {
    return std::chrono::nanoseconds{(period.count() + count - 1) / count};
  }
};

/// What tells one bucket of a limit from another. All but `address` and `route` are read from a verified token only.
struct LimitDimension {
  enum class Kind : std::uint8_t {
    principal,     // issuer and `sub`
    client,        // issuer and `azp`, else `client_id`
    organization,  // issuer and `org_id`
    issuer,        // whose tokens: one bucket for all of them
    claim,         // issuer and the claim at `pointer`
    address,       // of the client; IPv6 by /64
    route,         // the route as configured, never the path that was sent
  };
  Kind kind = Kind::principal;
  std::string pointer{};  // of a claim: RFC 6901
  friend bool operator==(const LimitDimension&, const LimitDimension&) = default;
};

/// What the core asks a shared store: the names are keyed hashes, so a store knows no subject and no address.
using LimitKey = std::array<unsigned char, 16>;

/// One bucket that a request takes from.
struct LimitTake {
  LimitKey key{};                        // names limit, window and whose it is
  std::chrono::nanoseconds interval{1};  // Rate::interval(), at least 1 ns
  std::int64_t burst = 1;                // Rate::burst
};

/// "Take `cost` units of each of these buckets, or, if one has not enough, none of any." One round trip.
struct NeedLimit {
  LimitKey owner{};                // whose buckets they are: a store that is split keeps them in one place
  std::int64_t cost = 1;           // 0: look only
  std::vector<LimitTake> takes{};  // at least one
};

/// How one bucket stands after it was asked.
struct LimitState {
  enum class Verdict : std::uint8_t {
    admitted,
    denied,
    never,  // the cost is larger than the burst
  };
  Verdict verdict = Verdict::never;
  std::int64_t remaining = 0;               // units that may be had at once; 0..burst
  std::chrono::nanoseconds retry_after{0};  // until this cost would be admitted; 0 unless denied
  std::chrono::nanoseconds reset{0};        // until the bucket is full again
};

/// One for each take, in order.
struct LimitStates {
  std::vector<LimitState> states;
};
/// The store did not answer in time, or not in a way that can be used. One sentence for the log, without secrets.
struct StoreFailed {
  std::string why;
};
using LimitOutcome = std::variant<LimitStates, StoreFailed>;

/// "Count one failed token of this address": worth telling a shared store, and no request waits for it.
struct ChargeFailure {
  NeedLimit charge;
};

}  // namespace portcullis
