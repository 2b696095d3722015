#include "world/tenant/token_response.h"

#include <algorithm>

#include "world/tenant/scope.h"

namespace portcullis::world {
namespace {

using std::chrono::seconds;

constexpr seconds access_token_lifetime{86'400};  // Auth0's defaults, tokens.md §5.6
constexpr seconds id_token_lifetime{36'000};

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

struct Times {
  std::int64_t issued, expires;
};

/// exp = now + lifetime; a token that ends in the past was issued a second before its end.
Times times(WallTime now, seconds lifetime) {
  const auto issued = unix_seconds(now);
  const auto expires = issued + lifetime.count();
  return {std::min<std::int64_t>(issued, expires - 1), expires};
}

/// The name of the grant in `gty`; a login has none.
std::string_view gty_of(GrantType type) {
  switch (type) {
    case GrantType::password:
      return "password";
    case GrantType::client_credentials:
      return "client-credentials";
    case GrantType::authorization_code:
    case GrantType::refresh_token:
      return {};
  }
  return {};
}

/// Auth0's default profile with RBAC and "add permissions in the access token" on.
std::string access_token_claims(const Grant& grant, const std::string& issuer, Times when) {
  JsonWriter json;
  json.begin_object().key("iss").string(issuer).key("sub").string(grant.subject).key("aud");
  if (contains(grant.scope, "openid"))
    json.begin_array().string(*grant.audience).string(issuer + "userinfo").end_array();
  else
    json.string(*grant.audience);
  json.key("azp").string(grant.client).key("iat").integer(when.issued).key("exp").integer(when.expires);
  if (!grant.scope.empty()) json.key("scope").string(scope_text(grant.scope));
  json.key("jti").string(system::random_hex(12));  // two tokens of one second are two
  if (const auto gty = gty_of(grant.type); !gty.empty()) json.key("gty").string(gty);
  json.key("permissions").begin_array();
  for (const std::string& permission : grant.permissions) json.string(permission);
  json.end_array();
  if (grant.user && !grant.user->api_key.empty() && *grant.audience == demo_audience)
    json.key(api_key_claim).string(grant.user->api_key);
  return json.end_object().text();
}

std::string id_token_claims(const Grant& grant, const std::string& issuer, Times when) {
  JsonWriter json;
  json.begin_object().key("iss").string(issuer).key("sub").string(grant.subject);
  json.key("aud").string(grant.client).key("iat").integer(when.issued).key("exp").integer(when.expires);
  if (!grant.session.empty()) json.key("sid").string(grant.session);
  if (!grant.nonce.empty()) json.key("nonce").string(grant.nonce);
  if (grant.authenticated) json.key("auth_time").integer(unix_seconds(*grant.authenticated));
  write_profile(json, *grant.user, grant.scope);
  return json.end_object().text();
}

/// Without an audience Auth0 gives a random string: the commonest error of users (tokens.md §5.6).
std::optional<std::string> access_token(const Grant& grant, seconds lifetime, const TenantSettings& settings,
                                        TenantState& state, WallTime now) {
  if (!grant.audience) return state.opaque_tokens.issue({grant.user, grant.scope}, now + lifetime);
  const std::string claims = access_token_claims(grant, settings.issuer, times(now, lifetime));
  if (grant.odd.key == Oddities::Key::unknown) return state.mint.sign_with_unknown_key(claims);
  return state.mint.sign(claims);
}

}  // namespace

void write_profile(JsonWriter& json, const User& user, const std::vector<std::string>& scope) {
  if (contains(scope, "profile"))
    json.key("name").string(user.name).key("nickname").string(user.email.substr(0, user.email.find('@')));
  if (contains(scope, "email")) json.key("email").string(user.email).key("email_verified").boolean(true);
}

net::HttpResponse token_response(const Grant& grant, std::string_view refresh_token, const TenantSettings& settings,
                                 TenantState& state, WallTime now) {
  const seconds lifetime = grant.odd.lifetime.value_or(access_token_lifetime);
  const auto access = access_token(grant, lifetime, settings, state, now);
  if (!access) return json_answer(OAuthError{500, "server_error", "OpenSSL cannot make a key"});
  JsonWriter json;
  json.begin_object().key("access_token").string(*access);
  if (!refresh_token.empty()) json.key("refresh_token").string(refresh_token);
  if (grant.user && contains(grant.scope, "openid"))
    json.key("id_token")
        .string(state.mint.sign(id_token_claims(grant, settings.issuer, times(now, id_token_lifetime))));
  json.key("scope").string(scope_text(grant.scope));  // also where it is less than was asked for (RFC 6749 §3.3)
  json.key("expires_in").integer(std::max<std::int64_t>(lifetime.count(), 0));
  return json_answer(200, json.key("token_type").string("Bearer").end_object().text());
}

}  // namespace portcullis::world
