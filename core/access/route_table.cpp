#include "core/access/route_table.h"

namespace portcullis {

using Kind = RoutePattern::Segment::Kind;

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}

std::optional<RouteIndex> RouteTable::Ends::at(std::string_view method) const {
  if (const auto exact = by_method.find(method); exact != by_method.end()) return exact->second;
  if (const auto any = by_method.find("ANY"); any != by_method.end()) return any->second;
  return std::nullopt;
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
  const auto [there, added] = ends->by_method.emplace(pattern.method, route);
  if (added) return std::nullopt;
  return there->second;
}

// `remaining` is what is left of the path behind the slash.
std::optional<RouteIndex> RouteTable::find_below(const Node& node, std::string_view method,
                                                 std::string_view remaining) {
  const std::size_t slash = remaining.find('/');
  const std::string_view segment = remaining.substr(0, slash);
  const auto descend = [&](const Node& child) {
    if (slash == remaining.npos) return child.ends.at(method);
    return find_below(child, method, remaining.substr(slash + 1));
  };
  if (const auto literal = node.literals.find(segment); literal != node.literals.end())
    if (const auto found = descend(*literal->second)) return found;
  if (node.parameter && !segment.empty())
    if (const auto found = descend(*node.parameter)) return found;
  if (!remaining.empty()) return node.rest.at(method);
  return std::nullopt;
}

std::optional<RouteIndex> RouteTable::find(std::string_view method, std::string_view path) const {
  if (method.empty() && path == web_socket_connect_path) return web_socket_connect_;
  if (!path.starts_with('/')) return std::nullopt;
  return find_below(*root_, method, path.substr(1));
}

}  // namespace portcullis
