// What may stand in an HTTP message, byte by byte (RFC 9110 §5). Checked before anything is written,
// so that no value starts a header field or a message of its own.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "edge/net/eight_octets.h"

namespace portcullis::net {

constexpr char ascii_lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char left, char right) { return ascii_lower(left) == ascii_lower(right); });
}

/// RFC 9110 §5.6.2: field names and methods.
constexpr bool is_token(std::string_view text) noexcept {
  constexpr auto in_tokens = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789"}) table[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[static_cast<unsigned char>(c - 'a' + 'A')] = true;
    return table;
  }();
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [&](char c) { return in_tokens[static_cast<unsigned char>(c)]; });
}

/// RFC 9110 §5.5: no control characters but the tabulator.
inline bool is_field_value(std::string_view text) noexcept {
  return good_prefix(
             text, [](const EightOctets& octets) { return !octets.has_below(0x20) && !octets.has(0x7F); },
             [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return (byte >= 0x20 && byte != 0x7F) || c == '\t';
             }) == text.size();
}

/// A request target as it may stand in a request line: visible ASCII (RFC 9112 §3.2).
constexpr bool is_target(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Beast keeps the length of a field in 16 bits and throws beyond.
constexpr std::size_t longest_field = 60 * 1024;

inline bool is_field(std::string_view name, std::string_view value) noexcept {
  return is_token(name) && is_field_value(value) && name.size() + value.size() <= longest_field;
}

/// The text without spaces and tabulators at its ends (RFC 9110 §5.6.3).
constexpr std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// One or more decimal digits and nothing else.
constexpr bool is_decimal(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace portcullis::net
