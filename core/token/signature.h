// One signature over the bytes as received. RFC 7515 §5.2, RFC 7518 §3.
#pragma once

#include <string_view>

#include "core/token/key_material.h"

namespace portcullis {

enum class SignatureVerdict : std::uint8_t { good, bad };

/// The key's type must fit the algorithm already (VerificationKey::fits); otherwise: bad.
SignatureVerdict verify_signature(const VerificationKey::Material& key, Algorithm algorithm,
                                  std::string_view signing_input, std::string_view signature);

}  // namespace portcullis
