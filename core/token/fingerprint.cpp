// What may stand in a log instead of a token or a subject.
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "portcullis/authorizer.h"

namespace portcullis {
namespace {

constexpr std::size_t logged_bytes = 6;  // 12 hex digits: enough to find a line again, nothing to replay

std::string hex(const unsigned char* bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < logged_bytes; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

std::string token_hash(std::string_view compact) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(compact.data()), compact.size(), digest);
  return hex(digest);
}

std::string subject_hash(const Secrets& secrets, std::string_view issuer, std::string_view subject) {
  std::string input{issuer};
  input += '\0';  // neither part can hold it, so no two pairs read alike
  input += subject;
  unsigned char digest[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secrets.seed.data(), static_cast<int>(secrets.seed.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest, &size);
  return hex(digest);
}

}  // namespace portcullis
