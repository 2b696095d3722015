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

/// What the gateway admits. The defaults are out of a person's reach.
struct UsageLimits {
  Throttle basic{50, 100};
  std::optional<std::uint64_t> basic_quota;  // requests a day
  Throttle stage{10'000, 5'000};             // an AWS account's own
};

/// public, private, orders and admin, for GET and POST each. TOKEN: keyed by the Authorization header
/// for 300 s; REQUEST: keyed by header, method and path, under which every form of answer is right.
/// Callers belong to the usage plan whose key their token names, else to the plan `basic`.
RestApi local_api(AuthorizerSettings::Type type, const UsageLimits& limits);

/// portcullis.yaml for the functions: they trust the stand-in with this issuer, or a real tenant.
std::string local_config(std::string_view issuer);
std::string local_config(const Auth0Tenant& tenant);

}  // namespace portcullis::world
