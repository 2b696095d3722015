// Who is known to the tenant: users, clients and APIs. The names and passwords are part of the
// product's contract (design.md §5): people and tests rely on them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::world {

enum class GrantType : std::uint8_t { authorization_code, refresh_token, password, client_credentials };

struct Api {
  std::string audience;                  // the API's identifier, compared exactly
  std::vector<std::string> permissions;  // all that exist
};

/// What somebody may do, by the audience of the API.
using Permissions = std::map<std::string, std::vector<std::string>, std::less<>>;

struct User {
  std::string subject;  // "auth0|ada"
  std::string email;
  std::string name;
  std::string password;
  Permissions permissions;
  std::string api_key = {};  // of a usage plan of the demo API, as an Auth0 Action would add it; empty: none
};

struct Client {
  std::string id;
  std::optional<std::string> secret;  // none: a public client, which cannot keep one
  std::vector<GrantType> grants;
  Permissions permissions;  // of the client itself, under client_credentials
  // Compared exactly, byte by byte (RFC 9700 §2.1), as one sets them in Auth0's dashboard:
  std::vector<std::string> callbacks = {};    // redirect_uri
  std::vector<std::string> logout_urls = {};  // returnTo, post_logout_redirect_uri
  std::vector<std::string> web_origins = {};  // may read answers by script, and log in silently
};

struct People {
  std::vector<User> users;
  std::vector<Client> clients;
  std::vector<Api> apis;

  const Client* client(std::string_view id) const;
  const Api* api(std::string_view audience) const;
  /// Lets a page at `origin` ("http://localhost:3000") log in and out as this client: the origin itself,
  /// with a slash, and its /callback.
  void allow_page(std::string_view client_id, const std::string& origin);
  /// Whether a page of this origin may read the tenant's answers: it is some client's.
  bool allows_origin(std::string_view origin) const;
  /// The user with this e-mail (any case) and password. Takes the same time whether or not there is such a user.
  const User* log_in(std::string_view email, std::string_view password) const;
};

inline constexpr std::string_view demo_audience = "https://api.example.com";
inline constexpr std::string_view other_audience = "https://other.example.com";  // for "another audience"

inline constexpr std::string_view api_key_claim = "https://example.com/api_key";
inline constexpr std::string_view gold_plan_key = "goldPlanKey000000000";
inline constexpr std::string_view page_client = "demo-spa";

/// Ada, Grace, demo-spa and demo-machine.
People known_people();
/// The same people with random passwords and client secrets, for a world that others can reach.
People people_with_random_secrets();

/// What of `permissions` holds for `audience`; empty for an API that is not named.
std::vector<std::string> permitted(const Permissions& permissions, std::string_view audience);

/// Compares without telling by its duration where the first difference is.
bool same_secret(std::string_view left, std::string_view right) noexcept;

}  // namespace portcullis::world
