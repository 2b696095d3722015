// Eight octets looked at together: of what servers read and write, nearly all is plain.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace portcullis::net {

class EightOctets {
 public:
  explicit EightOctets(const char* octets) noexcept { std::memcpy(&word_, octets, sizeof word_); }

  bool has(unsigned char octet) const noexcept { return EightOctets{word_ ^ all_are(octet)}.has_below(1); }
  /// @param bound  1 to 128
  bool has_below(unsigned char bound) const noexcept { return ((word_ - all_are(bound)) & ~word_ & high_bits) != 0; }
  bool has_beyond_ascii() const noexcept { return (word_ & high_bits) != 0; }

 private:
  explicit EightOctets(std::uint64_t word) noexcept : word_(word) {}
  static constexpr std::uint64_t all_are(unsigned char octet) noexcept { return 0x0101010101010101 * octet; }
  static constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::uint64_t word_;
};

/// How many octets at the beginning are good. `good` says it of one; `all_good` of eight, and may be too strict.
template <typename AllGood, typename Good>
std::size_t good_prefix(std::string_view text, AllGood all_good, Good good) noexcept {
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t))
    if (!all_good(EightOctets{text.data() + at}) && !std::all_of(&text[at], &text[at] + sizeof(std::uint64_t), good))
      break;
  while (at < text.size() && good(text[at])) ++at;
  return at;
}

}  // namespace portcullis::net
