#include "core/access/route_table.h"

namespace portcullis {

using Kind = RoutePattern::Segment::Kind;

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}

std::optional<RouteIndex> RouteTable::Ends::of(std::string_view method) const {
  for (const Route& route : by_method)
    if (route.method == method) return route.index;
  return std::nullopt;
}

std::optional<RouteIndex> RouteTable::Ends::at(std::string_view method) const {
  const auto exact = of(method);
  return exact ? exact : of("ANY");
}

std::optional<RouteIndex> RouteTable::add(const RoutePattern& pattern, RouteIndex route) {
  if (pattern.web_socket_connect()) {
    if (web_socket_connect_) return web_socket_connect_;
    web_socket_connect_ = route;
    return std::nullopt;
  }
  Node* node = root_.get();
  Ends* ends = nullptr;
  for (const auto& segment : pattern.segments) {
    if (segment.kind == Kind::rest) {
      ends = &node->rest;
      break;
    }
    auto& next = segment.kind == Kind::literal ? node->literals[segment.text] : node->parameter;
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  if (!ends) ends = &node->ends;
  // The analyzer takes the address of a member for null here.
  // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage)
  if (const auto there = ends->of(pattern.method)) return there;
  ends->by_method.push_back({pattern.method, route});
  return std::nullopt;
}

// `remaining` is what is left of the path behind the slash.
std::optional<RouteIndex> RouteTable::find_below(const Node& node, std::string_view method, std::string_view remaining,
                                                 LookupCost& cost) {
  ++cost.nodes;
  const std::size_t slash = remaining.find('/');
  const std::string_view segment = remaining.substr(0, slash);
  const auto descend = [&](const Node& child) {
    if (slash != remaining.npos) return find_below(child, method, remaining.substr(slash + 1), cost);
    ++cost.nodes;
    return child.ends.at(method);
  };
  if (const auto literal = node.literals.find(segment); literal != node.literals.end())
    if (const auto found = descend(*literal->second)) return found;
  if (node.parameter && !segment.empty())
    if (const auto found = descend(*node.parameter)) return found;
  if (!remaining.empty()) return node.rest.at(method);
  return std::nullopt;
}

std::optional<RouteIndex> RouteTable::find(std::string_view method, std::string_view path, LookupCost* cost) const {
  if (method.empty() && path == web_socket_connect_path) return web_socket_connect_;
  if (!path.starts_with('/')) return std::nullopt;
  LookupCost spent;
  const auto found = find_below(*root_, method, path.substr(1), spent);
  if (cost) *cost = spent;
  return found;
}

}  // namespace portcullis
