#include "core/token/signature.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <array>

namespace portcullis {
namespace {

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

const EVP_MD* function_of(Hash hash) {
  switch (hash) {
    case Hash::none:
      return nullptr;
    case Hash::SHA256:
      return EVP_sha256();
    case Hash::SHA384:
      return EVP_sha384();
    case Hash::SHA512:
      return EVP_sha512();
  }
  return nullptr;
}

// JWS signs with R||S of fixed width, OpenSSL reads DER (RFC 7518 §3.4).
std::string der_of(std::string_view signature) {
  const std::size_t width = signature.size() / 2;
  BIGNUM* r = BN_bin2bn(octets(signature), static_cast<int>(width), nullptr);
  BIGNUM* s = BN_bin2bn(octets(signature.substr(width)), static_cast<int>(width), nullptr);
  ECDSA_SIG* pair = ECDSA_SIG_new();
  if (!r || !s || !pair || ECDSA_SIG_set0(pair, r, s) != 1) {
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return {};
  }
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  std::string bytes;
  if (size > 0) bytes.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  return bytes;
}

// RFC 7518 §3.5: MGF1 with the same hash, and a salt exactly as long as the hash (never "auto").
bool set_padding(EVP_PKEY_CTX* key, const AlgorithmFacts& algorithm, const EVP_MD* hash) {
  if (algorithm.family != Family::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(key, hash) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// Null if OpenSSL refuses.
std::unique_ptr<ReadyContext> set_up(EVP_PKEY* key, const AlgorithmFacts& algorithm) {
  const EVP_MD* hash = function_of(algorithm.hash);
  auto made = std::make_unique<ReadyContext>(
      ReadyContext{HashFunction{EVP_MD_fetch(nullptr, EVP_MD_get0_name(hash), nullptr)},
                   DigestContext{EVP_MD_CTX_new()}, KeyContext{EVP_PKEY_CTX_new(key, nullptr)}});
  if (!made->hash || !made->digest || !made->key || EVP_PKEY_verify_init(made->key.get()) != 1 ||
      !set_padding(made->key.get(), algorithm, hash) || EVP_PKEY_CTX_set_signature_md(made->key.get(), hash) != 1)
    return nullptr;
  return made;
}

struct Check {
  const AlgorithmFacts& algorithm;
  ReadyContexts& contexts;
  std::string_view input;
  std::string_view signature;

  // RSASSA-PSS and ECDSA: the signature is one of the digest.
  bool of_digest(std::unique_ptr<ReadyContext> ready, std::string_view encoded) const {
    if (!ready) return false;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    // `== 1` and nothing else: EVP_PKEY_verify says -1 for a malformed signature (the class of CVE-2008-5077).
    const bool good = EVP_DigestInit_ex2(ready->digest.get(), ready->hash.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(ready->digest.get(), input.data(), input.size()) == 1 &&
                      EVP_DigestFinal_ex(ready->digest.get(), digest.data(), &size) == 1 &&
                      EVP_PKEY_verify(ready->key.get(), octets(encoded), encoded.size(), digest.data(), size) == 1;
    contexts.bring_back(algorithm.id, std::move(ready));
    return good;
  }

  bool operator()(const RsaKey& rsa) const {
    if (algorithm.family != Family::rsa_pkcs1 && algorithm.family != Family::rsa_pss) return false;
    if (signature.size() != static_cast<std::size_t>((rsa.bits + 7) / 8)) return false;  // exactly the modulus' octets
    if (algorithm.family == Family::rsa_pkcs1)
      return is_pkcs1_signature(rsa.key.get(), algorithm.hash, input, signature);
    auto ready = contexts.take(algorithm.id);
    if (!ready) ready = set_up(evp_key_of(rsa).get(), algorithm);
    return of_digest(std::move(ready), signature);
  }

  bool operator()(const EcKey& ec) const {
    if (algorithm.family != Family::ecdsa || ec.curve != algorithm.curve) return false;
    if (signature.size() != algorithm.signature_bytes) return false;  // before anything looks inside
    const std::string der = der_of(signature);
    if (der.empty()) return false;
    auto ready = contexts.take(algorithm.id);
    if (!ready) ready = set_up(ec.key.get(), algorithm);
    return of_digest(std::move(ready), der);
  }

  bool operator()(const Ed25519Key& ed) const {
    if (algorithm.family != Family::ed25519 || signature.size() != algorithm.signature_bytes) return false;
    const DigestContext context{EVP_MD_CTX_new()};
    return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, ed.key.get()) == 1 &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(input), input.size()) == 1;
  }

  bool operator()(const HmacSecret& secret) const {
    if (algorithm.family != Family::hmac || signature.size() != algorithm.signature_bytes)
      return false;  // no truncation
    std::array<unsigned char, EVP_MAX_MD_SIZE> expected{};
    unsigned int size = 0;
    if (!HMAC(function_of(algorithm.hash), secret.bytes.data(), static_cast<int>(secret.bytes.size()), octets(input),
              input.size(), expected.data(), &size))
      return false;
    const bool equal = size == signature.size() && CRYPTO_memcmp(expected.data(), signature.data(), size) == 0;
    OPENSSL_cleanse(expected.data(), expected.size());
    return equal;
  }
};

}  // namespace

SignatureVerdict verify_signature(const VerificationKey::Material& key, Algorithm algorithm,
                                  std::string_view signing_input, std::string_view signature) {
  const bool good = std::visit(Check{facts(algorithm), *key.contexts, signing_input, signature}, key.key);
  if (!good) ERR_clear_error();
  return good ? SignatureVerdict::good : SignatureVerdict::bad;
}

}  // namespace portcullis
