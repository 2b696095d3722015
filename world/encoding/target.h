// The request target: what stands before its first '?'.
#pragma once

#include <string_view>

namespace portcullis::world {

/// Undecoded, as it was sent. Lives as long as the target.
inline std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace portcullis::world
