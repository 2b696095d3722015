// The inside of a key. Each kind of key is its own type; nothing converts one into another, so a PEM
// text or an RSA modulus can never become an HMAC secret (RFC 8725 §2.1).
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/token/algorithm.h"
#include "core/token/pkcs1_signature.h"
#include "core/token/ready_contexts.h"
#include "portcullis/token.h"

namespace portcullis {

struct FreeEvpKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, FreeEvpKey>;

struct RsaKey {
  Rsa key;
  int bits;
  std::string modulus, exponent;  // as a JWK has them: without zero octets in front (RFC 7518 §6.3.1)
};
struct EcKey {
  EvpKey key;
  Curve curve;
};
struct Ed25519Key {
  EvpKey key;
};
struct HmacSecret {
  std::string bytes;
};

using AnyKey = std::variant<RsaKey, EcKey, Ed25519Key, HmacSecret>;

struct VerificationKey::Material {
  AnyKey key;
  std::optional<Algorithm> algorithm;  // a JWK's `alg`: then the only one it verifies
  std::optional<std::string> key_id;
  std::string thumbprint;
  std::optional<std::chrono::sys_seconds> not_after;
  std::unique_ptr<ReadyContexts> contexts = std::make_unique<ReadyContexts>();  // never null
};

struct KeyAccess {
  static VerificationKey make(VerificationKey::Material material) {
    return VerificationKey{std::make_shared<const VerificationKey::Material>(std::move(material))};
  }
  static const VerificationKey::Material& material(const VerificationKey& key) { return *key.material_; }
};

/// Takes a key that OpenSSL read and passes it through the gates of tokens.md §2.3, or says why not:
/// RSA 2048..8192 bits, odd modulus of no known weak form, odd exponent 3..2^32-1; a named NIST curve;
/// Ed25519 not of small order.
Result<AnyKey, std::string> admit_public_key(EvpKey key);

/// Builders from JWK members, through the same gates. Octets as decoded.
Result<AnyKey, std::string> rsa_key(const std::string& modulus, const std::string& exponent);
Result<AnyKey, std::string> ec_key(Curve curve, const std::string& x, const std::string& y);
Result<AnyKey, std::string> ed25519_key(const std::string& x);

/// The same key for what only <openssl/evp.h> can do; null without memory.
EvpKey evp_key_of(const RsaKey& rsa);

/// RFC 7638 §3 (RFC 8037 §2 for OKP), base64url of SHA-256; empty for secrets.
std::string thumbprint_of(const AnyKey& key);

/// The public key inside a DER certificate and its notAfter, through the same gates.
struct CertifiedKey {
  AnyKey key;
  std::optional<std::chrono::sys_seconds> not_after;
};
Result<CertifiedKey, std::string> key_of_certificate(const std::string& der);

/// The key in a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), through the same gates.
Result<AnyKey, std::string> key_of_public_key_info(const std::string& der);

}  // namespace portcullis
