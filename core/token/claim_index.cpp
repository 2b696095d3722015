#include "core/token/claim_index.h"

namespace portcullis {
namespace {

constexpr std::uint32_t packed(std::string_view three) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(three[i])); };
  return byte(0) << 16 | byte(1) << 8 | byte(2);
}

}  // namespace

std::optional<Claim> ClaimIndex::claim_named(std::string_view name) noexcept {
  if (name.size() == 3) {  // most registered names (RFC 7519 §4.1): one comparison
    switch (packed(name)) {
      case packed("iss"):
        return Claim::iss;
      case packed("sub"):
        return Claim::sub;
      case packed("aud"):
        return Claim::aud;
      case packed("exp"):
        return Claim::exp;
      case packed("nbf"):
        return Claim::nbf;
      case packed("iat"):
        return Claim::iat;
      case packed("jti"):
        return Claim::jti;
      case packed("azp"):
        return Claim::azp;
      case packed("cnf"):
        return Claim::cnf;
      case packed("gty"):
        return Claim::gty;
      default:
        return std::nullopt;
    }
  }
  for (std::size_t i = 0; i < claim_names.size(); ++i)
    if (claim_names[i].size() == name.size() && claim_names[i] == name) return static_cast<Claim>(i);
  return std::nullopt;
}

}  // namespace portcullis
