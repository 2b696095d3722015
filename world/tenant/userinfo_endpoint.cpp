#include "world/tenant/userinfo_endpoint.h"

#include <algorithm>
#include <boost/json.hpp>

#include "world/tenant/scope.h"
#include "world/tenant/token_response.h"

namespace portcullis::world {
namespace {

net::HttpResponse refused(int status, std::string_view error, std::string_view description) {
  auto response = json_answer(OAuthError{status, std::string{error}, std::string{description}});
  std::string challenge = "Bearer realm=\"userinfo\"";  // RFC 6750 §3
  if (error != "unauthorized")
    challenge.append(", error=\"").append(error).append("\", error_description=\"").append(description).append("\"");
  response.headers.add("WWW-Authenticate", std::move(challenge));
  return response;
}

std::string_view bearer(const net::HttpRequest& request) {
  const std::string_view header = request.headers.first("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  return header.starts_with(scheme) ? header.substr(scheme.size()) : std::string_view{};
}

std::string text_of(const boost::json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  return value && value->is_string() ? std::string{value->get_string()} : "";
}

bool names(const boost::json::value* audience, std::string_view wanted) {
  return audience && audience->is_array() && std::ranges::any_of(audience->get_array(), [&](const auto& entry) {
           return entry.is_string() && entry.get_string() == wanted;
         });
}

/// A token of ours for this address.
std::optional<OpaqueToken> read_jwt(std::string_view token, const TenantSettings& settings, const Mint& mint,
                                    WallTime now) {
  const auto payload = mint.read_own(token);
  if (!payload) return std::nullopt;
  boost::system::error_code problem;
  const auto read = boost::json::parse(*payload, problem);
  if (problem || !read.is_object()) return std::nullopt;
  const boost::json::object& claims = read.get_object();
  if (!names(claims.if_contains("aud"), settings.issuer + "userinfo")) return std::nullopt;
  const auto* expires = claims.if_contains("exp");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (!expires || !expires->is_int64() || expires->get_int64() <= seconds) return std::nullopt;
  const std::string subject = text_of(claims, "sub");
  const auto user = std::ranges::find(settings.people.users, subject, &User::subject);
  if (user == settings.people.users.end()) return std::nullopt;
  return OpaqueToken{&*user, scope_words(text_of(claims, "scope"))};
}

}  // namespace

net::HttpResponse userinfo_endpoint(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                                    WallTime now) {
  const std::string_view token = bearer(request);
  if (token.empty()) return refused(401, "unauthorized", "Send Authorization: Bearer and an access token");
  const OpaqueToken* opaque = state.opaque_tokens.find(token, now);
  const auto known = opaque ? std::optional{*opaque} : read_jwt(token, settings, state.mint, now);
  if (!known) return refused(401, "invalid_token", "Unknown, expired, or not for this address");
  if (!known->user || !contains(known->scope, "openid"))
    return refused(403, "insufficient_scope", "The token was not requested with the scope openid");
  JsonWriter json;
  json.begin_object().key("sub").string(known->user->subject);
  write_profile(json, *known->user, known->scope);
  return json_answer(200, json.end_object().text());
}

}  // namespace portcullis::world
