// What the tenant remembers between two requests. Lost at its end: people log in again, keys stay.
#pragma once

#include "world/tenant/authorization_code.h"
#include "world/tenant/authorization_request.h"
#include "world/tenant/login_sessions.h"
#include "world/tenant/mint.h"
#include "world/tenant/refresh_tokens.h"

namespace portcullis::world {

/// Fixed for the tenant's life.
struct TenantSettings {
  std::string issuer;  // with the final slash, as Auth0's
  People people;
  Exposure exposure = Exposure::loopback;
};

/// An opaque access token: good for /userinfo only (tokens.md §5.6).
struct OpaqueToken {
  const User* user = nullptr;
  std::vector<std::string> scope;
};

struct TenantState {
  Mint mint;
  LoginSessions sessions = {};
  RefreshTokens refresh_tokens = {};
  Tickets<PendingLogin> logins{1'000};
  Tickets<AuthorizationCode> codes{1'000};
  Tickets<OpaqueToken> opaque_tokens{1'000};
};

}  // namespace portcullis::world
