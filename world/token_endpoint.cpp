#include "world/token_endpoint.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "edge/system/random.h"
#include "portcullis/json_writer.h"
#include "world/base64.h"
#include "world/form.h"

namespace portcullis::world {
namespace {

using std::chrono::seconds;

constexpr seconds access_token_lifetime{86'400};  // Auth0's default, tokens.md §5.6
constexpr seconds id_token_lifetime{36'000};
constexpr seconds longest_lifetime{366L * 24 * 3600};  // of the development parameter, either way
constexpr std::size_t parameter_limit = 64;

/// An OAuth error in Auth0's shape.
struct Refusal {
  int status;
  std::string error, description;
};
template <class T>
using Judged = Result<T, Refusal>;

Refusal bad_request(std::string description) {
  return {400, "invalid_request", std::move(description)};
}

std::string_view value_of(const Fields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
  return found == fields.end() ? std::string_view{} : found->second;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!word.empty() && std::ranges::find(found, word) == found.end()) found.emplace_back(word);
  }
  return found;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

Judged<Fields> json_parameters(std::string_view body) {
  boost::system::error_code problem;
  const boost::json::value document = boost::json::parse(body, problem);
  if (problem || !document.is_object()) return bad_request("The body is not a JSON object");
  Fields fields;
  for (const auto& [name, value] : document.get_object()) {
    if (value.is_string())
      fields.emplace_back(name, std::string{value.get_string()});
    else if (value.is_int64())
      fields.emplace_back(name, std::to_string(value.get_int64()));
    else
      return bad_request("A parameter is neither a string nor an integer");
  }
  return fields;
}

Judged<Fields> parameters(const net::HttpRequest& request) {
  const std::string_view type = request.headers.first("Content-Type");
  const bool json = type.starts_with("application/json");
  auto fields = json ? json_parameters(request.body) : Judged<Fields>{parse_form(request.body)};
  if (!fields) return fields;
  if (fields->size() > parameter_limit) return bad_request("Too many parameters");
  for (auto field = fields->begin(); field != fields->end(); ++field)  // RFC 6749 §3.2
    if (std::find_if(field + 1, fields->end(), [&](const auto& later) { return later.first == field->first; }) !=
        fields->end())
      return bad_request("A parameter is repeated");
  return fields;
}

struct ClientCredentials {
  std::string id;
  std::string secret;
};

/// From the body, or from Basic with form-encoded parts (RFC 6749 §2.3.1); not from both.
Judged<ClientCredentials> client_credentials(const net::HttpRequest& request, const Fields& fields) {
  ClientCredentials found{std::string{value_of(fields, "client_id")}, std::string{value_of(fields, "client_secret")}};
  std::string_view header = request.headers.first("Authorization");
  constexpr std::string_view scheme = "Basic ";
  if (!header.starts_with(scheme)) return found;
  if (!found.secret.empty()) return bad_request("The client is authenticated twice");
  const auto decoded = base64_decode(header.substr(scheme.size()));
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return bad_request("The Basic credentials cannot be read");
  const std::string_view pair{*decoded};
  return ClientCredentials{form_decode(pair.substr(0, colon)), form_decode(pair.substr(colon + 1))};
}

Judged<GrantType> grant_type(std::string_view name) {
  if (name == "client_credentials") return GrantType::client_credentials;
  if (name == "password") return GrantType::password;
  if (name.empty()) return bad_request("Missing required parameter: grant_type");
  return Refusal{400, "unsupported_grant_type", "Unsupported grant type: " + std::string{name}};
}

Judged<const Client*> authenticated_client(const ClientCredentials& credentials, GrantType grant,
                                           const People& people) {
  const Client* client = people.client(credentials.id);
  const bool proven =
      client && (client->secret ? same_secret(*client->secret, credentials.secret) : credentials.secret.empty());
  const bool granted = client && std::ranges::find(client->grants, grant) != client->grants.end();
  if (client && !granted && !client->secret)  // a public client has nothing to prove before it hears this
    return Refusal{403, "unauthorized_client", "Grant type not allowed for the client."};
  if (!proven) return Refusal{401, "access_denied", "Unauthorized"};
  if (!granted) return Refusal{403, "unauthorized_client", "Grant type not allowed for the client."};
  return client;
}

/// Whom the tokens are about, and what they may hold.
struct Grant {
  std::string subject;
  std::string client;
  std::string_view grant_name;
  const User* user = nullptr;  // none under client_credentials
  std::optional<std::string> audience;
  std::vector<std::string> permissions;
  std::vector<std::string> scope;  // granted, oidc scopes included
};

/// What somebody asked for, cut down to what is permitted. Nothing asked for: all that is permitted.
std::vector<std::string> granted_scope(const std::vector<std::string>& requested, const Grant& grant) {
  std::vector<std::string> granted;
  bool asked_the_api = false;
  for (const std::string& scope : requested) {
    const bool oidc = scope == "openid" || scope == "profile" || scope == "email";
    asked_the_api = asked_the_api || !oidc;
    if (oidc ? grant.user != nullptr : contains(grant.permissions, scope)) granted.push_back(scope);
  }
  if (!asked_the_api) granted.insert(granted.end(), grant.permissions.begin(), grant.permissions.end());
  return granted;
}

Judged<Grant> user_grant(const Fields& fields, const Client& client, const People& people) {
  const auto email = value_of(fields, "username");
  const auto password = value_of(fields, "password");
  if (email.empty()) return bad_request("Missing required parameter: username");
  if (password.empty()) return bad_request("Missing required parameter: password");
  const User* user = people.log_in(email, password);
  if (!user) return Refusal{403, "invalid_grant", "Wrong email or password."};
  return Grant{.subject = user->subject,
               .client = client.id,
               .grant_name = "password",
               .user = user,
               .audience = {},
               .permissions = {},
               .scope = {}};
}

Judged<Grant> decide_grant(GrantType type, const Fields& fields, const Client& client, const People& people) {
  auto grant = type == GrantType::password ? user_grant(fields, client, people)
                                           : Judged<Grant>{Grant{.subject = client.id + "@clients",
                                                                 .client = client.id,
                                                                 .grant_name = "client-credentials",
                                                                 .user = nullptr,
                                                                 .audience = {},
                                                                 .permissions = {},
                                                                 .scope = {}}};
  if (!grant) return grant;
  const std::string_view audience = value_of(fields, "audience");
  if (audience.empty() && type == GrantType::client_credentials)  // Auth0: there is nothing to be opaque for
    return Refusal{403, "access_denied",
                   "No audience parameter was provided, and no default audience has been configured"};
  if (!audience.empty()) {
    if (!people.api(audience)) return Refusal{403, "access_denied", "Service not found: " + std::string{audience}};
    grant->audience = audience;
    grant->permissions = permitted(grant->user ? grant->user->permissions : client.permissions, audience);
  }
  grant->scope = granted_scope(words(value_of(fields, "scope")), *grant);
  return grant;
}

struct Times {
  std::int64_t issued, expires;
};

/// exp = now + lifetime; a token that ends in the past was issued a second before its end.
Times times(WallTime now, seconds lifetime) {
  const auto issued = std::chrono::floor<seconds>(now).time_since_epoch().count();
  const auto expires = issued + lifetime.count();
  return {std::min<std::int64_t>(issued, expires - 1), expires};
}

/// The development parameters.
struct Oddities {
  std::optional<seconds> lifetime;
  bool unknown_key = false;
};

Judged<Oddities> oddities(const Fields& fields, Exposure exposure) {
  const std::string_view lifetime = value_of(fields, "lifetime");
  const std::string_view key = value_of(fields, "signing_key");
  if (lifetime.empty() && key.empty()) return Oddities{};
  if (exposure != Exposure::loopback)
    return bad_request("lifetime and signing_key are honoured by a loopback tenant only");
  if (!key.empty() && key != "unknown") return bad_request("signing_key can be: unknown");
  Oddities asked{.lifetime = {}, .unknown_key = !key.empty()};
  if (lifetime.empty()) return asked;
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(lifetime.data(), lifetime.data() + lifetime.size(), count);
  if (problem != std::errc{} || end != lifetime.data() + lifetime.size() || count > longest_lifetime.count() ||
      count < -longest_lifetime.count())
    return bad_request("lifetime is a number of seconds, at most a year either way");
  asked.lifetime = seconds{count};
  return asked;
}

/// Auth0's default profile with RBAC and "add permissions in the access token" on (tokens.md §5.6).
std::string access_token_claims(const Grant& grant, const std::string& issuer, Times when) {
  JsonWriter json;
  json.begin_object().key("iss").string(issuer).key("sub").string(grant.subject).key("aud");
  if (contains(grant.scope, "openid"))
    json.begin_array().string(*grant.audience).string(issuer + "userinfo").end_array();
  else
    json.string(*grant.audience);
  json.key("azp").string(grant.client).key("iat").integer(when.issued).key("exp").integer(when.expires);
  if (!grant.scope.empty()) json.key("scope").string(joined(grant.scope));
  json.key("jti").string(system::random_hex(12));  // two tokens of one second are two
  json.key("gty").string(grant.grant_name).key("permissions").begin_array();
  for (const std::string& permission : grant.permissions) json.string(permission);
  return json.end_array().end_object().text();
}

std::string id_token_claims(const Grant& grant, const std::string& issuer, Times when) {
  JsonWriter json;
  json.begin_object().key("iss").string(issuer).key("sub").string(grant.subject);
  json.key("aud").string(grant.client).key("iat").integer(when.issued).key("exp").integer(when.expires);
  json.key("name").string(grant.user->name).key("email").string(grant.user->email);
  return json.key("email_verified").boolean(true).end_object().text();
}

net::HttpResponse json_answer(int status, std::string body) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"Pragma", "no-cache"}},
          std::move(body)};
}

