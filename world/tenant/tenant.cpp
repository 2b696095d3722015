#include "world/tenant/tenant.h"

#include "world/encoding/target.h"
#include "world/tenant/authorize_endpoint.h"
#include "world/tenant/discovery_document.h"
#include "world/tenant/logout_endpoint.h"
#include "world/tenant/tenant_pages.h"
#include "world/tenant/token_endpoint.h"
#include "world/tenant/userinfo_endpoint.h"

namespace portcullis::world {
namespace {

using Answer = net::HttpResponse (*)(const net::HttpRequest&, const TenantSettings&, TenantState&, WallTime);

/// Who may ask by script: pages of the clients' web origins; nobody, at addresses that people visit.
enum class Scripts : std::uint8_t { none, web_origins };

struct Endpoint {
  std::string_view path;
  std::string_view methods;
  Scripts scripts;
  Answer answer;
};

constexpr Endpoint endpoints[] = {
    {"/authorize", "GET, POST", Scripts::none, authorize_endpoint},
    {"/u/login", "GET, POST", Scripts::none, login_endpoint},
    {"/v2/logout", "GET", Scripts::none, auth0_logout},
    {"/oidc/logout", "GET, POST", Scripts::none, oidc_logout},
    {"/oauth/token", "POST, OPTIONS", Scripts::web_origins, token_endpoint},
    {"/oauth/revoke", "POST, OPTIONS", Scripts::web_origins, revocation_endpoint},
    {"/userinfo", "GET, POST, OPTIONS", Scripts::web_origins, userinfo_endpoint},
};

const Endpoint* endpoint_at(std::string_view path) {
  for (const Endpoint& endpoint : endpoints)
    if (endpoint.path == path) return &endpoint;
  return nullptr;
}

bool lists(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const std::string_view name = methods.substr(0, methods.find(','));
    methods.remove_prefix(std::min(methods.size(), name.size() + 2));
    if (name == method) return true;
  }
  return false;
}

net::HttpResponse method_not_allowed(std::string_view allowed) {
  auto response = json_answer(OAuthError{405, "method_not_allowed", "This address answers: " + std::string{allowed}});
  response.headers.add("Allow", std::string{allowed});
  return response;
}

/// What the single-page SDK sends and reads (tokens.md §5.8). A foreign origin is never reflected.
void allow_scripts(net::HttpResponse& response, const net::HttpRequest& request, const People& people) {
  response.headers.add("Vary", "Origin");
  const std::string_view origin = request.headers.first("Origin");
  if (origin.empty() || !people.allows_origin(origin)) return;
  response.headers.add("Access-Control-Allow-Origin", std::string{origin});
  response.headers.add("Access-Control-Expose-Headers", "DPoP-Nonce, WWW-Authenticate");
  if (request.method != "OPTIONS") return;
  response.headers.add("Access-Control-Allow-Methods", "GET, POST");
  response.headers.add("Access-Control-Allow-Headers", "content-type, auth0-client, dpop, authorization");
  response.headers.add("Access-Control-Max-Age", "600");
}

/// Documents are for everybody, scripts of any page included.
net::HttpResponse document(std::string_view type, std::string body) {
  return {200,
          {{"Content-Type", std::string{type}},
           {"Access-Control-Allow-Origin", "*"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(body)};
}

bool is_document(std::string_view path) {
  return path == "/" || path == "/pem" || path == stylesheet_path || path.starts_with("/.well-known/");
}

}  // namespace

Tenant::Tenant(TenantSettings settings, Mint mint, TenantClock clock, TenantControl control)
    : settings_(std::move(settings)),
      state_{.mint = std::move(mint)},
      clock_(std::move(clock)),
      control_(std::move(control)) {}

net::HttpResponse Tenant::answer(const net::HttpRequest& request) {
  const std::string_view path = path_of(request.target);
  if (path.starts_with(control_prefix)) return control_.answer(request, clock_, state_);
  if (auto fault = control_.fault(path)) return *std::move(fault);
  if (const Endpoint* endpoint = endpoint_at(path)) {
    auto response = !lists(endpoint->methods, request.method) ? method_not_allowed(endpoint->methods)
                    : request.method == "OPTIONS"             ? net::HttpResponse{204, {}, {}}
                                                  : endpoint->answer(request, settings_, state_, clock_.now());
    if (endpoint->scripts == Scripts::web_origins) allow_scripts(response, request, settings_.people);
    return response;
  }
  if (is_document(path) && request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
  if (path == "/") return tenant_home_page(settings_.issuer);
  if (path == stylesheet_path) return tenant_stylesheet();
  if (path == "/favicon.ico") return {204, {{"Cache-Control", "max-age=86400"}}, {}};  // browsers ask; there is none
  if (path == "/pem") return document("application/x-pem-file", state_.mint.current().certificate_pem());
  if (path == "/.well-known/jwks.json") return jwks(request);
  if (path == "/.well-known/openid-configuration" || path == "/.well-known/oauth-authorization-server")
    return document("application/json", discovery_document(settings_.issuer));
  return json_answer(OAuthError{404, "not_found", "This stand-in has nothing at that address"});
}

net::HttpResponse Tenant::jwks(const net::HttpRequest& request) const {
  const std::string tag = state_.mint.jwks_tag();
  auto response = document("application/json", state_.mint.jwks());
  response.headers.add("Cache-Control", "public, max-age=15");  // what users see at Auth0: tokens.md §5.3
  response.headers.add("ETag", tag);
  if (request.headers.first("If-None-Match") != tag) return response;
  response.status = 304;
  response.body.clear();
  return response;
}

}  // namespace portcullis::world
