#include "world/local_api.h"

#include "portcullis/json_writer.h"
#include "world/tenant/people.h"

namespace portcullis::world {
namespace {

struct DemoRoute {
  std::string_view path;
  std::string_view access;  // as portcullis.yaml writes it
  std::string_view limit = {};
};

// The limit is reached by a hand on a button, and passes again within a second: there is something to see.
constexpr DemoRoute demo_routes[] = {{"/api/public", "public"},
                                     {"/api/private", "authenticated"},
                                     {"/api/orders", R"({ all: ["scope:read:orders"] })", "per-user"},
                                     {"/api/admin", R"({ all: ["permission:admin"] })"}};
constexpr std::string_view demo_limits = "limits:\n  per-user: { rate: 60/min, burst: 5, by: principal }\n";
constexpr std::string_view methods[] = {"GET", "POST"};

constexpr std::string_view basic_plan_key = "basicPlanKey00000000";
constexpr std::string_view api_key_claim_pointer = "https:~1~1example.com~1api_key";  // of api_key_claim
constexpr Throttle gold_throttle{200, 400};

AuthorizerSettings local_authorizer(AuthorizerSettings::Type type, std::chrono::seconds cache) {
  AuthorizerSettings authorizer;
  authorizer.name = "portcullis";
  authorizer.type = type;
  authorizer.function = authorizer_function;
  authorizer.ttl = cache;
  authorizer.identity.push_back({IdentitySource::Kind::header, "Authorization"});
  if (type == AuthorizerSettings::Type::TOKEN) return authorizer;
  authorizer.identity.push_back({IdentitySource::Kind::http_method, {}});
  authorizer.identity.push_back({IdentitySource::Kind::path, {}});
  return authorizer;
}

AuthorizerSettings http_authorizer(AuthorizerSettings::Answer answer, std::chrono::seconds cache) {
  AuthorizerSettings authorizer;
  authorizer.name = "portcullis";
  authorizer.type = AuthorizerSettings::Type::REQUEST;
  authorizer.function = authorizer_function;
  authorizer.identity = {{IdentitySource::Kind::header, "Authorization"}, {IdentitySource::Kind::route_key, {}}};
  authorizer.answer = answer;
  authorizer.ttl = cache;
  return authorizer;
}

enum class ApiKeys : std::uint8_t { none, of_protected_routes };

void add_demo_routes(GatewayApi& api, ApiKeys keys) {
  for (const DemoRoute& route : demo_routes) {
    const bool open = route.access == "public";
    const bool keyed = keys == ApiKeys::of_protected_routes && !open;
    for (const std::string_view method : methods)
      api.routes.push_back({std::string{method}, std::string{route.path},
                            std::string{open ? public_function : private_function},
                            open ? std::nullopt : std::optional{api.authorizers.front().name},
                            keyed ? ApiRoute::ApiKey::required : ApiRoute::ApiKey::not_needed});
  }
}

/// A JSON string is a YAML double-quoted scalar (YAML 1.2 §1.3): whatever it holds, it stays one.
std::string quoted(std::string_view text) {
  return JsonWriter{}.string(text).text();
}

std::string config_with(std::string_view issuer_lines, const AnswerForms& answers,
                        const std::optional<ServeSockets>& serve) {
  std::string yaml = "# Written by portcullis-dev at each start.\ndevelopment: true\nissuers:\n";
  yaml.append(issuer_lines).append("    algorithms: [RS256]\n    token: auth0-access\nroutes:\n");
  for (const DemoRoute& route : demo_routes)
    for (const std::string_view method : methods) {
      yaml.append("  - route: \"").append(method).append(" ").append(route.path).append("\"\n");
      yaml.append("    access: ").append(route.access).append("\n");
      if (!route.limit.empty()) yaml.append("    limit: [").append(route.limit).append("]\n");
    }
  yaml += "  - route: \"$connect\"\n    access: authenticated\n";
  yaml.append("default: deny\n").append(demo_limits);
  const std::string cache = std::to_string(answers.cache.count());
  yaml.append("lambda:\n  policy: routes\n  cache: ").append(cache).append(cache == "0" ? "\n" : "s\n");
  yaml += "  metrics: off\n";  // nobody collects them here
  if (answers.http == AuthorizerSettings::Answer::policy) yaml += "  http_api: policy\n";
  if (answers.deny == AnswerForms::Deny::context) yaml += "  deny: context\n";
  yaml.append("  api_key_from: \"claim:/").append(api_key_claim_pointer).append("\"\n");
  yaml.append("  default_api_key: ").append(basic_plan_key).append("\n");
  if (serve)
    yaml += "serve:\n  listen: " + quoted("unix:" + serve->listen) + "\n  admin: " + quoted("unix:" + serve->admin) +
            "\n  proxies: []\n";
  return yaml + "cors: { origins: [\"*\"] }\n";
}

}  // namespace

GatewayApi local_api(AuthorizerSettings::Type type, const AnswerForms& answers, const UsageLimits& limits) {
  GatewayApi api;
  api.usage_plans.push_back({"basic", {std::string{basic_plan_key}}, limits.basic, {}});
  if (limits.basic_quota) api.usage_plans.back().quota = Quota{*limits.basic_quota, Quota::Period::day};
  api.usage_plans.push_back({"gold", {std::string{gold_plan_key}}, gold_throttle, {}});
  api.stage_throttle = limits.stage;
  api.stages = {std::string{local_stage}};
  api.authorizers = {local_authorizer(type, answers.cache)};
  api.responses = {
      {"access_denied",
       {},
       {{"WWW-Authenticate", "context.authorizer.challenge"}, {"Retry-After", "context.authorizer.retryAfter"}}}};
  add_demo_routes(api, ApiKeys::of_protected_routes);
  return api;
}

GatewayApi local_http_api(ApiKind kind, const AnswerForms& answers, const UsageLimits& limits) {
  GatewayApi api;
  api.kind = kind;
  api.id = kind == ApiKind::http_1 ? "local00001" : "local00002";
  api.stages = {std::string{kind == ApiKind::http_1 ? http_1_stage : http_stage}};
  api.stage_throttle = limits.stage;
  api.authorizers = {
      http_authorizer(kind == ApiKind::http_2 ? answers.http : AuthorizerSettings::Answer::policy, answers.cache)};
  add_demo_routes(api, ApiKeys::none);
  return api;
}

GatewayApi local_web_socket_api(const UsageLimits& limits) {
  GatewayApi api;
  api.kind = ApiKind::web_socket;
  api.id = "local00003";
  api.stages = {std::string{web_socket_stage}};
  api.stage_throttle = limits.stage;
  api.authorizers = {
      {"portcullis", AuthorizerSettings::Type::REQUEST, std::string{authorizer_function}, {}, std::chrono::seconds{0}}};
  api.routes = {{"", "$connect", std::string{private_function}, api.authorizers.front().name}};
  return api;
}

GatewayApi proxied_api() {
  GatewayApi api;
  api.stages = {std::string{proxied_stage}};
  for (const DemoRoute& route : demo_routes)
    for (const std::string_view method : methods)
      api.routes.push_back({std::string{method}, std::string{route.path},
                            std::string{route.access == "public" ? public_function : private_function}, std::nullopt});
  return api;
}

std::string local_config(std::string_view issuer, const AnswerForms& answers,
                         const std::optional<ServeSockets>& serve) {
  std::string lines;
  lines.append("  - issuer: ").append(issuer).append("\n");
  lines.append("    jwks_uri: ").append(issuer).append(".well-known/jwks.json\n");
  lines.append("    audience: ").append(demo_audience).append("\n");
  return config_with(lines, answers, serve);
}

std::string local_config(const Auth0Tenant& tenant, const AnswerForms& answers,
                         const std::optional<ServeSockets>& serve) {
  return config_with("  - domain: " + quoted(tenant.domain) + "\n    audience: " + quoted(tenant.audience) + "\n",
                     answers, serve);
}

}  // namespace portcullis::world
