// Strict base64url (RFC 4648 §5 without padding) and strict base64 (§4, for PEM and x5c).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace portcullis {

/// @returns nullopt for any character outside the alphabet, a length of 4n+1, or unused bits that are
///          not zero: each value has exactly one spelling (RFC 4648 §3.5)
std::optional<std::string> base64url_decode(std::string_view text);
/// The same into `place`; what is too long for it is nullopt, too.
std::optional<std::string_view> base64url_decode(std::string_view text, std::span<char> place);
std::string base64url_encode(std::string_view bytes);

/// The standard alphabet, with padding exactly as RFC 4648 §4 demands.
std::optional<std::string> base64_decode(std::string_view text);

/// How many bytes from the start on may stand in a compact JWS: base64url characters and dots (RFC 7515 §7.1).
std::size_t jws_prefix(std::string_view text) noexcept;

}  // namespace portcullis
