// SHA-2 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) of short texts.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/token/algorithm.h"

namespace portcullis {

struct Digest {
  std::array<unsigned char, 64> octets{};
  std::size_t size = 0;  // of these
};
/// Empty for Hash::none, and should OpenSSL ever refuse.
Digest digest_of(Hash hash, std::string_view text) noexcept;

/// 32 octets.
std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Takes as long wherever the first difference is; texts of two lengths are told apart at once.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace portcullis
