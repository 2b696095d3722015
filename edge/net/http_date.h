// Instants as HTTP writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::net {

/// An IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7). The two obsolete forms, which nobody may
/// send any more, are no dates here; nor is a day that the calendar does not have.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

/// The IMF-fixdate of an instant within the years 0 to 9999.
std::string http_date(std::chrono::sys_seconds instant);

}  // namespace portcullis::net
