// What the claims must say: types, ranges and the four profiles. RFC 7519 §4.1; tokens.md §1.7, §4.
#pragma once

#include "portcullis/token.h"

namespace portcullis {

/// All checks of a token's claims, in this order: kind of token, issuer, audience, types of the rest,
/// time, clients. The signature is checked already.
/// @returns wrong_token_type, bad_iss, bad_aud, too_large, bad_claim, expired, not_yet
Result<Done> check_claims(const Json& header, const Json& claims, const Expectations& expect, WallTime now);

/// Whether time and audience, which nobody has vouched for yet, leave the token a chance: others are not worth
/// a fetch of keys (tokens.md §6.3). Nothing is decided by it.
bool may_still_be_valid(const UnverifiedToken& token, const Expectations& expect, WallTime now);

/// A NumericDate (RFC 7519 §2): a finite number from 0 to the year 9999, fractions allowed.
std::optional<WallTime> numeric_date(const Json& value) noexcept;

/// Whether `list` contains `word`: words separated by single spaces, compared whole (RFC 6749 §3.3).
bool has_word(std::string_view list, std::string_view word) noexcept;

}  // namespace portcullis
