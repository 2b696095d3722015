// The first question to a token of a known issuer: may it be signed this way at all? RFC 8725 §3.1.
#pragma once

#include "portcullis/token.h"

namespace portcullis {

/// @returns alg_not_allowed
Result<Done> check_allowed_algorithm(const UnverifiedToken& token, const Expectations& expect);

}  // namespace portcullis
