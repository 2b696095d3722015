// Which decisions are written down, and how: in the log, and for the admin listener.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "doors/serve/decision_counters.h"
#include "doors/serve/decision_ring.h"
#include "doors/serve/dialect.h"
#include "edge/system/log.h"

namespace portcullis::serve {

/// What a line tells beside the decision.
struct DecisionContext {
  const ProxiedRequest& proxied;
  const net::ServerRequest& asked;
  std::string_view revision;  // of the configuration
  std::chrono::nanoseconds took;
};

/// Of one event loop. A flood of requests must not become a flood of lines: at `info`, one in `sampled` of the allowed
/// is logged, `most_allowed` a second at most, and of the refused the first `most_refusals` of each second. At `debug`
/// every one is. The admin listener has the same refused, and the first of the allowed.
class DecisionRecord {
 public:
  DecisionRecord(system::Log log, const Secrets& secrets, DecisionRing& ring)
      : log_(log), secrets_(secrets), ring_(ring) {}

  void note(const Decision& decision, const DecisionContext& context, Now now, DecisionCounters& counters);
  /// A peer that may not ask: told once a second at most, with its address, for it may be a proxy that was forgotten.
  void note_untrusted(std::string_view peer, Now now);

  static constexpr std::uint32_t sampled = 100, most_refusals = 200, most_allowed = 10;

 private:
  struct Wanted {
    bool logged, kept;
  };
  Wanted wanted(const Decision& decision, Now now, DecisionCounters& counters);
  system::LogLine describe_in(system::LogForm form, const Decision& decision, const DecisionContext& context) const;

  system::Log log_;
  const Secrets& secrets_;
  DecisionRing& ring_;
  std::int64_t second_ = 0;  // of the monotonic clock, which the counts below are of
  std::uint32_t refusals_ = 0, allowed_ = 0, sampled_ = 0, unwritten_ = 0;
  std::uint32_t until_sample_ = 0;
  std::int64_t untrusted_second_ = 0;
  std::uint64_t untrusted_since_ = 0;
};

}  // namespace portcullis::serve
