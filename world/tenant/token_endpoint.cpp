#include "world/tenant/token_endpoint.h"

#include "world/tenant/client_authentication.h"
#include "world/tenant/scope.h"
#include "world/tenant/token_response.h"

namespace portcullis::world {
namespace {

struct TokenRequest {
  const Fields& fields;
  const Client& client;
  const TenantSettings& settings;
  TenantState& state;
  WallTime now;

  std::string_view operator[](std::string_view name) const { return value_of(fields, name); }
};

OAuthResult<GrantType> grant_type(std::string_view name) {
  if (name == "authorization_code") return GrantType::authorization_code;
  if (name == "refresh_token") return GrantType::refresh_token;
  if (name == "client_credentials") return GrantType::client_credentials;
  if (name == "password") return GrantType::password;
  if (name.empty()) return invalid_request("Missing required parameter: grant_type");
  return OAuthError{400, "unsupported_grant_type", "Unsupported grant type: " + std::string{name}};
}

OAuthError invalid_grant(std::string description) {
  return {400, "invalid_grant", std::move(description)};
}

/// Grants that one request asks for and gets: password and client_credentials.
OAuthResult<Grant> direct_grant(const TokenRequest& request, GrantType type) {
  Grant grant;
  grant.type = type;
  grant.client = request.client.id;
  if (type == GrantType::client_credentials) {
    if (request["audience"].empty())  // Auth0: there is nothing to be opaque for
      return OAuthError{403, "access_denied",
                        "No audience parameter was provided, and no default audience has been configured"};
    grant.subject = request.client.id + "@clients";
  } else {
    for (const char* name : {"username", "password"})
      if (request[name].empty()) return invalid_request(std::string{"Missing required parameter: "} + name);
    grant.user = request.settings.people.log_in(request["username"], request["password"]);
    if (!grant.user) return OAuthError{403, "invalid_grant", "Wrong email or password."};
    grant.subject = grant.user->subject;
  }
  auto odd = oddities(request.fields, request.settings.exposure);
  if (!odd) return odd.error();
  grant.odd = *odd;
  return with_access(std::move(grant), request["audience"], request["scope"], request.settings.people);
}

OAuthResult<Done> check_code(const TokenRequest& request, const AuthorizationCode& code) {
  if (code.grant.client != request.client.id) return invalid_grant("Invalid authorization code");
  if (code.redirect_uri != request["redirect_uri"])  // RFC 6749 §4.1.3: identical
    return invalid_grant("The redirect URI is not the one of the authorization request");
  if (code.code_challenge.empty()) return Done{};
  const std::string_view verifier = request["code_verifier"];
  if (verifier.empty()) return invalid_grant("Missing required parameter: code_verifier");
  if (!is_code_verifier(verifier) || code_challenge(verifier) != code.code_challenge)
    return invalid_grant("Failed to verify code verifier");
  return Done{};
}

net::HttpResponse redeem_code(const TokenRequest& request) {
  if (request["code"].empty()) return json_answer(invalid_request("Missing required parameter: code"));
  AuthorizationCode* code = request.state.codes.find(request["code"], request.now);
  if (!code) return json_answer(invalid_grant("Invalid authorization code"));
  if (code->state == AuthorizationCode::State::used) {  // somebody has a copy: RFC 6749 §4.1.2
    request.state.refresh_tokens.revoke(code->refresh_token, request.client, request.now);
    return json_answer(invalid_grant("Invalid authorization code"));
  }
  code->state = AuthorizationCode::State::used;  // also by a wrong verifier: there is no second guess
  if (const auto checked = check_code(request, *code); !checked) return json_answer(checked.error());
  if (contains(code->grant.scope, "offline_access"))
    code->refresh_token = request.state.refresh_tokens.start(code->grant, request.now);
  return token_response(code->grant, code->refresh_token, request.settings, request.state, request.now);
}

net::HttpResponse refresh(const TokenRequest& request) {
  if (request["refresh_token"].empty())
    return json_answer(invalid_request("Missing required parameter: refresh_token"));
  const auto issued = request.state.refresh_tokens.rotate(request["refresh_token"], request.client,
                                                          scope_words(request["scope"]), request.now);
  if (!issued) return json_answer(issued.error());
  return token_response(issued->grant, issued->token, request.settings, request.state, request.now);
}

}  // namespace

net::HttpResponse token_endpoint(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                                 WallTime now) {
  const auto fields = body_parameters(request);
  if (!fields) return json_answer(fields.error());
  const auto type = grant_type(value_of(*fields, "grant_type"));
  if (!type) return json_answer(type.error());
  const auto client = authenticate_client(request, *fields, *type, settings.people);
  if (!client) return json_answer(client.error());
  const TokenRequest asked{*fields, **client, settings, state, now};
  if (*type == GrantType::authorization_code) return redeem_code(asked);
  if (*type == GrantType::refresh_token) return refresh(asked);
  const auto grant = direct_grant(asked, *type);
  if (!grant) return json_answer(grant.error());
  return token_response(*grant, {}, settings, state, now);
}

net::HttpResponse revocation_endpoint(const net::HttpRequest& request, const TenantSettings& settings,
                                      TenantState& state, WallTime now) {
  const auto fields = body_parameters(request);
  if (!fields) return json_answer(fields.error());
  const auto client = authenticate_client(request, *fields, GrantType::refresh_token, settings.people);
  if (!client) return json_answer(client.error());
  const std::string_view token = value_of(*fields, "token");
  if (token.empty()) return json_answer(invalid_request("Missing required parameter: token"));
  state.refresh_tokens.revoke(token, **client, now);
  return {200, {{"Cache-Control", "no-store"}}, {}};
}

}  // namespace portcullis::world
