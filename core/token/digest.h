// SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) of short texts.
#pragma once

#include <string>
#include <string_view>

namespace portcullis {

/// 32 octets.
std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Takes as long wherever the first difference is; texts of two lengths are told apart at once.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace portcullis
