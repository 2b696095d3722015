#include "world/gateway/api.h"

#include <algorithm>

namespace portcullis::world {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    parts.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(parts.back().size());
  }
  return parts;
}

enum class SegmentKind : char { literal = '0', parameter = '1', greedy = '2' };  // in the order of preference

SegmentKind kind_of(std::string_view segment) {
  if (!segment.starts_with('{') || !segment.ends_with('}')) return SegmentKind::literal;
  return segment.ends_with("+}") ? SegmentKind::greedy : SegmentKind::parameter;
}

std::string_view parameter_name(std::string_view segment) {
  const std::size_t closing = kind_of(segment) == SegmentKind::greedy ? 2 : 1;  // "+}" or "}"
  return segment.substr(1, segment.size() - 1 - closing);
}

struct ResourceMatch {
  std::string rank;  // the kinds of its segments: the smallest is the most specific
  std::vector<std::pair<std::string, std::string>> parameters;
};

std::optional<ResourceMatch> match_resource(std::string_view resource, std::string_view path) {
  const auto wanted = segments(resource);
  const auto given = segments(path);
  ResourceMatch match;
  std::size_t at = 0;
  for (const std::string_view segment : wanted) {
    const SegmentKind kind = kind_of(segment);
    match.rank += static_cast<char>(kind);
    if (at >= given.size()) return std::nullopt;
    if (kind == SegmentKind::literal) {
      if (segment != given[at++]) return std::nullopt;
      continue;
    }
    if (given[at].empty()) return std::nullopt;
    const std::string_view value =
        kind == SegmentKind::greedy ? path.substr(static_cast<std::size_t>(given[at].data() - path.data())) : given[at];
    match.parameters.emplace_back(parameter_name(segment), value);
    at = kind == SegmentKind::greedy ? given.size() : at + 1;
  }
  if (at != given.size()) return std::nullopt;
  return match;
}

/// The template of the most specific resource that `path` names.
std::optional<std::string_view> best_resource(const GatewayApi& api, std::string_view path, ResourceMatch& best) {
  std::optional<std::string_view> found;
  for (const ApiRoute& route : api.routes) {
    auto match = match_resource(route.path, path);
    if (!match || (found && match->rank >= best.rank)) continue;
    best = *std::move(match);
    found = route.path;
  }
  return found;
}

constexpr std::string_view default_route = "$default", connect_route = "$connect";

std::optional<RouteMatch> find_rest_route(const GatewayApi& api, std::string_view method, std::string_view path) {
  ResourceMatch best;
  const auto resource = best_resource(api, path, best);
  if (!resource) return std::nullopt;
  const ApiRoute* found = nullptr;
  for (const ApiRoute& route : api.routes) {
    if (route.path != *resource) continue;
    if (route.method == method) return RouteMatch{&route, std::move(best.parameters)};
    if (route.method == "ANY") found = &route;
  }
  if (!found) return std::nullopt;
  return RouteMatch{found, std::move(best.parameters)};
}

std::optional<RouteMatch> find_http_route(const GatewayApi& api, std::string_view method, std::string_view path) {
  RouteMatch best;
  std::string best_rank;
  for (const ApiRoute& route : api.routes) {
    if (route.method != method && route.method != "ANY") continue;
    auto match = match_resource(route.path, path);
    if (!match) continue;
    match->rank += route.method == "ANY" ? '1' : '0';
    if (best.route && match->rank >= best_rank) continue;
    best_rank = std::move(match->rank);
    best = {&route, std::move(match->parameters)};
  }
  if (best.route) return best;
  const auto otherwise = std::ranges::find(api.routes, default_route, &ApiRoute::path);
  return otherwise == api.routes.end() ? std::nullopt : std::optional{RouteMatch{&*otherwise, {}}};
}

std::optional<RouteMatch> find_connect_route(const GatewayApi& api, std::string_view path) {
  const auto connect = std::ranges::find(api.routes, connect_route, &ApiRoute::path);
  if (path != "/" || connect == api.routes.end()) return std::nullopt;
  return RouteMatch{&*connect, {}};
}

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() == prefix.size()) return std::nullopt;
  return text.substr(prefix.size());
}

}  // namespace

