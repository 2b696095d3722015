// The functions of <openssl/rsa.h> are called deprecated since OpenSSL 3.0, which prefers those of <openssl/evp.h>; the
// work is done by the very same code, but for the power: rsa_power.h. What differs is the way there: EVP looks for its
// implementations by name, and the first look lists all that there are, which was a third of a cold start's own work.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/token/pkcs1_signature.h"

#include <openssl/bn.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "core/token/digest.h"
#include "core/token/rsa_power.h"

namespace portcullis {
namespace {

// What the signature must name beside the digest (RFC 8017 §9.2); NID_undef: no such signature.
int nid_of(Hash hash) {
  switch (hash) {
    case Hash::none:
      return NID_undef;
    case Hash::SHA256:
      return NID_sha256;
    case Hash::SHA384:
      return NID_sha384;
    case Hash::SHA512:
      return NID_sha512;
  }
  return NID_undef;
}

}  // namespace

void FreeRsa::operator()(RSA* key) const noexcept {
  RSA_free(key);
}

Rsa rsa_of(const BIGNUM* modulus, const BIGNUM* exponent) noexcept {
  Rsa key{RSA_new()};
  BIGNUM* const n = BN_dup(modulus);
  BIGNUM* const e = BN_dup(exponent);
  if (!key || n == nullptr || e == nullptr || RSA_set0_key(key.get(), n, e, nullptr) != 1) {
    BN_free(n);
    BN_free(e);
    return nullptr;
  }
  const RSA_METHOD* const method = rsa_method();
  if (method != nullptr && RSA_set_method(key.get(), method) != 1) return nullptr;
  return key;
}

bool is_pkcs1_signature(RSA* key, Hash hash, std::string_view input, std::string_view signature) noexcept {
  const int nid = nid_of(hash);
  if (nid == NID_undef) return false;
  const Digest digest = digest_of(hash, input);
  if (digest.size == 0) return false;
  // It makes the whole encoded message and compares it; nothing is parsed out of the signature (CVE-2006-4339).
  return RSA_verify(nid, digest.octets.data(), static_cast<unsigned>(digest.size),
                    reinterpret_cast<const unsigned char*>(signature.data()), static_cast<unsigned>(signature.size()),
                    key) == 1;
}

}  // namespace portcullis
