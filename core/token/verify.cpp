// From unverified to verified: the algorithm, then the signature, then the claims. Never in another order.
#include <algorithm>

#include "core/token/allowed_algorithm.h"
#include "core/token/claims.h"
#include "core/token/signature.h"
#include "core/token/token_parts.h"

namespace portcullis {
namespace {

bool contains(std::span<const Algorithm> list, Algorithm algorithm) {
  return std::find(list.begin(), list.end(), algorithm) != list.end();
}

Result<Done> check_key(const UnverifiedToken& token, const VerificationKey& key, const Expectations& expect) {
  if (!key.fits(token.algorithm()))
    return Error{Reason::key_mismatch,
                 "alg is " + std::string{name_of(token.algorithm())} + ", the key is " + std::string{key.type()}};
  // EdDSA and Ed25519 are one algorithm under two names; the key's name and the token's must both be listed.
  const auto named = KeyAccess::material(key).algorithm;
  if (named && !contains(expect.algorithms.items(), *named))
    return Error{Reason::key_mismatch, "the key is for " + std::string{name_of(*named)} + ", which is not accepted"};
  return Done{};
}

}  // namespace

Result<Done> check_allowed_algorithm(const UnverifiedToken& token, const Expectations& expect) {
  const auto accepted = expect.algorithms.items();
  if (contains(accepted, token.algorithm())) return Done{};
  std::string names;
  for (const Algorithm algorithm : accepted) names += (names.empty() ? "" : ", ") + std::string{name_of(algorithm)};
  return Error{Reason::alg_not_allowed, "alg is " + std::string{name_of(token.algorithm())} + ", accepted: [" + names +
                                            "]. The signing algorithm at the issuer must be one of these"};
}

Result<Done> check_signature(const UnverifiedToken& token, const VerificationKey& key) {
  if (!key.fits(token.algorithm()))
    return Error{Reason::key_mismatch,
                 "alg is " + std::string{name_of(token.algorithm())} + ", the key is " + std::string{key.type()}};
  const auto& parts = TokenAccess::parts(token);
  if (verify_signature(KeyAccess::material(key), parts.algorithm, parts.signing_input(), parts.signature) !=
      SignatureVerdict::good)
    return Error{Reason::bad_signature,
                 "the " + std::string{name_of(parts.algorithm)} + " signature is not that of the key over these bytes"};
  return Done{};
}

Result<VerifiedToken> verify(UnverifiedToken token, const VerificationKey& key, const Expectations& expect,
                             WallTime now) {
  if (const auto allowed = check_allowed_algorithm(token, expect); !allowed) return allowed.error();
  if (const auto fits = check_key(token, key, expect); !fits) return fits.error();
  if (const auto authentic = check_signature(token, key); !authentic) return authentic.error();
  const auto& parts = TokenAccess::parts(token);
  if (const auto sound = check_claims(parts.header.root(), parts.payload.root(), expect, now); !sound)
    return sound.error();
  return VerifiedToken{TokenAccess::take(std::move(token))};
}

Json VerifiedToken::claims() const noexcept {
  return TokenAccess::parts(*this).payload.root();
}
Algorithm VerifiedToken::algorithm() const noexcept {
  return TokenAccess::parts(*this).algorithm;
}
std::optional<std::string_view> VerifiedToken::key_id() const noexcept {
  const auto& key_id = TokenAccess::parts(*this).key_id;
  return key_id ? std::optional<std::string_view>{*key_id} : std::nullopt;
}

namespace {
std::optional<std::string_view> string_claim(const Json& claims, std::string_view name) {
  const auto claim = claims.find(name);
  return claim ? claim->string() : std::nullopt;
}
}  // namespace

std::string_view VerifiedToken::issuer() const noexcept {
  return string_claim(claims(), "iss").value_or("");
}
std::string_view VerifiedToken::subject() const noexcept {
  return string_claim(claims(), "sub").value_or("");
}
std::optional<std::string_view> VerifiedToken::client() const noexcept {
  const auto azp = string_claim(claims(), "azp");
  return azp ? azp : string_claim(claims(), "client_id");
}
std::optional<std::string_view> VerifiedToken::organization() const noexcept {
  return string_claim(claims(), "org_id");
}
std::optional<std::string_view> VerifiedToken::scope() const noexcept {
  return string_claim(claims(), "scope");
}

WallTime VerifiedToken::expires_at() const noexcept {
  const auto exp = claims().find("exp");
  return exp ? numeric_date(*exp).value_or(WallTime{}) : WallTime{};
}

bool VerifiedToken::has_scope(std::string_view wanted) const noexcept {
  return has_word(scope().value_or(""), wanted);
}

bool VerifiedToken::has_permission(std::string_view wanted) const noexcept {
  const auto permissions = claims().find("permissions");
  if (!permissions || !permissions->is(JsonKind::array)) return false;
  for (const Json permission : *permissions)
    if (permission.string() == wanted) return true;
  return false;
}

}  // namespace portcullis
