#include "world/tenant/logout_endpoint.h"

#include <algorithm>
#include <boost/json.hpp>

#include "world/encoding/cookie.h"
#include "world/tenant/authorize_endpoint.h"
#include "world/tenant/tenant_pages.h"

namespace portcullis::world {
namespace {

net::HttpResponse redirect(std::string address) {
  return {
      303, {{"Location", std::move(address)}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}}, {}};
}

Problem foreign_address(std::string_view parameter, std::string_view address, const Client* client) {
  std::string allowed;
  if (client)
    for (const std::string& url : client->logout_urls) allowed += (allowed.empty() ? "" : ", ") + url;
  return {400, "Logout URL mismatch",
          "The " + std::string{parameter} + " " + std::string{address} + " is not among the allowed logout URLs" +
              (client ? " of " + client->id : "") + ". You are still logged in.",
          "Send client_id, and an address that is equal to an allowed one, character by character.\nAllowed here: " +
              (allowed.empty() ? "none without a known client_id" : allowed) +
              ".\nAt Auth0: Applications, Settings, Allowed Logout URLs."};
}

bool registered(const Client* client, std::string_view address) {
  return client && std::ranges::find(client->logout_urls, address) != client->logout_urls.end();
}

net::HttpResponse end_session(const net::HttpRequest& request, net::HttpResponse response,
                              const TenantSettings& settings, TenantState& state) {
  state.sessions.end(cookie(request, session_cookie_name(settings)));
  response.headers.add("Set-Cookie", ended_session_cookie(settings));
  return response;
}

/// The client and the person that an ID token of ours names. Its time may be over (RP-Initiated Logout §2).
struct Hint {
  std::string client, subject;
};
std::optional<Hint> read_hint(std::string_view token, const Mint& mint) {
  const auto payload = mint.read_own(token);
  if (!payload) return std::nullopt;
  boost::system::error_code problem;
  const auto claims = boost::json::parse(*payload, problem);
  if (problem || !claims.is_object()) return std::nullopt;
  const auto text = [&](std::string_view name) -> std::string {
    const auto* value = claims.get_object().if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : "";
  };
  return Hint{text("aud"), text("sub")};
}

const Problem bad_hint{
    400, "The id_token_hint is not one of this tenant's",
    "Its signature is not ours, or it is for another client than client_id.",
    "Send the ID token that this tenant gave at the login, or leave id_token_hint out. You are still "
    "logged in."};

}  // namespace

net::HttpResponse auth0_logout(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                               WallTime) {
  const auto fields = query_parameters(request);
  if (!fields) return problem_page({400, "The request cannot be read", fields.error().description, "Log out again."});
  const Client* client = settings.people.client(value_of(*fields, "client_id"));
  const std::string_view address = value_of(*fields, "returnTo");
  if (address.empty()) return end_session(request, logged_out_page(), settings, state);
  if (!registered(client, address)) return problem_page(foreign_address("returnTo", address, client));
  return end_session(request, redirect(std::string{address}), settings, state);
}

net::HttpResponse oidc_logout(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                              WallTime now) {
  const auto fields = parameters(request);
  if (!fields) return problem_page({400, "The request cannot be read", fields.error().description, "Log out again."});
  const std::string_view token = value_of(*fields, "id_token_hint");
  const auto hint = token.empty() ? std::nullopt : read_hint(token, state.mint);
  std::string client_id{value_of(*fields, "client_id")};
  if (!token.empty() && (!hint || (!client_id.empty() && client_id != hint->client))) return problem_page(bad_hint);
  if (hint) client_id = hint->client;
  const Client* client = settings.people.client(client_id);
  std::string address{value_of(*fields, "post_logout_redirect_uri")};
  if (!address.empty() && !registered(client, address))
    return problem_page(foreign_address("post_logout_redirect_uri", address, client));

  const LoginSession* session = state.sessions.use(cookie(request, session_cookie_name(settings)), now);
  const bool hinted = hint && (!session || session->user->subject == hint->subject);
  const bool confirmed = request.method == "POST" && value_of(*fields, "confirmed") == "yes";
  if (session && !hinted && !confirmed) return confirm_logout_page(session->user->name, *fields, origin_of(address));
  if (address.empty()) return end_session(request, logged_out_page(), settings, state);
  if (const auto given = value_of(*fields, "state"); !given.empty())
    address += (address.find('?') == std::string::npos ? '?' : '&') + form_text({{"state", std::string{given}}});
  return end_session(request, redirect(std::move(address)), settings, state);
}

}  // namespace portcullis::world
