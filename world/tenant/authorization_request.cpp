#include "world/tenant/authorization_request.h"

#include <algorithm>
#include <charconv>

#include "world/tenant/scope.h"

namespace portcullis::world {
namespace {

std::string list_of(const std::vector<std::string>& addresses) {
  std::string text;
  for (const std::string& address : addresses) text += (text.empty() ? "" : ", ") + address;
  return text.empty() ? "none" : text;
}

Problem unknown_client(std::string_view id) {
  return {400, "Unknown client",
          id.empty() ? "The parameter client_id is missing." : "Unknown client: " + std::string{id},
          "Compare the client id of your page (config.json, AUTH0_CLIENT_ID) with that of the application in the "
          "tenant. This stand-in knows " +
              std::string{page_client} + "."};
}

Problem foreign_redirect_uri(std::string_view uri, const Client& client) {
  return {403, "Callback URL mismatch",
          uri.empty() ? "The parameter redirect_uri is missing."
                      : "The redirect_uri " + std::string{uri} + " is not among the allowed callback URLs of " +
                            client.id + ".",
          "It must be equal to an allowed one, character by character: scheme, host, port, path and final slash.\n"
          "Allowed here: " +
              list_of(client.callbacks) + ".\nTo add a page of your own, start with --page-origin " +
              (uri.empty() ? std::string{"http://localhost:5173"} : origin_of(uri)) +
              ".\nAt Auth0: Applications, Settings, Allowed Callback URLs."};
}

OAuthResult<AuthorizationRequest::Prompt> prompt_of(std::string_view text) {
  using Prompt = AuthorizationRequest::Prompt;
  Prompt prompt = Prompt::if_needed;
  const auto words = scope_words(text);
  for (const std::string& word : words) {
    if (word == "none" && words.size() == 1) return Prompt::none;
    if (word == "login" || word == "select_account")
      prompt = Prompt::login;
    else if (word != "consent")  // nothing to consent to: every client is the tenant's own
      return invalid_request("prompt can be none alone, login, consent, select_account");
  }
  return prompt;
}

OAuthResult<std::optional<std::chrono::seconds>> max_age_of(std::string_view text) {
  if (text.empty()) return std::optional<std::chrono::seconds>{};
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{} || end != text.data() + text.size() || count < 0 || count > 1'000'000'000)
    return invalid_request("max_age is a number of seconds");
  return std::optional{std::chrono::seconds{count}};
}

OAuthResult<std::string> challenge_of(const Fields& fields, const Client& client) {
  const std::string_view challenge = value_of(fields, "code_challenge");
  const std::string_view method = value_of(fields, "code_challenge_method");
  if (challenge.empty() && method.empty() && client.secret) return std::string{};
  if (challenge.empty()) return invalid_request("Missing required parameter: code_challenge (PKCE, RFC 7636)");
  if (method != "S256") return invalid_request("code_challenge_method must be S256");
  constexpr std::size_t sha256_digits = 43;
  if (challenge.size() != sha256_digits) return invalid_request("code_challenge is not a SHA-256 in base64url");
  return std::string{challenge};
}

/// What may be told to the client by redirect.
OAuthResult<AuthorizationRequest> read_rest(const Fields& fields, const Client& client, AuthorizationRequest request,
                                            Exposure exposure) {
  const std::string_view type = value_of(fields, "response_type");
  if (type.empty()) return invalid_request("Missing required parameter: response_type");
  if (type != "code")
    return OAuthError{400, "unsupported_response_type",
                      "Only response_type=code is answered here: the implicit flow puts tokens into addresses"};
  for (const char* name : {"request", "request_uri"})
    if (!value_of(fields, name).empty())
      return OAuthError{400, std::string{name} + "_not_supported", "Send the parameters as they are"};
  auto challenge = challenge_of(fields, client);
  if (!challenge) return challenge.error();
  request.code_challenge = *std::move(challenge);
  const auto prompt = prompt_of(value_of(fields, "prompt"));
  if (!prompt) return prompt.error();
  request.prompt = *prompt;
  const auto max_age = max_age_of(value_of(fields, "max_age"));
  if (!max_age) return max_age.error();
  request.max_age = *max_age;
  const auto odd = oddities(fields, exposure);
  if (!odd) return odd.error();
  request.grant.odd = *odd;
  request.grant.client = client.id;
  request.grant.nonce = value_of(fields, "nonce");
  request.audience = value_of(fields, "audience");
  request.scope = value_of(fields, "scope");
  request.login_hint = value_of(fields, "login_hint");
  return request;
}

}  // namespace

ReadAuthorization read_authorization(const Fields& fields, const People& people, Exposure exposure) {
  const Client* client = people.client(value_of(fields, "client_id"));
  if (!client) return unknown_client(value_of(fields, "client_id"));
  const std::string_view uri = value_of(fields, "redirect_uri");
  if (std::ranges::find(client->callbacks, uri) == client->callbacks.end()) return foreign_redirect_uri(uri, *client);
  const auto mode = response_mode(value_of(fields, "response_mode"));
  const std::string origin = origin_of(uri);
  if (mode == ResponseMode::web_message && std::ranges::find(client->web_origins, origin) == client->web_origins.end())
    return Problem{403, "Origin not allowed", origin + " is not among the allowed web origins of " + client->id + ".",
                   "Start with --page-origin " + origin + ".\nAt Auth0: Applications, Settings, Allowed Web Origins."};
  AuthorizationRequest request;
  request.back = {std::string{uri}, mode.value_or(ResponseMode::query), {}};
  const bool has_state = std::ranges::find(fields, "state", &Fields::value_type::first) != fields.end();
  if (has_state) request.back.state = value_of(fields, "state");
  const ReturnAddress back = request.back;
  if (!mode) return Refused{back, invalid_request("response_mode can be query, fragment or web_message")};
  auto read = read_rest(fields, *client, std::move(request), exposure);
  if (!read) return Refused{back, read.error()};
  return *std::move(read);
}

}  // namespace portcullis::world
