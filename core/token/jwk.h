// One JWK as a verification key. RFC 7517 §4, RFC 7518 §6, RFC 8037 §2.
#pragma once

#include <string>

#include "portcullis/token.h"

namespace portcullis {

/// @returns why this entry cannot be used, as a sentence; the set goes on without it
Result<VerificationKey, std::string> key_of_jwk(const Json& jwk);

}  // namespace portcullis
