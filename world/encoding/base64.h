// Base64 in its two alphabets: RFC 4648 §4 (certificates, Lambda bodies, Basic) and §5 (tokens).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::world {

std::string base64(std::string_view bytes);     // with padding
std::string base64url(std::string_view bytes);  // without padding, as RFC 7515 §2 wants it

/// Strict: padding in place, no line ends, unused bits zero. @returns nullopt for anything else.
std::optional<std::string> base64_decode(std::string_view text);
/// Of the other alphabet, without padding, as strict.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace portcullis::world
