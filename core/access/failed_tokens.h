// How many bad tokens an address may send before its tokens are not looked at any more: work for us and guesses for
// whoever sends them have a bound. ratelimit.md §3.2.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/access/limit_buckets.h"
#include "portcullis/rules.h"

namespace portcullis {

/// Whether a refusal for this reason was the token's fault, and so counts.
bool counts_as_failure(Reason reason) noexcept;

/// Counts in this process, so that looking asks nobody. With a shared store each failure is told to it too, and its
/// answers are taken over: what an address has used up elsewhere it has used up here. Many machines together so let an
/// address fail as often as the rule says, and once more a machine and interval. Safe from any thread.
class FailedTokens {
 public:
  FailedTokens(const FailedTokenRule& rule, LimitStore store, const Secrets& secrets,
               std::shared_ptr<LimitTables> tables);

  /// Which of an address's two buckets: tokens that were good but for their time have the larger one.
  enum class Kind : std::uint8_t { failures, untimely };
  /// Whether this address has used up its failures: then how it stands. Takes nothing. Of what is no address nothing
  /// is known.
  std::optional<LimitStanding> used_up(std::string_view address, Kind kind, MonoTime now) const;
  /// Counts one. @param after  what the shared store is to be told goes there
  void charge(std::string_view address, Reason reason, MonoTime now, std::vector<Errand>& after) const;
  /// What the store said to that.
  void learn(const ChargeFailure& errand, const LimitOutcome& outcome, MonoTime now) const;

  Mode mode() const noexcept { return mode_; }
  const Place& place() const noexcept { return place_; }

 private:
  const std::vector<LimitWindow>& windows_of(Kind kind) const noexcept {
    return kind == Kind::failures ? failures_ : untimely_;
  }

  const LimitStore store_;
  const LimitNames names_;
  const std::shared_ptr<LimitTables> tables_;
  const std::vector<LimitWindow> failures_, untimely_;
  const NonEmpty<LimitDimension> by_{LimitDimension{LimitDimension::Kind::address}};
  const Mode mode_;
  const Place place_;
};

}  // namespace portcullis
