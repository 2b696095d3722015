// What a shared store refused a moment ago, so that it need not be asked again. ratelimit.md §5.3.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "portcullis/limit.h"
#include "portcullis/time.h"

namespace portcullis {

/// Exact: a refused cost is refused until its wait is over, and so is every larger one, since nothing but a change of
/// rules makes a bucket fuller sooner. A fixed number of places; a bucket has one, and takes it over. Safe from any
/// thread; nobody waits: who finds a place in use goes on as if nothing were known. Allocates nothing.
class KnownDenials {
 public:
  KnownDenials() : places_(places) {}

  /// @returns how the bucket refuses this cost; nothing: the store has to be asked
  std::optional<LimitState> find(const LimitTake& bucket, std::int64_t cost, MonoTime now) const noexcept;
  /// @param state  as the store answered to this cost; remembered only if it is a refusal
  void remember(const LimitTake& bucket, std::int64_t cost, const LimitState& state, MonoTime now) const noexcept;

  /// A store that was emptied, and so forgot what it refused, is noticed after this.
  static constexpr std::chrono::nanoseconds longest = std::chrono::seconds{1};

 private:
  static constexpr std::size_t places = 1024;  // a power of two
  struct Place {
    std::atomic_flag in_use;
    LimitKey key{};
    std::int64_t cost = 0;
    MonoTime since{}, until{};
    LimitState state{};
  };
  Place& place_of(const LimitKey& key) const noexcept;

  mutable std::vector<Place> places_;
};

}  // namespace portcullis
