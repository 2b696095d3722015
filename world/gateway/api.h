// The description of a REST API: stages, routes, authorizers. What deploy/ says to AWS, said to the stand-in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world/gateway/authorizer_cache.h"
#include "world/gateway/usage_plans.h"

namespace portcullis::world {

/// One of `method.request.header.N`, `method.request.querystring.N`, `context.httpMethod`,
/// `context.path`, `context.resourcePath` (gateway.md §2.5).
struct IdentitySource {
  enum class Kind : std::uint8_t { header, querystring, http_method, path, resource_path };
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
};

struct ApiRoute {
  std::string method;  // or ANY
  std::string path;    // "/users/{id}", "/files/{path+}"
  std::string function;
  std::optional<std::string> authorizer;  // by name
  /// Whether the caller needs an API key of a usage plan; the authorizer names it (apiKeySource AUTHORIZER).
  enum class ApiKey : std::uint8_t { not_needed, required } api_key = ApiKey::not_needed;
};

struct RestApi {
  std::string region = "eu-west-1";
  std::string account = "000000000000";
  std::string id = "local00000";
  std::vector<std::string> stages;
  std::vector<AuthorizerSettings> authorizers;
  std::vector<ApiRoute> routes;
  std::vector<std::string> binary_media_types;
  std::vector<UsagePlan> usage_plans;
  std::optional<Throttle> stage_throttle;

  const AuthorizerSettings* authorizer(std::string_view name) const;
  /// "arn:aws:execute-api:REGION:ACCOUNT:ID/STAGE/VERB/PATH", the path as received, without its first slash.
  std::string method_arn(std::string_view stage, std::string_view method, std::string_view path) const;
};

/// What is wrong with an API, as sentences: a TTL beyond 3600 s, a cache without a key, an unknown authorizer.
std::vector<std::string> problems_of(const RestApi& api);

struct RouteMatch {
  const ApiRoute* route = nullptr;  // points into the API
  std::vector<std::pair<std::string, std::string>> path_parameters;
};

/// The resource that `path` names, then the method on it, as REST APIs look (gateway.md §7.1): a literal
/// segment before {name} before {name+}; {name+} is never empty; the verb before ANY.
std::optional<RouteMatch> find_route(const RestApi& api, std::string_view method, std::string_view path);
/// The methods of that resource; empty when there is none.
std::vector<std::string> methods_of(const RestApi& api, std::string_view path);

}  // namespace portcullis::world
