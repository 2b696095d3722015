// Whether a regular expression, as gateways take them, lets a header value pass.
#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis::deployment {

enum class Passes : std::uint8_t { yes, no, unclear };

/// Searches, as the most lenient gateway does: `no` is a refusal everywhere. Time is bounded whatever the expression;
/// unclear: it is no expression, it is too costly, or it uses what is not understood here (look-around, say).
Passes passes(std::string_view expression, std::string_view value);

}  // namespace portcullis::deployment
