// The claims that are checked of every token, found in one walk over its members.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "portcullis/json.h"

namespace portcullis {

enum class Claim : std::uint8_t {
  iss,
  sub,
  aud,
  exp,
  nbf,
  iat,
  jti,
  azp,
  cnf,
  gty,
  scope,
  nonce,
  events,
  c_hash,
  org_id,
  at_hash,
  client_id,
  permissions,
};

inline constexpr std::array<std::string_view, 18> claim_names{
    "iss", "sub",   "aud",   "exp",    "nbf",    "iat",    "jti",     "azp",       "cnf",
    "gty", "scope", "nonce", "events", "c_hash", "org_id", "at_hash", "client_id", "permissions",
};
constexpr std::string_view name_of(Claim claim) noexcept {
  return claim_names[static_cast<std::size_t>(claim)];
}

/// Looked up some twenty times a token: the names are compared once. Views, like the Json it is made of.
class ClaimIndex {
 public:
  explicit ClaimIndex(const Json& claims) noexcept {
    for (auto member = claims.begin(); member != claims.end(); ++member)
      if (const auto claim = claim_named(member.name())) found_[static_cast<std::size_t>(*claim)] = *member;
  }
  const std::optional<Json>& operator[](Claim claim) const noexcept { return found_[static_cast<std::size_t>(claim)]; }

 private:
  static std::optional<Claim> claim_named(std::string_view name) noexcept;
  std::array<std::optional<Json>, claim_names.size()> found_{};
};

}  // namespace portcullis
