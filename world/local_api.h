// The demo: the APIs of the local world and the configuration their functions get (design.md §5).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "world/gateway/api.h"
#include "world/page/auth0_tenant.h"

namespace portcullis::world {

inline constexpr std::string_view local_stage = "dev";  // of the REST API
inline constexpr std::string_view http_stage = "http";  // of the HTTP API with payload 2.0
inline constexpr std::string_view http_1_stage = "http-1";
inline constexpr std::string_view web_socket_stage = "ws";
inline constexpr std::string_view proxied_stage = "proxied";  // the prefix of the proxy's paths
inline constexpr std::string_view authorizer_function = "authorizer";
inline constexpr std::string_view public_function = "public";
inline constexpr std::string_view private_function = "private";

/// What the gateway admits. The defaults are out of a person's reach.
struct UsageLimits {
  Throttle basic{50, 100};
  std::optional<std::uint64_t> basic_quota;  // requests a day
  Throttle stage{10'000, 5'000};             // an AWS account's own
};

/// How the authorizer answers, where it has the choice: its keys lambda.http_api, lambda.deny and lambda.cache.
struct AnswerForms {
  AuthorizerSettings::Answer http = AuthorizerSettings::Answer::simple;  // to payload 2.0 of an HTTP API
  enum class Deny : std::uint8_t { unauthorized, context } deny = Deny::unauthorized;
  std::chrono::seconds cache = default_authorizer_ttl;  // the gateways keep them for as long
};

/// public, private, orders and admin, for GET and POST each. TOKEN: kept by the Authorization header;
/// REQUEST: kept by header, method and path, under which every form of answer is right.
/// Callers belong to the usage plan whose key their token names, else to the plan `basic`.
GatewayApi local_api(AuthorizerSettings::Type type, const AnswerForms& answers, const UsageLimits& limits);

/// The same routes as HTTP APIs, which have no usage plans. Kept by header and route key, as deploy/ has it.
GatewayApi local_http_api(ApiKind kind, const AnswerForms& answers, const UsageLimits& limits);
/// $connect. Nothing is kept.
GatewayApi local_web_socket_api(const UsageLimits& limits);

/// What is behind the proxy: the same routes and functions, and no authorizer.
GatewayApi proxied_api();

/// Where portcullis serve listens: Unix sockets by absolute paths.
struct ServeSockets {
  std::string listen, admin;
};

/// portcullis.yaml for the functions and the auth server: they trust the stand-in with this issuer, or a real tenant.
/// @param serve  nothing: without an auth server
std::string local_config(std::string_view issuer, const AnswerForms& answers,
                         const std::optional<ServeSockets>& serve = std::nullopt);
std::string local_config(const Auth0Tenant& tenant, const AnswerForms& answers,
                         const std::optional<ServeSockets>& serve = std::nullopt);

}  // namespace portcullis::world
