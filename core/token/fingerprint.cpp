// What may stand in a log instead of a token or a subject, and other things made of the secret seed.
#include "core/token/fingerprint.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/token/digest.h"
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

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

Digest keyed(const Secrets& secrets, std::string_view input) {
  Digest digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secrets.seed.data(), static_cast<int>(secrets.seed.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest.data(), &size);
  return digest;
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
  return hex(keyed(secrets, input).data());
}

std::array<unsigned char, 32> shared_seed_of(std::string_view store_password) {
  std::array<unsigned char, 32> seed{};
  const std::string digest = sha256(std::string{"names of buckets in a shared store "}.append(store_password));
  std::copy(digest.begin(), digest.end(), seed.begin());
  return seed;
}

std::uint64_t derived_seed(const Secrets& secrets, std::string_view purpose) {
  // No HMAC, which OpenSSL has to look for at the first use: the seed is of one length and stands in front, and what
  // comes out is a quarter of the digest, so there is nothing to extend.
  const std::string digest =
      sha256(std::string{reinterpret_cast<const char*>(secrets.seed.data()), secrets.seed.size()}.append(purpose));
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < sizeof seed; ++i) seed = seed << 8 | static_cast<unsigned char>(digest[i]);
  return seed;
}

}  // namespace portcullis
