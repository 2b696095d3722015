// name=value pairs: query strings and application/x-www-form-urlencoded bodies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::world {

using Fields = std::vector<std::pair<std::string, std::string>>;  // in order, duplicates kept

/// %XX decoded and '+' read as a space; a broken escape stays as it is, as gateways do.
std::string form_decode(std::string_view text);
/// Everything but the unreserved characters of RFC 3986 §2.3 becomes %XX.
std::string form_encode(std::string_view text);
/// name=value&name=value, both encoded.
std::string form_text(const Fields& fields);
/// Splits at '&' and the first '='. Empty pieces are skipped; a name without '=' has an empty value.
Fields parse_form(std::string_view text);

}  // namespace portcullis::world
