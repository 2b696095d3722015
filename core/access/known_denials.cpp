#include "core/access/known_denials.h"

#include <algorithm>

namespace portcullis {
namespace {

/// Holds a place for one look, or fails at once.
class Hold {
 public:
  explicit Hold(std::atomic_flag& flag) : flag_(flag), mine_(!flag.test_and_set(std::memory_order_acquire)) {}
  ~Hold() {
    if (mine_) flag_.clear(std::memory_order_release);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  explicit operator bool() const noexcept { return mine_; }

 private:
  std::atomic_flag& flag_;
  const bool mine_;
};

}  // namespace

KnownDenials::Place& KnownDenials::place_of(const LimitKey& key) const noexcept {
  const std::size_t number = key[0] | static_cast<std::size_t>(key[1]) << 8;  // a keyed hash already
  return places_[number & (places - 1)];
}

std::optional<LimitState> KnownDenials::find(const LimitTake& bucket, std::int64_t cost, MonoTime now) const noexcept {
  Place& place = place_of(bucket.key);
  const Hold hold{place.in_use};
  if (!hold || place.key != bucket.key || cost < place.cost) return std::nullopt;
  if (now.nanoseconds < place.since.nanoseconds || now.nanoseconds >= place.until.nanoseconds) return std::nullopt;
  const std::chrono::nanoseconds passed{now.nanoseconds - place.since.nanoseconds};
  LimitState state = place.state;
  state.retry_after += bucket.interval * (cost - place.cost) - passed;
  state.reset = std::max(state.reset - passed, std::chrono::nanoseconds{0});
  return state;
}

void KnownDenials::remember(const LimitTake& bucket, std::int64_t cost, const LimitState& state,
                            MonoTime now) const noexcept {
  if (state.verdict != LimitState::Verdict::denied) return;
  Place& place = place_of(bucket.key);
  const Hold hold{place.in_use};
  if (!hold) return;
  place.key = bucket.key;
  place.cost = cost;
  place.since = now;
  place.until = {now.nanoseconds + std::min(state.retry_after, longest).count()};
  place.state = state;
}

}  // namespace portcullis
