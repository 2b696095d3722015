// The machine's clocks, read once a request.
#pragma once

#include <string>

#include "portcullis/time.h"

namespace portcullis::system {

Now read_clocks() noexcept;
/// The second of them alone.
MonoTime read_monotonic() noexcept;

/// Milliseconds since 1970 as RFC 3339 in UTC: 2026-01-02T03:04:05.678Z.
std::string rfc3339(WallTime time);

}  // namespace portcullis::system
