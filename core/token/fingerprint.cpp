// What may stand in a log instead of a token or a subject, and other things made of the secret seed.
#include "core/token/fingerprint.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/token/digest.h"
#include "portcullis/authorizer.h"

namespace portcullis {
namespace {

constexpr std::size_t logged_bytes = 6;  // 12 hex digits: enough to find a line again, nothing to replay

std::string hex(const std::string& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < logged_bytes; ++i) {
    const auto byte = static_cast<unsigned char>(digest[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// No HMAC, which OpenSSL has to look for at the first use: the seed is of one length and stands in front, and what is
// used is a quarter of the digest at most, so there is nothing to extend.
std::string keyed_digest(const Secrets& secrets, std::string_view input) {
  return sha256(std::string{reinterpret_cast<const char*>(secrets.seed.data()), secrets.seed.size()}.append(input));
}

// The label keeps apart what is made of one text for two purposes: none is the beginning of another.
std::array<unsigned char, 32> labelled_seed(std::string label, std::string_view secret) {
  std::array<unsigned char, 32> seed{};
  const std::string digest = sha256(label.append(secret));
  std::copy(digest.begin(), digest.end(), seed.begin());
  return seed;
}

}  // namespace

std::string token_hash(std::string_view compact) {
  return hex(sha256(compact));
}

std::string subject_hash(const Secrets& secrets, std::string_view issuer, std::string_view subject) {
  std::string input{issuer};
  input += '\0';  // neither part can hold it, so no two pairs read alike
  input += subject;
  return hex(keyed_digest(secrets, input));
}

std::array<unsigned char, 32> shared_seed_of(std::string_view store_password) {
  return labelled_seed("names of buckets in a shared store ", store_password);
}

std::array<unsigned char, 32> nonce_seed_of(std::string_view secret) {
  return labelled_seed("seed of DPoP nonces ", secret);
}

std::uint64_t derived_seed(const Secrets& secrets, std::string_view purpose) {
  const std::string digest = keyed_digest(secrets, purpose);
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < sizeof seed; ++i) seed = seed << 8 | static_cast<unsigned char>(digest[i]);
  return seed;
}

}  // namespace portcullis