std::optional<IdentitySource> IdentitySource::parse(std::string_view text) {
  for (const std::string_view request : {"method.request.", "$request.", "route.request."}) {
    const auto source = after(text, request);
    if (const auto name = source ? after(*source, "header.") : std::nullopt)
      return IdentitySource{Kind::header, std::string{*name}};
    if (const auto name = source ? after(*source, "querystring.") : std::nullopt)
      return IdentitySource{Kind::querystring, std::string{*name}};
  }
  if (text == "context.httpMethod" || text == "$context.httpMethod") return IdentitySource{Kind::http_method, {}};
  if (text == "context.path" || text == "$context.path") return IdentitySource{Kind::path, {}};
  if (text == "context.resourcePath") return IdentitySource{Kind::resource_path, {}};
  if (text == "$context.routeKey") return IdentitySource{Kind::route_key, {}};
  return std::nullopt;
}

std::string ApiRoute::key() const {
  return path.starts_with('/') ? method + ' ' + path : path;
}

const AuthorizerSettings* GatewayApi::authorizer(std::string_view name) const {
  const auto found = std::ranges::find(authorizers, name, &AuthorizerSettings::name);
  return found == authorizers.end() ? nullptr : &*found;
}

std::string GatewayApi::method_arn(std::string_view stage, std::string_view method, std::string_view path) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  std::string arn = "arn:aws:execute-api:" + region + ':' + account + ':' + id;
  arn.append("/").append(stage).append("/");
  if (method.empty()) return arn.append(connect_route);
  return arn.append(method).append("/").append(path);
}

std::vector<std::string> problems_of(const GatewayApi& api) {
  std::vector<std::string> problems;
  for (const AuthorizerSettings& authorizer : api.authorizers) {
    const std::string who = "authorizer " + authorizer.name + ": ";
    if (authorizer.ttl < std::chrono::seconds{0} || authorizer.ttl > longest_authorizer_ttl)
      problems.push_back(who + "the TTL is 0 to 3600 seconds");
    if (authorizer.ttl > std::chrono::seconds{0} && authorizer.identity.empty())
      problems.push_back(who + "a cache needs an identity source");
    const bool one_header =
        authorizer.identity.size() == 1 && authorizer.identity[0].kind == IdentitySource::Kind::header;
    if (authorizer.type == AuthorizerSettings::Type::TOKEN && !one_header)
      problems.push_back(who + "a TOKEN authorizer has exactly one header as its identity source");
    if (authorizer.type == AuthorizerSettings::Type::TOKEN && api.kind != ApiKind::rest)
      problems.push_back(who + "only a REST API has TOKEN authorizers");
    if (authorizer.expression && authorizer.type != AuthorizerSettings::Type::TOKEN)
      problems.push_back(who + "only a TOKEN authorizer has an expression for its header");
    if (authorizer.answer == AuthorizerSettings::Answer::simple && api.kind != ApiKind::http_2)
      problems.push_back(who + "only payload 2.0 has simple answers");
    if (authorizer.ttl > std::chrono::seconds{0} && api.kind == ApiKind::web_socket)
      problems.push_back(who + "a WebSocket API keeps no answers");
  }
  for (const ApiRoute& route : api.routes)
    if (route.authorizer && !api.authorizer(*route.authorizer))
      problems.push_back(route.method + ' ' + route.path + ": no authorizer is called " + *route.authorizer);
  return problems;
}

std::optional<RouteMatch> find_route(const GatewayApi& api, std::string_view method, std::string_view path) {
  switch (api.kind) {
    case ApiKind::rest:
      return find_rest_route(api, method, path);
    case ApiKind::http_1:
    case ApiKind::http_2:
      return find_http_route(api, method, path);
    case ApiKind::web_socket:
      return find_connect_route(api, path);
  }
  return std::nullopt;
}

std::vector<std::string> methods_of(const GatewayApi& api, std::string_view path) {
  ResourceMatch best;
  std::vector<std::string> methods;
  if (const auto resource = best_resource(api, path, best))
    for (const ApiRoute& route : api.routes)
      if (route.path == *resource) methods.push_back(route.method);
  return methods;
}

}  // namespace portcullis::world
