// POST /oauth/token: a grant in, tokens out (RFC 6749 §3.2, §4.1.3, §4.3, §4.4, §6).
#pragma once

#include "world/tenant/tenant_state.h"

namespace portcullis::world {

/// Answers a token request, form or JSON. Beside the parameters of RFC 6749 and Auth0's `audience` it
/// honours, on a loopback world only, those of Oddities.
net::HttpResponse token_endpoint(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                                 WallTime now);

/// POST /oauth/revoke (RFC 7009): ends the family of a refresh token. Any other string is answered with 200.
net::HttpResponse revocation_endpoint(const net::HttpRequest& request, const TenantSettings& settings,
                                      TenantState& state, WallTime now);

}  // namespace portcullis::world
