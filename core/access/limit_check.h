// The last step of a decision: whether the limits of a route admit one more request of this caller.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/access/known_denials.h"
#include "core/access/limit_buckets.h"
#include "portcullis/rules.h"

namespace portcullis {

/// One limit, ready to take from.
struct CompiledLimit {
  std::vector<LimitWindow> windows;
  NonEmpty<LimitDimension> by;
  std::string name;
  Place place;
  Mode mode;
};

/// The buckets that one request takes from, and how they stand. Of a fixed size, so that it may live on the stack.
class LimitRun {
 public:
  enum class Progress : std::uint8_t {
    open,      // not asked yet
    asked,     // a store was asked
    answered,  // `state` is how it stands
    unknown,   // nobody could or need say
  };
  struct Bucket {
    const CompiledLimit* limit = nullptr;
    const LimitWindow::Kind* window = nullptr;
    LimitTable* table = nullptr;
    LimitKey owner{};
    LimitTake take{};
    LimitState state{};
    Progress progress = Progress::open;

    bool enforced() const noexcept { return limit->mode == Mode::enforce; }
    bool denied() const noexcept {
      return progress == Progress::answered && state.verdict != LimitState::Verdict::admitted;
    }
    bool is_of_network() const noexcept;
  };

  explicit LimitRun(std::int64_t cost) noexcept : cost_(cost) {}

  std::int64_t cost() const noexcept { return cost_; }
  std::span<Bucket> buckets() noexcept { return {buckets_.data(), count_}; }
  std::span<const Bucket> buckets() const noexcept { return {buckets_.data(), count_}; }
  void add(Bucket bucket) { buckets_.at(count_++) = bucket; }

  /// Whether a limit that is enforced refuses.
  bool refused() const noexcept;
  /// Whether one that only reports would refuse; null: none.
  const CompiledLimit* reported() const noexcept;

  std::string store_failure;  // why it did not answer; empty: it did, or was not asked
  bool unavailable() const noexcept { return unavailable_; }
  void make_unavailable() noexcept { unavailable_ = true; }

 private:
  std::array<Bucket, LimitTable::most_takes> buckets_{};
  std::size_t count_ = 0;
  std::int64_t cost_;
  bool unavailable_ = false;  // when_store_fails: deny
};

/// All of an address's or a caller's buckets are taken from, or none; where a request has both, the address's come
/// first. In memory all are, but for a race of two requests; of a shared store each owner is asked once, so a refusal
/// by the second one leaves what was taken from the first one taken. Safe from any thread.
class LimitCheck {
 public:
  LimitCheck(const Rules& rules, const Secrets& secrets, std::shared_ptr<LimitTables> tables);

  bool applies_to(std::size_t route) const noexcept { return !by_route_[route].empty(); }
  /// The buckets of a request. Tells `trace`, if there is one, which limits do not apply.
  LimitRun run_of(std::size_t route, const RouteRule& rule, const LimitSubject& subject, Trace* trace) const;

  /// Takes what memory can say. @returns what a shared store has to be asked; nothing: the run is over
  std::optional<NeedLimit> proceed(LimitRun& run, MonoTime now) const;
  /// The answer to that. Whatever does not fit the question counts as a failure of the store.
  void hear(LimitRun& run, const LimitOutcome& outcome, MonoTime now) const;

 private:
  void take_in_memory(LimitRun& run, MonoTime now) const;
  std::optional<NeedLimit> next_question(LimitRun& run, MonoTime now) const;
  void fall_back(LimitRun& run, const std::string& why, MonoTime now) const;

  const LimitStore store_;
  const StoreFailure when_store_fails_;
  const LimitNames names_;
  const std::shared_ptr<LimitTables> tables_;
  const std::unique_ptr<const KnownDenials> denials_;  // null: nobody is asked
  std::vector<CompiledLimit> limits_;
  std::vector<std::vector<std::size_t>> by_route_;  // enforced ones of addresses, of callers, those that only report
};

/// How they stand, for people and headers: first the one to tell of, as Decision::limits says. An IPv6 network's bucket
/// is told of only if it refused: how full it is, is its other customers' business.
std::vector<LimitStanding> standings_of(const LimitRun& run);

}  // namespace portcullis
