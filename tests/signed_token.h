// Tokens for tests that need their own claims: signed with an Ed25519 key made for this process.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "core/token/base64url.h"
#include "portcullis/authorizer.h"
#include "tests/used_tokens.h"

namespace portcullis::testing {

class Signer {
 public:
  Signer() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free) {}

  std::string jwks(const std::string& kid = "test") const {
    std::string x(32, '\0');
    std::size_t size = x.size();
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
    return R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":")" + kid + R"(","x":")" + base64url_encode(x) + R"("}]})";
  }

  /// @param claims  the payload as JSON
  std::string sign(const std::string& claims, const std::string& kid = "test", const std::string& typ = "JWT") const {
    const std::string input = base64url_encode(R"({"alg":"EdDSA","typ":")" + typ + R"(","kid":")" + kid + R"("})") +
                              '.' + base64url_encode(claims);
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(input.data()), input.size());
    EVP_MD_CTX_free(context);
    std::string token = input + '.' + base64url_encode(signature);
    note_token(token);
    return token;
  }

  /// An issuer entry that accepts this signer's tokens for https://api.example.com.
  IssuerRule issuer() const {
    return {Expectations{"https://tenant.example.com/", NonEmpty<std::string>{"https://api.example.com"},
                         NonEmpty<Algorithm>{Algorithm::EdDSA}, std::chrono::seconds{30}, Profile::auth0_access,
                         std::nullopt, std::nullopt},
            LocalKeys{*KeySet::parse(jwks()), "test"}, MissingKeyId::refused, "test"};
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

/// 2026-01-01T00:00:00Z.
inline Now new_year() {
  return {WallTime{std::chrono::milliseconds{1767225600000}}, {}};
}

/// Claims of an access token valid at new_year(), with more members added: R"(,"scope":"a b")".
inline std::string claims(const std::string& more = "") {
  return R"({"iss":"https://tenant.example.com/","sub":"auth0|ada","aud":"https://api.example.com",)"
         R"("iat":1767225540,"exp":1767229200)" +
         more + "}";
}

}  // namespace portcullis::testing
