// The login: /authorize, then the login page, then back to the client with a code (RFC 6749 §4.1).
#pragma once

#include "world/tenant/tenant_state.h"

namespace portcullis::world {

/// GET or POST /authorize: back at once with a code where somebody is logged in, else to the login page.
net::HttpResponse authorize_endpoint(const net::HttpRequest& request, const TenantSettings& settings,
                                     TenantState& state, WallTime now);

/// GET /u/login?state=…: the form. POST: e-mail and password; then back to the client.
net::HttpResponse login_endpoint(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                                 WallTime now);

/// The cookie that says who is logged in. Browsers share cookies between all ports of a host, so each
/// tenant has its own name.
std::string session_cookie_name(const TenantSettings& settings);
/// The value of Set-Cookie that removes it.
std::string ended_session_cookie(const TenantSettings& settings);

}  // namespace portcullis::world
