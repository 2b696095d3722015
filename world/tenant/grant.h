// What somebody was granted: whom the tokens are about, for which API, with which scopes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portcullis/time.h"
#include "world/tenant/exposure.h"
#include "world/tenant/oauth_error.h"
#include "world/tenant/parameters.h"
#include "world/tenant/people.h"

namespace portcullis::world {

/// The development parameters: tokens that no tenant would make, to see them refused. They change the
/// access token only, so that the client that asked for one still believes in its login.
struct Oddities {
  enum class Key : std::uint8_t { current, unknown };
  std::optional<std::chrono::seconds> lifetime;  // may be negative
  Key key = Key::current;
};
/// `lifetime` (seconds, at most a year either way) and `signing_key=unknown`; errors in a world that others reach.
OAuthResult<Oddities> oddities(const Fields& fields, Exposure exposure);

struct Grant {
  GrantType type = GrantType::authorization_code;
  std::string subject;
  std::string client;                   // its id
  const User* user = nullptr;           // none under client_credentials
  std::optional<std::string> audience;  // none: an opaque token
  std::vector<std::string> permissions;
  std::vector<std::string> scope;         // granted, those of OpenID Connect included
  std::string nonce;                      // of the login, for its ID token; empty: none
  std::string session;                    // sid; empty: none
  std::optional<WallTime> authenticated;  // auth_time, where max_age asked for it (OIDC Core §2)
  Oddities odd;
};

/// Fills audience, permissions and scope: what was asked for, cut down to what is permitted. Asked for
/// nothing of the API, a login gets nothing of it; the other grants get all that is permitted, as Auth0 does.
OAuthResult<Grant> with_access(Grant grant, std::string_view audience, std::string_view scope, const People& people);

}  // namespace portcullis::world
