// A compact JWS, its payload not yet looked at. RFC 7515 §7.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "portcullis/token.h"

namespace portcullis {

/// Views point into the text it was parsed from.
struct Jws {
  std::string_view signing_input;  // header-b64 "." payload-b64, as received
  std::string_view payload;        // base64url
  std::string signature;           // decoded
  JsonDocument header;
  Algorithm algorithm;
  std::optional<std::string> key_id;
};

/// Whether the header may bring the key it is signed with: never that of a token, always that of a DPoP proof.
enum class EmbeddedKey : std::uint8_t { refused, expected };

/// Shape, encoding of header and signature, header policy.
/// @returns not_jws, malformed, too_large, bad_json, header_forbidden, crit, alg_not_allowed
Result<Jws> parse_jws(std::string_view compact, const TokenLimits& limits, EmbeddedKey embedded = EmbeddedKey::refused);

/// A segment as the JSON object that it must be.
/// @param name  of the segment, for the detail
/// @returns malformed, bad_json, too_large
Result<JsonDocument> parse_segment(std::string_view segment, const char* name, const JsonLimits& limits);

}  // namespace portcullis
