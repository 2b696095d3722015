// Which client speaks, and whether it is that client (RFC 6749 §2.3, §3.2.1).
#pragma once

#include "world/tenant/oauth_error.h"
#include "world/tenant/parameters.h"
#include "world/tenant/people.h"

namespace portcullis::world {

/// By client_id and, where the client has a secret, by it: from the body, or from Basic with
/// form-encoded parts (RFC 6749 §2.3.1), not from both. The client must have this grant.
OAuthResult<const Client*> authenticate_client(const net::HttpRequest& request, const Fields& fields, GrantType grant,
                                               const People& people);

}  // namespace portcullis::world
