// GET or POST /userinfo: what an access token lets its holder know about the person (OIDC Core §5.3).
#pragma once

#include "world/tenant/tenant_state.h"

namespace portcullis::world {

/// For opaque tokens, and for tokens whose audience names this address; both need the scope openid.
net::HttpResponse userinfo_endpoint(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                                    WallTime now);

}  // namespace portcullis::world
