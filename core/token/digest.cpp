// The functions of <openssl/sha.h> are called deprecated since OpenSSL 3.0; why they are used: pkcs1_signature.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/token/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace portcullis {
namespace {

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Digest digest_of(Hash hash, std::string_view text) noexcept {
  Digest digest;
  const auto compute = [&](auto context, auto begin, auto update, auto end, std::size_t size) {
    if (begin(&context) == 1 && update(&context, text.data(), text.size()) == 1 &&
        end(digest.octets.data(), &context) == 1)
      digest.size = size;
  };
  switch (hash) {
    case Hash::none:
      break;
    case Hash::SHA256:
      compute(SHA256_CTX{}, SHA256_Init, SHA256_Update, SHA256_Final, SHA256_DIGEST_LENGTH);
      break;
    case Hash::SHA384:
      compute(SHA512_CTX{}, SHA384_Init, SHA384_Update, SHA384_Final, SHA384_DIGEST_LENGTH);
      break;
    case Hash::SHA512:
      compute(SHA512_CTX{}, SHA512_Init, SHA512_Update, SHA512_Final, SHA512_DIGEST_LENGTH);
      break;
  }
  return digest;
}

std::string sha256(std::string_view text) {
  const Digest digest = digest_of(Hash::SHA256, text);
  return {reinterpret_cast<const char*>(digest.octets.data()), SHA256_DIGEST_LENGTH};
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &size);
  return digest;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace portcullis
