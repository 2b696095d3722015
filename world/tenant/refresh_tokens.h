// Refresh tokens that are good once: each use gives the next, and using an old one ends the whole family
// (RFC 9700 §4.14.2).
#pragma once

#include "world/tenant/grant.h"
#include "world/tenant/tickets.h"

namespace portcullis::world {

/// A family ends 30 days after its login, and after 15 days without use: Auth0's defaults.
class RefreshTokens {
 public:
  struct Issued {
    Grant grant;
    std::string token;
  };

  /// The first token of a new family.
  std::string start(Grant grant, WallTime now);
  /// Exchanges the token for the next of its family, if it is the latest and was given to this client.
  /// @param scope  what the answer is to hold; empty: all of the login's. More than that is refused, and the
  ///               token stays good (RFC 6749 §6)
  OAuthResult<Issued> rotate(std::string_view token, const Client& client, const std::vector<std::string>& scope,
                             WallTime now);
  /// Ends the family of a token that was given to this client; nothing happens for any other.
  void revoke(std::string_view token, const Client& client, WallTime now);

 private:
  struct Family {
    Grant grant;
    std::string latest;  // the part of the token that changes
    WallTime last_used;
  };
  static constexpr std::size_t most_families = 1'000;

  Family* family_of(std::string_view token, const Client& client, WallTime now);

  Tickets<Family> families_{most_families};
};

}  // namespace portcullis::world
