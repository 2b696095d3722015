#include "world/tenant/discovery_document.h"

#include <initializer_list>

#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

void string_list(JsonWriter& json, std::string_view name, std::initializer_list<std::string_view> values) {
  json.key(name).begin_array();
  for (const std::string_view value : values) json.string(value);
  json.end_array();
}

}  // namespace

std::string discovery_document(const std::string& issuer) {
  JsonWriter json;
  json.begin_object().key("issuer").string(issuer);
  const auto endpoint = [&](std::string_view name, std::string_view path) {
    json.key(name).string(issuer + std::string{path});
  };
  endpoint("authorization_endpoint", "authorize");
  endpoint("token_endpoint", "oauth/token");
  endpoint("userinfo_endpoint", "userinfo");
  endpoint("jwks_uri", ".well-known/jwks.json");
  endpoint("revocation_endpoint", "oauth/revoke");
  endpoint("end_session_endpoint", "oidc/logout");
  string_list(json, "scopes_supported", {"openid", "profile", "offline_access", "email"});
  string_list(json, "response_types_supported", {"code"});
  string_list(json, "code_challenge_methods_supported", {"S256"});
  string_list(json, "response_modes_supported", {"query", "fragment", "web_message"});
  string_list(json, "subject_types_supported", {"public"});
  string_list(json, "id_token_signing_alg_values_supported", {"RS256"});
  string_list(json, "token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post", "none"});
  string_list(
      json, "claims_supported",
      {"aud", "auth_time", "email", "email_verified", "exp", "iat", "iss", "name", "nickname", "nonce", "sid", "sub"});
  json.key("request_uri_parameter_supported").boolean(false);
  json.key("request_parameter_supported").boolean(false);
  return json.end_object().text();
}

}  // namespace portcullis::world
