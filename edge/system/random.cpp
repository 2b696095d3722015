#include "edge/system/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace portcullis::system {

void fill_random(std::span<unsigned char> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(got));
      continue;
    }
    if (errno != EINTR) std::abort();
  }
}

std::string random_hex(std::size_t bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::vector<unsigned char> drawn(bytes);
  fill_random(drawn);
  std::string text;
  text.reserve(2 * bytes);
  for (const unsigned char byte : drawn) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace portcullis::system
