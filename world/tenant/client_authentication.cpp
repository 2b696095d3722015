#include "world/tenant/client_authentication.h"

#include <algorithm>

#include "world/encoding/base64.h"

namespace portcullis::world {
namespace {

struct ClientCredentials {
  std::string id;
  std::string secret;
};

OAuthResult<ClientCredentials> client_credentials(const net::HttpRequest& request, const Fields& fields) {
  ClientCredentials found{std::string{value_of(fields, "client_id")}, std::string{value_of(fields, "client_secret")}};
  const std::string_view header = request.headers.first("Authorization");
  constexpr std::string_view scheme = "Basic ";
  if (!header.starts_with(scheme)) return found;
  if (!found.secret.empty()) return invalid_request("The client is authenticated twice");
  const auto decoded = base64_decode(header.substr(scheme.size()));
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return invalid_request("The Basic credentials cannot be read");
  const std::string_view pair{*decoded};
  return ClientCredentials{form_decode(pair.substr(0, colon)), form_decode(pair.substr(colon + 1))};
}

const OAuthError not_granted{403, "unauthorized_client", "Grant type not allowed for the client."};

}  // namespace

OAuthResult<const Client*> authenticate_client(const net::HttpRequest& request, const Fields& fields, GrantType grant,
                                               const People& people) {
  const auto credentials = client_credentials(request, fields);
  if (!credentials) return credentials.error();
  const Client* client = people.client(credentials->id);
  const bool proven =
      client && (client->secret ? same_secret(*client->secret, credentials->secret) : credentials->secret.empty());
  const bool granted = client && std::ranges::find(client->grants, grant) != client->grants.end();
  if (client && !granted && !client->secret) return not_granted;  // a public client proves nothing before it hears this
  if (!proven) return OAuthError{401, "access_denied", "Unauthorized"};
  if (!granted) return not_granted;
  return client;
}

}  // namespace portcullis::world
