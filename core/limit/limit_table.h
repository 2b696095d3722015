// The state of limits in memory: a table of fixed size. ratelimit.md §4.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "portcullis/limit.h"
#include "portcullis/time.h"

namespace portcullis {

/// Takes its memory once (it becomes real as it is used) and never grows, pauses or allocates. Where all places that
/// a bucket may have are in use, those that are full again give way, then the one that is full again soonest.
/// Safe from any thread; locks are held for some ten nanoseconds each.
class LimitTable {
 public:
  /// @param keys  how many buckets are to be held; at most 60 bytes each are taken
  explicit LimitTable(std::size_t keys);
  ~LimitTable();
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  /// Takes `cost` of every bucket, or, if one has not enough, of none; all at one instant for every other thread.
  /// @param takes   at most most_takes, no key twice
  /// @param now     a clock that was read a moment ago. Where another thread came with a later time meanwhile, that one
  ///                counts; a time before this thread's own last one is a clock that went back, see portcullis::take()
  /// @param states  as many as takes: how each bucket stands, without what was asked unless all admitted
  void take(std::span<const LimitTake> takes, std::int64_t cost, MonoTime now, std::span<LimitState> states) noexcept;
  static constexpr std::size_t most_takes = 16;

  std::size_t bytes() const noexcept;
  /// From a sample of the table.
  double occupied(MonoTime now) const noexcept;
  /// How many buckets that were not full had to give way.
  std::uint64_t live_evictions() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portcullis
