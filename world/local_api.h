// The demo: the REST API of the local world and the configuration its functions get (design.md §5).
#pragma once

#include <string>
#include <string_view>

#include "world/gateway/api.h"
#include "world/page/auth0_tenant.h"

namespace portcullis::world {

inline constexpr std::string_view local_stage = "dev";
inline constexpr std::string_view authorizer_function = "authorizer";
inline constexpr std::string_view public_function = "public";
inline constexpr std::string_view private_function = "private";

/// public, private, orders and admin, for GET and POST each. TOKEN: keyed by the Authorization header
/// for 300 s; REQUEST: keyed by header, method and path, under which every form of answer is right.
RestApi local_api(AuthorizerSettings::Type type);

/// portcullis.yaml for the functions: they trust the stand-in with this issuer, or a real tenant.
std::string local_config(std::string_view issuer);
std::string local_config(const Auth0Tenant& tenant);

}  // namespace portcullis::world
