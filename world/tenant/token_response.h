// The tokens of a grant, in Auth0's shapes (tokens.md §5.6; RFC 6749 §5.1; OIDC Core §2, §3.1.3.3).
#pragma once

#include "portcullis/json_writer.h"
#include "world/tenant/tenant_state.h"

namespace portcullis::world {

/// @param refresh_token  goes into the answer unless empty
net::HttpResponse token_response(const Grant& grant, std::string_view refresh_token, const TenantSettings& settings,
                                 TenantState& state, WallTime now);

/// What `scope` lets a client know about a person: OIDC Core §5.4. Members are written into an open object.
void write_profile(JsonWriter& json, const User& user, const std::vector<std::string>& scope);

}  // namespace portcullis::world
