#include "world/tenant.h"

#include <initializer_list>

#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

constexpr std::string_view token_path = "/oauth/token";
constexpr std::string_view openid_configuration = "/.well-known/openid-configuration";
constexpr std::string_view authorization_server = "/.well-known/oauth-authorization-server";
constexpr std::string_view jwks_path = "/.well-known/jwks.json";

net::HttpResponse json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}, {"Access-Control-Allow-Origin", "*"}}, std::move(body)};
}

net::HttpResponse error_response(int status, std::string_view error, std::string_view description) {
  JsonWriter json;
  json.begin_object().key("error").string(error).key("error_description").string(description).end_object();
  return json_response(status, json.text());
}

net::HttpResponse method_not_allowed(std::string allowed) {
  auto response = error_response(405, "method_not_allowed", "This address answers: " + allowed);
  response.headers.add("Allow", std::move(allowed));
  return response;
}

/// What the single-page SDK sends and reads (tokens.md §5.8).
net::HttpResponse preflight_answer() {
  return {204,
          {{"Access-Control-Allow-Origin", "*"},
           {"Access-Control-Allow-Methods", "POST"},
           {"Access-Control-Allow-Headers", "content-type, auth0-client, dpop, authorization"},
           {"Access-Control-Max-Age", "600"}},
          {}};
}

void string_list(JsonWriter& json, std::string_view name, std::initializer_list<std::string_view> values) {
  json.key(name).begin_array();
  for (const std::string_view value : values) json.string(value);
  json.end_array();
}

bool is_document(std::string_view path) {
  return path == "/" || path == "/pem" || path == jwks_path || path == openid_configuration ||
         path == authorization_server;
}

}  // namespace

Tenant::Tenant(TokenEndpoint endpoint, Mint mint, std::function<WallTime()> now)
    : endpoint_(std::move(endpoint)), mint_(std::move(mint)), now_(std::move(now)) {}

net::HttpResponse Tenant::answer(const net::HttpRequest& request) {
  const std::string_view path = std::string_view{request.target}.substr(0, request.target.find('?'));
  if (path == token_path) {
    if (request.method == "OPTIONS") return preflight_answer();
    if (request.method != "POST") return method_not_allowed("POST, OPTIONS");
    auto response = endpoint_.answer(request, mint_, now_());
    response.headers.add("Access-Control-Allow-Origin", "*");  // no cookies are involved
    response.headers.add("Access-Control-Expose-Headers", "DPoP-Nonce, WWW-Authenticate");
    return response;
  }
  if (!is_document(path)) return error_response(404, "not_found", "This stand-in has nothing at that address");
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
  return document(path, request);
}

net::HttpResponse Tenant::document(std::string_view path, const net::HttpRequest& request) const {
  if (path == jwks_path) return jwks(request);
  if (path == "/pem") return {200, {{"Content-Type", "application/x-pem-file"}}, mint_.current().certificate_pem()};
  if (path == "/")
    return {200,
            {{"Content-Type", "text/html; charset=utf-8"},
             {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
             {"X-Content-Type-Options", "nosniff"}},
            page()};
  return json_response(200, discovery());
}

net::HttpResponse Tenant::jwks(const net::HttpRequest& request) const {
  const std::string tag = '"' + mint_.current().kid() + '"';  // the set changes when the current key does
  auto response = json_response(200, mint_.jwks());
  response.headers.add("Cache-Control", "public, max-age=15");  // what users see at Auth0: tokens.md §5.3
  response.headers.add("ETag", tag);
  if (request.headers.first("If-None-Match") != tag) return response;
  response.status = 304;
  response.body.clear();
  return response;
}

/// The fields of Auth0's own document (tokens.md §5.2), those this stand-in does not answer included.
std::string Tenant::discovery() const {
  const std::string& issuer = endpoint_.issuer;
  JsonWriter json;
  json.begin_object().key("issuer").string(issuer);
  const auto endpoint = [&](std::string_view name, std::string_view path) {
    json.key(name).string(issuer + std::string{path});
  };
  endpoint("authorization_endpoint", "authorize");
  endpoint("token_endpoint", "oauth/token");
  endpoint("device_authorization_endpoint", "oauth/device/code");
  endpoint("userinfo_endpoint", "userinfo");
  endpoint("mfa_challenge_endpoint", "mfa/challenge");
  endpoint("jwks_uri", ".well-known/jwks.json");
  endpoint("registration_endpoint", "oidc/register");
  endpoint("revocation_endpoint", "oauth/revoke");
  endpoint("end_session_endpoint", "oidc/logout");
  string_list(json, "scopes_supported", {"openid", "profile", "offline_access", "name", "email"});
  string_list(json, "response_types_supported", {"code"});
  string_list(json, "code_challenge_methods_supported", {"S256", "plain"});
  string_list(json, "response_modes_supported", {"query", "fragment", "form_post", "web_message"});
  string_list(json, "subject_types_supported", {"public"});
  string_list(json, "id_token_signing_alg_values_supported", {"HS256", "RS256", "PS256"});  // as Auth0's, HS256 too
  string_list(json, "token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post"});
  string_list(json, "claims_supported", {"aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"});
  json.key("request_uri_parameter_supported").boolean(false);
  json.key("request_parameter_supported").boolean(false);
  return json.end_object().text();
}

std::string Tenant::page() const {
  return R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>development tenant</title>
<style>body{font:16px/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}</style>
<h1>Development server: a stand-in for Auth0</h1>
<p><strong>Not a way in.</strong> The people, passwords and keys here are known to everybody who reads the manual.</p>
<p>Issuer: <code>)" +
         endpoint_.issuer + R"(</code></p>
<ul><li><a href=".well-known/openid-configuration">discovery document</a>
<li><a href=".well-known/jwks.json">signing keys</a> (current and next)
<li><a href="pem">current certificate</a>
<li><code>POST /oauth/token</code>: <code>client_credentials</code> and <code>password</code></ul>
</html>
)";
}

}  // namespace portcullis::world
