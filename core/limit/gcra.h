// The generic cell rate algorithm in integers: what one request does to one bucket. ratelimit.md §1.2.
#pragma once

#include <cstdint>

#include "portcullis/limit.h"

namespace portcullis {

/// A bucket's one number: when it will be full again, in nanoseconds of the caller's clock. 0: never used.
using ArrivalTime = std::int64_t;

struct Taken {
  LimitState state;
  ArrivalTime after;  // what is to be kept; equal to what was there where nothing changes
};

/// What becomes of a bucket if it alone is asked.
/// @param cost  any value: below 0 and above the burst is `never`, 0 only looks
/// @param now   any value from 0 on; it may lie before an earlier one, and then the bucket is full again in one
///              burst's time at the latest
Taken take(const LimitTake& bucket, ArrivalTime before, std::int64_t now, std::int64_t cost) noexcept;

/// Until one more unit may be had; 0: the bucket is full. From an answer of take() or of a store.
std::chrono::nanoseconds until_more(const LimitTake& bucket, const LimitState& state) noexcept;

}  // namespace portcullis
