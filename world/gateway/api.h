// The description of an API: its kind, stages, routes, authorizers. What deploy/ says to AWS, said to the stand-in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world/gateway/authorizer_cache.h"
#include "world/gateway/gateway_responses.h"
#include "world/gateway/identity_expression.h"
#include "world/gateway/usage_plans.h"

namespace portcullis::world {

/// The kinds differ in their events, in what an answer becomes, and in how a path finds its route.
enum class ApiKind : std::uint8_t {
  rest,
  http_1,      // an HTTP API that gives its authorizers and endpoints payload 1.0
  http_2,      // an HTTP API, payload 2.0
  web_socket,  // its one route here is $connect
};
constexpr bool is_http_api(ApiKind kind) noexcept {
  return kind == ApiKind::http_1 || kind == ApiKind::http_2;
}

/// A REST API's `method.request.header.N`, `method.request.querystring.N`, `context.httpMethod`, `context.path`,
/// `context.resourcePath`; an HTTP API's `$request.header.N`, `$request.querystring.N`, `$context.httpMethod`,
/// `$context.path`, `$context.routeKey`; a WebSocket API's `route.request.header.N`, `route.request.querystring.N`
/// (gateway.md §2.5).
struct IdentitySource {
  enum class Kind : std::uint8_t { header, querystring, http_method, path, resource_path, route_key };
  Kind kind = Kind::header;
  std::string name;  // of the header or query parameter

  static std::optional<IdentitySource> parse(std::string_view text);
};

struct AuthorizerSettings {
  enum class Type : std::uint8_t { TOKEN, REQUEST };
  std::string name;
  Type type = Type::TOKEN;
  std::string function;
  std::vector<IdentitySource> identity;  // TOKEN: one header
  std::chrono::seconds ttl = default_authorizer_ttl;
  /// What the function answers; `simple` ({"isAuthorized":…}) only with payload 2.0 (EnableSimpleResponses).
  enum class Answer : std::uint8_t { policy, simple } answer = Answer::policy;
  /// TOKEN: what the header must be, all of it, for the function to be asked (identityValidationExpression).
  std::optional<IdentityExpression> expression = std::nullopt;
};

struct ApiRoute {
  std::string method;  // or ANY; empty: $connect
  std::string path;    // "/users/{id}", "/files/{path+}"; an HTTP API's "$default"; a WebSocket API's "$connect"
  std::string function;
  std::optional<std::string> authorizer;  // by name
  /// Whether the caller needs an API key of a usage plan; the authorizer names it (apiKeySource AUTHORIZER).
  enum class ApiKey : std::uint8_t { not_needed, required } api_key = ApiKey::not_needed;

  /// "GET /users/{id}", "$default", "$connect".
  std::string key() const;
};

struct GatewayApi {
  ApiKind kind = ApiKind::rest;
  std::string region = "eu-west-1";
  std::string account = "000000000000";
  std::string id = "local00000";
  std::vector<std::string> stages;
  std::vector<AuthorizerSettings> authorizers;
  std::vector<ApiRoute> routes;
  std::vector<std::string> binary_media_types;
  std::vector<UsagePlan> usage_plans;
  std::optional<Throttle> stage_throttle;
  std::vector<ResponseSetting> responses;  // REST only

  const AuthorizerSettings* authorizer(std::string_view name) const;
  /// "arn:aws:execute-api:REGION:ACCOUNT:ID/STAGE/VERB/PATH", the path as received, without its first slash. Without
  /// a method that of $connect: "…/STAGE/$connect".
  std::string method_arn(std::string_view stage, std::string_view method, std::string_view path) const;
};

/// What is wrong with an API, as sentences: a TTL beyond 3600 s, a cache without a key, an unknown authorizer, what its
/// kind does not have.
std::vector<std::string> problems_of(const GatewayApi& api);

struct RouteMatch {
  const ApiRoute* route = nullptr;  // points into the API
  std::vector<std::pair<std::string, std::string>> path_parameters;
};

/// The route that takes a request (gateway.md §7.1): a literal segment before {name} before {name+}; {name+} is never
/// empty; the verb before ANY. A REST API looks for the resource first, then for the method on it; an HTTP API for both
/// at once, and takes $default where nothing fits; a WebSocket API has $connect at its root.
std::optional<RouteMatch> find_route(const GatewayApi& api, std::string_view method, std::string_view path);
/// The methods of that resource; empty when there is none.
std::vector<std::string> methods_of(const GatewayApi& api, std::string_view path);

}  // namespace portcullis::world
