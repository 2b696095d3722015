#include "world/tenant/refresh_tokens.h"

#include <algorithm>

#include "world/tenant/scope.h"

namespace portcullis::world {
namespace {

constexpr std::chrono::hours longest_family{30 * 24};
constexpr std::chrono::hours longest_pause{15 * 24};

/// A token is FAMILY.TURN.
std::string_view family_part(std::string_view token) {
  return token.substr(0, token.find('.'));
}
std::string_view turn_part(std::string_view token) {
  return token.substr(std::min(token.size(), family_part(token).size() + 1));
}

const OAuthError unknown_token{403, "invalid_grant", "Unknown or invalid refresh token."};

}  // namespace

std::string RefreshTokens::start(Grant grant, WallTime now) {
  const std::string turn = system::random_hex(16);
  return families_.issue({std::move(grant), turn, now}, now + longest_family) + '.' + turn;
}

RefreshTokens::Family* RefreshTokens::family_of(std::string_view token, const Client& client, WallTime now) {
  Family* family = families_.find(family_part(token), now);
  return family && family->grant.client == client.id ? family : nullptr;
}

OAuthResult<RefreshTokens::Issued> RefreshTokens::rotate(std::string_view token, const Client& client,
                                                         const std::vector<std::string>& scope, WallTime now) {
  Family* family = family_of(token, client, now);
  if (!family) return unknown_token;
  const bool latest = same_secret(family->latest, turn_part(token));
  if (!latest || now - family->last_used >= longest_pause) {  // used before: somebody has a copy
    families_.forget(family_part(token));
    return unknown_token;
  }
  Grant grant = family->grant;
  if (!std::ranges::all_of(scope, [&](const std::string& word) { return contains(grant.scope, word); }))
    return OAuthError{400, "invalid_scope", "The scope was not granted at the login"};
  if (!scope.empty()) grant.scope = scope;
  grant.nonce.clear();  // belongs to the login (OIDC Core §12.2)
  family->latest = system::random_hex(16);
  family->last_used = now;
  return Issued{std::move(grant), std::string{family_part(token)} + '.' + family->latest};
}

void RefreshTokens::revoke(std::string_view token, const Client& client, WallTime now) {
  if (family_of(token, client, now)) families_.forget(family_part(token));
}

}  // namespace portcullis::world
