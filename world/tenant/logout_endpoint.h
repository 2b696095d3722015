// The two ways out: Auth0's own, which its SDKs call, and OpenID Connect's.
#pragma once

#include "world/tenant/tenant_state.h"

namespace portcullis::world {

/// GET /v2/logout?client_id&returnTo: ends the session, then goes to a registered address or shows a page.
net::HttpResponse auth0_logout(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                               WallTime now);

/// GET or POST /oidc/logout (OpenID Connect RP-Initiated Logout §2, §3): ends the session at once where
/// id_token_hint is a token of that session's person, else asks whoever sits there.
net::HttpResponse oidc_logout(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                              WallTime now);

}  // namespace portcullis::world
