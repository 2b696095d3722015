#include "core/limit/gcra.h"

#include <algorithm>

namespace portcullis {
namespace {

// Half of what fits: now + window, and cost * interval up to the window, stay below 2^63. 146 years.
constexpr std::int64_t longest_window = std::int64_t{1} << 62;

// A bucket in numbers that no request can make overflow. Configurations are held to these ranges long before.
struct Bounded {
  std::int64_t interval, burst, window;  // window: interval * burst, from empty to full
};

Bounded bounded(const LimitTake& bucket) noexcept {
  Bounded made{std::clamp<std::int64_t>(bucket.interval.count(), 1, longest_window),
               std::max<std::int64_t>(bucket.burst, 0), 0};
  if (__builtin_mul_overflow(made.interval, made.burst, &made.window) || made.window > longest_window) {
    made.burst = longest_window / made.interval;
    made.window = made.burst * made.interval;
  }
  return made;
}

}  // namespace

Taken take(const LimitTake& bucket, ArrivalTime before, std::int64_t now, std::int64_t cost) noexcept {
  const Bounded limit = bounded(bucket);
  now = std::clamp<std::int64_t>(now, 0, longest_window - 1);
  // Later than a whole burst from now: the clock went back, or the limit was lowered. What is owed is cut to one burst.
  const ArrivalTime kept = std::min(before, now + limit.window);
  const ArrivalTime base = std::max(kept, now);
  const std::int64_t room = now + limit.window - base;  // 0..window

  Taken taken{{LimitState::Verdict::never, room / limit.interval, {}, std::chrono::nanoseconds{base - now}}, before};
  if (cost < 0 || cost > limit.burst) return taken;
  const std::int64_t asked = cost * limit.interval;  // at most the window
  taken.after = kept;                                // what was cut stays cut, also where the answer is no
  if (asked > room) {
    taken.state.verdict = LimitState::Verdict::denied;
    taken.state.retry_after = std::chrono::nanoseconds{asked - room};
    return taken;
  }
  taken.state.verdict = LimitState::Verdict::admitted;
  if (cost == 0) return taken;
  taken.after = base + asked;
  taken.state.remaining = (room - asked) / limit.interval;
  taken.state.reset = std::chrono::nanoseconds{taken.after - now};
  return taken;
}

std::chrono::nanoseconds until_more(const LimitTake& bucket, const LimitState& state) noexcept {
  const Bounded limit = bounded(bucket);
  const std::int64_t reset = std::min<std::int64_t>(state.reset.count(), limit.window);
  if (reset <= 0) return {};
  return std::chrono::nanoseconds{limit.interval - (limit.window - reset) % limit.interval};
}

}  // namespace portcullis
