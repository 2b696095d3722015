#include "world/tenant/authorization_code.h"

#include <openssl/evp.h>

#include <array>

#include "world/encoding/base64.h"

namespace portcullis::world {

std::string code_challenge(std::string_view verifier) {
  std::array<char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(verifier.data(), verifier.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(),
             nullptr);
  return base64url({digest.data(), length});
}

bool is_code_verifier(std::string_view text) {
  constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  return text.size() >= 43 && text.size() <= 128 && text.find_first_not_of(unreserved) == std::string_view::npos;
}

}  // namespace portcullis::world
