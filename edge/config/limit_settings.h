// The keys `limits`, `failed_tokens` and what a route says of limits.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Reads `limits`.
void read_limits(Reader& reader, const YamlNode& node, Rules& rules);
/// Reads `failed_tokens`.
void read_failed_tokens(Reader& reader, const YamlNode& node, Rules& rules);
/// Reads `limit` and `cost` of a route.
void read_route_limits(Reader& reader, const YamlNode& node, RouteRule& route);
/// A limit that no route names is worth a note: it limits nothing.
void note_unused_limits(Reader& reader, const YamlNode& limits, const Rules& rules);

/// "60/min", "10/30s"; its burst is its count.
Result<Rate, std::string> parse_rate(std::string_view text);

}  // namespace portcullis::config
