// What a shared store has refused, so that it need not be asked again until it would admit. ratelimit.md §5.3.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "portcullis/limit.h"

namespace portcullis::net {

/// Exact: nothing but time makes a refused question admissible. Bounded: a table of fixed size, the newest stays.
class KnownDenials {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit KnownDenials(std::size_t places = 4096) : places_(places) {}

  /// The answer to the same question, as it stands now; nothing: ask.
  std::optional<LimitStates> find(const NeedLimit& question, Time now) const;
  /// @param asked  when it was asked: not later than the store counted
  void remember(const NeedLimit& question, const LimitStates& answer, Time asked);

  /// A flushed or failed-over store has forgotten what it refused: so long it may be believed all the same.
  static constexpr std::chrono::seconds longest{1};

 private:
  struct Denial {
    NeedLimit question;
    LimitStates answer;
    Time since{}, until{};
  };
  std::size_t place_of(const NeedLimit& question) const;

  std::vector<std::optional<Denial>> places_;
};

}  // namespace portcullis::net
