// Names of header fields compare without case. RFC 9110 §5.1.
#pragma once

#include <algorithm>
#include <string_view>

namespace portcullis::serve {

/// @param lower  in small letters
constexpr bool is_field(std::string_view name, std::string_view lower) noexcept {
  return name.size() == lower.size() && std::equal(name.begin(), name.end(), lower.begin(), [](char sent, char wanted) {
           return (sent >= 'A' && sent <= 'Z' ? static_cast<char>(sent - 'A' + 'a') : sent) == wanted;
         });
}

}  // namespace portcullis::serve
