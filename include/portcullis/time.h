// Instants that come in as parameters: nothing in the core reads a clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace portcullis {

/// Wall clock, milliseconds since 1970-01-01T00:00:00Z. Judges exp, nbf, iat and the age of keys.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Monotonic clock in nanoseconds from an arbitrary start. Judges limits.
struct MonoTime {
  std::int64_t nanoseconds = 0;
};

/// One reading of both clocks, taken once a request. Tests and `--at` move both.
struct Now {
  WallTime wall;
  MonoTime mono;
};

}  // namespace portcullis
