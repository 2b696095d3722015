// Who is logged in at the tenant, by the cookie of a browser.
#pragma once

#include "world/tenant/people.h"
#include "world/tenant/tickets.h"

namespace portcullis::world {

struct LoginSession {
  const User* user = nullptr;
  std::string id;  // the claim sid; not the cookie's value
  WallTime authenticated{};
  WallTime last_used{};
};

/// Sessions end after 7 days, and after 3 days without use: Auth0's defaults.
class LoginSessions {
 public:
  /// @returns the cookie's value
  std::string start(const User& user, WallTime now);
  /// The session of this cookie, which is used by that. @returns nullptr when there is none (any more)
  const LoginSession* use(std::string_view cookie, WallTime now);
  void end(std::string_view cookie) { sessions_.forget(cookie); }

 private:
  static constexpr std::size_t most_sessions = 1'000;
  Tickets<LoginSession> sessions_{most_sessions};
};

}  // namespace portcullis::world
