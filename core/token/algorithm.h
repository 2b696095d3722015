// The table of algorithms: all that is known about each stands in its one row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "portcullis/token.h"

namespace portcullis {

enum class Curve : std::uint8_t { P256, P384, P521 };
enum class Hash : std::uint8_t { none, SHA256, SHA384, SHA512 };
enum class Family : std::uint8_t { rsa_pkcs1, rsa_pss, ecdsa, ed25519, hmac };

struct AlgorithmFacts {
  Algorithm id;
  std::string_view name;
  Family family;
  Hash hash;
  Curve curve;                  // ecdsa only
  std::size_t signature_bytes;  // 0: as long as the modulus
};

// clang-format off
inline constexpr std::array algorithms{
    AlgorithmFacts{Algorithm::RS256,   "RS256",   Family::rsa_pkcs1, Hash::SHA256, {}, 0},  // RFC 7518 §3.3
    AlgorithmFacts{Algorithm::RS384,   "RS384",   Family::rsa_pkcs1, Hash::SHA384, {}, 0},
    AlgorithmFacts{Algorithm::RS512,   "RS512",   Family::rsa_pkcs1, Hash::SHA512, {}, 0},
    AlgorithmFacts{Algorithm::PS256,   "PS256",   Family::rsa_pss,   Hash::SHA256, {}, 0},  // RFC 7518 §3.5
    AlgorithmFacts{Algorithm::PS384,   "PS384",   Family::rsa_pss,   Hash::SHA384, {}, 0},
    AlgorithmFacts{Algorithm::PS512,   "PS512",   Family::rsa_pss,   Hash::SHA512, {}, 0},
    AlgorithmFacts{Algorithm::ES256,   "ES256",   Family::ecdsa,     Hash::SHA256, Curve::P256, 64},  // RFC 7518 §3.4: raw R||S
    AlgorithmFacts{Algorithm::ES384,   "ES384",   Family::ecdsa,     Hash::SHA384, Curve::P384, 96},
    AlgorithmFacts{Algorithm::ES512,   "ES512",   Family::ecdsa,     Hash::SHA512, Curve::P521, 132},
    AlgorithmFacts{Algorithm::EdDSA,   "EdDSA",   Family::ed25519,   Hash::none,   {}, 64},  // RFC 8037 §3.1, Ed25519 only
    AlgorithmFacts{Algorithm::Ed25519, "Ed25519", Family::ed25519,   Hash::none,   {}, 64},  // RFC 9864 §2.2
    AlgorithmFacts{Algorithm::HS256,   "HS256",   Family::hmac,      Hash::SHA256, {}, 32},  // RFC 7518 §3.2
    AlgorithmFacts{Algorithm::HS384,   "HS384",   Family::hmac,      Hash::SHA384, {}, 48},
    AlgorithmFacts{Algorithm::HS512,   "HS512",   Family::hmac,      Hash::SHA512, {}, 64},
};
// clang-format on

static_assert([] {
  for (std::size_t i = 0; i < algorithms.size(); ++i)
    if (static_cast<std::size_t>(algorithms[i].id) != i) return false;
  return true;
}());  // every Algorithm has its row, in order

constexpr const AlgorithmFacts& facts(Algorithm algorithm) noexcept {
  return algorithms[static_cast<std::size_t>(algorithm)];
}

/// Octets of one coordinate (RFC 7518 §6.2.1.2).
constexpr std::size_t coordinate_bytes(Curve curve) noexcept {
  switch (curve) {
    case Curve::P256:
      return 32;
    case Curve::P384:
      return 48;
    case Curve::P521:
      return 66;
  }
  return 0;
}

}  // namespace portcullis
