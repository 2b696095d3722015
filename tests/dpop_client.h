// A client that makes DPoP proofs, right ones and others, with a key made for this process. RFC 9449 §4.2.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/token/base64url.h"
#include "tests/used_tokens.h"

namespace portcullis::testing {

inline std::string hash_of_token(std::string_view token) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest);
  return base64url_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

class DpopClient {
 public:
  DpopClient() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free) {}

  /// The public key; `more` adds members: R"(,"kid":"a")".
  std::string jwk(const std::string& more = "") const {
    return R"({"kty":"EC","crv":"P-256","x":")" + coordinate(1) + R"(","y":")" + coordinate(33) + '"' + more + '}';
  }
  /// RFC 7638 §3: what a token bound to this client has as cnf.jkt.
  std::string thumbprint() const {
    return hash_of_token(R"({"crv":"P-256","kty":"EC","x":")" + coordinate(1) + R"(","y":")" + coordinate(33) +
                         R"("})");
  }
  std::string header() const { return R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + jwk() + '}'; }

  /// Signs whatever header and payload say.
  std::string sign(const std::string& header, const std::string& payload) const {
    const std::string input = base64url_encode(header) + '.' + base64url_encode(payload);
    std::string der(80, '\0');
    std::size_t size = der.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get());
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(der.data()), &size,
                   reinterpret_cast<const unsigned char*>(input.data()), input.size());
    EVP_MD_CTX_free(context);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
    std::string raw(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), reinterpret_cast<unsigned char*>(raw.data()), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
    ECDSA_SIG_free(pair);
    std::string proof = input + '.' + base64url_encode(raw);
    note_token(proof);
    return proof;
  }

  /// A proof made at new_year() that fits this request; `more` adds claims: R"(,"nonce":"a")".
  std::string prove(const std::string& method, const std::string& url, const std::string& token, const std::string& id,
                    const std::string& more = "") const {
    return sign(header(), R"({"jti":")" + id + R"(","htm":")" + method + R"(","htu":")" + url +
                              R"(","iat":1767225600,"ath":")" + hash_of_token(token) + '"' + more + '}');
  }

 private:
  std::string coordinate(std::size_t from) const {
    unsigned char point[65] = {};
    std::size_t size = sizeof point;
    EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point, size, &size);
    return base64url_encode(std::string_view{reinterpret_cast<const char*>(point), sizeof point}.substr(from, 32));
  }
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace portcullis::testing