net::HttpResponse refused(const Refusal& refusal) {
  JsonWriter json;
  json.begin_object().key("error").string(refusal.error).key("error_description").string(refusal.description);
  return json_answer(refusal.status, json.end_object().text());
}

std::optional<std::string> signed_token(Mint& mint, const std::string& claims, const Oddities& odd) {
  if (odd.unknown_key) return mint.sign_with_unknown_key(claims);
  return mint.sign(claims);
}

const Refusal no_key{500, "server_error", "OpenSSL cannot make a key"};

net::HttpResponse issue(const Grant& grant, const std::string& issuer, const Oddities& odd, Mint& mint, WallTime now) {
  const seconds lifetime = odd.lifetime.value_or(access_token_lifetime);
  // Without an audience Auth0 gives a random string: the commonest error of users (tokens.md §5.6)
  const auto access = grant.audience ? signed_token(mint, access_token_claims(grant, issuer, times(now, lifetime)), odd)
                                     : std::optional{system::random_hex(16)};
  if (!access) return refused(no_key);
  JsonWriter json;
  json.begin_object().key("access_token").string(*access);
  if (grant.user && contains(grant.scope, "openid")) {
    const Times when = times(now, odd.lifetime.value_or(id_token_lifetime));
    const auto id = signed_token(mint, id_token_claims(grant, issuer, when), odd);
    if (!id) return refused(no_key);
    json.key("id_token").string(*id);
  }
  if (!grant.scope.empty()) json.key("scope").string(joined(grant.scope));
  json.key("expires_in").integer(std::max<std::int64_t>(lifetime.count(), 0));
  return json_answer(200, json.key("token_type").string("Bearer").end_object().text());
}

}  // namespace

net::HttpResponse TokenEndpoint::answer(const net::HttpRequest& request, Mint& mint, WallTime now) const {
  const auto fields = parameters(request);
  if (!fields) return refused(fields.error());
  const auto type = grant_type(value_of(*fields, "grant_type"));
  if (!type) return refused(type.error());
  const auto credentials = client_credentials(request, *fields);
  if (!credentials) return refused(credentials.error());
  const auto client = authenticated_client(*credentials, *type, people);
  if (!client) return refused(client.error());
  const auto odd = oddities(*fields, exposure);
  if (!odd) return refused(odd.error());
  const auto grant = decide_grant(*type, *fields, **client, people);
  if (!grant) return refused(grant.error());
  return issue(*grant, issuer, *odd, mint, now);
}

}  // namespace portcullis::world
