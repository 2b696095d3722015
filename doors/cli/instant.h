// `--at` and "at": the clock a decision is made by.
#pragma once

#include <optional>
#include <string_view>

#include "portcullis/time.h"

namespace portcullis::cli {

/// Unix seconds, fractions allowed, or RFC 3339 ("2026-01-01T00:00:00Z", "…+01:00"). nullopt: neither.
std::optional<WallTime> parse_instant(std::string_view text);

/// That instant on both clocks.
Now at(WallTime wall);

}  // namespace portcullis::cli
