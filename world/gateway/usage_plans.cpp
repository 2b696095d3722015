#include "world/gateway/usage_plans.h"

#include <algorithm>
#include <charconv>

namespace portcullis::world {
namespace {

constexpr double highest_rate = 1e6;

/// The number of the period that `now` is in.
std::int64_t period_of(Quota::Period period, WallTime now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const std::int64_t day = today.time_since_epoch().count();
  switch (period) {
    case Quota::Period::day:
      return day;
    case Quota::Period::week:
      return (day + 3) / 7;  // 1970-01-01 was a Thursday
    case Quota::Period::month: {
      const std::chrono::year_month_day date{today};
      return int{date.year()} * 12L + unsigned{date.month()};
    }
  }
  return day;
}

std::optional<double> positive(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = problem == std::errc{} && end == text.data() + text.size();
  return number && value > 0 && value <= highest_rate ? std::optional{value} : std::nullopt;
}

}  // namespace

Result<Throttle, std::string> Throttle::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto rate = positive(text.substr(0, slash));
  const auto burst = slash == std::string_view::npos ? std::nullopt : positive(text.substr(slash + 1));
  if (!rate || !burst || *burst < 1)
    return std::string{"a throttle is RATE/BURST, requests a second and at once, such as 2/5; at least 1 at once"};
  return Throttle{*rate, *burst};
}

bool UsageMeter::Bucket::take(const Throttle& throttle, WallTime now) {
  if (filled == WallTime{}) tokens = throttle.burst;
  const std::chrono::duration<double> passed = now - filled;
  if (now > filled) {
    tokens = std::min(throttle.burst, tokens + passed.count() * throttle.rate);
    filled = now;
  }
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

Admission UsageMeter::admit_key(std::string_view key, WallTime now) {
  const auto plan = std::ranges::find_if(
      plans_, [&](const UsagePlan& each) { return std::ranges::find(each.keys, key) != each.keys.end(); });
  if (plan == plans_.end()) return Admission::unknown_key;
  KeyUse& use = keys_[std::string{key}];
  if (plan->quota) {
    const std::int64_t period = period_of(plan->quota->period, now);
    if (period != use.period) use = {use.bucket, period, 0};
    if (use.used >= plan->quota->limit) return Admission::quota_exceeded;
  }
  if (plan->throttle && !use.bucket.take(*plan->throttle, now)) return Admission::throttled;
  ++use.used;
  return Admission::admitted;
}

Admission UsageMeter::admit_stage(const std::string& stage, WallTime now) {
  return !stage_ || stages_[stage].take(*stage_, now) ? Admission::admitted : Admission::throttled;
}

}  // namespace portcullis::world
