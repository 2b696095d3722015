// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): RS256, RS384 and RS512, which nearly all tokens are signed with.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string_view>

#include "core/token/algorithm.h"

namespace portcullis {

struct FreeRsa {
  void operator()(RSA* key) const noexcept;
};
/// OpenSSL's own form of a public key: without the look-ups by name that come with an EVP_PKEY.
using Rsa = std::unique_ptr<RSA, FreeRsa>;

/// Null without memory. Which numbers make a key is for others to say: key_material.h.
Rsa rsa_of(const BIGNUM* modulus, const BIGNUM* exponent) noexcept;

/// Whether `key` signed `input`, hashed with `hash`. Safe from any thread.
bool is_pkcs1_signature(RSA* key, Hash hash, std::string_view input, std::string_view signature) noexcept;

}  // namespace portcullis
