// Usage plans and stage throttling of a REST API: gateway.md §6.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"
#include "portcullis/time.h"

namespace portcullis::world {

/// A token bucket: `burst` requests at once, `rate` a second in the long run. Both above 0.
struct Throttle {
  double rate;
  double burst;

  /// Reads "RATE/BURST": "2/5", "0.5/1". @returns why not, as a sentence
  static Result<Throttle, std::string> parse(std::string_view text);
};

/// So many requests a period, in UTC. A week begins on Monday.
struct Quota {
  enum class Period : std::uint8_t { day, week, month };
  std::uint64_t limit;
  Period period = Period::day;
};

struct UsagePlan {
  std::string name;
  std::vector<std::string> keys;  // the values of API keys; each in one plan only
  std::optional<Throttle> throttle;
  std::optional<Quota> quota;
};

enum class Admission : std::uint8_t { admitted, unknown_key, throttled, quota_exceeded };

/// Counts requests against plans and stages. Exact, where AWS is best effort. Memory: one counter a key
/// and a stage, both known from the start. Single-threaded; time may go back, which costs nobody anything.
class UsageMeter {
 public:
  UsageMeter(std::vector<UsagePlan> plans, std::optional<Throttle> stage) : plans_(std::move(plans)), stage_(stage) {}

  /// A request of this key: it counts only if it is admitted.
  Admission admit_key(std::string_view key, WallTime now);
  /// A request of anybody at this stage. @returns admitted or throttled
  Admission admit_stage(const std::string& stage, WallTime now);

 private:
  struct Bucket {
    double tokens = 0;
    WallTime filled{};
    bool take(const Throttle& throttle, WallTime now);
  };
  struct KeyUse {
    Bucket bucket;
    std::int64_t period = 0;
    std::uint64_t used = 0;
  };
  std::vector<UsagePlan> plans_;
  std::optional<Throttle> stage_;
  std::map<std::string, KeyUse, std::less<>> keys_;
  std::map<std::string, Bucket> stages_;
};

}  // namespace portcullis::world
