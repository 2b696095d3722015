// Which rule is for this method and path: the most specific one. Compiled once; the cost of a look-up
// grows with the path, not with the number of routes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/route_pattern.h"

namespace portcullis {

using RouteIndex = std::uint32_t;  // position in Rules::routes

/// Specificity, segment by segment from the left: a literal before {name} before {name+}; then the
/// method itself before ANY. Immutable once filled; safe from any thread.
class RouteTable {
 public:
  RouteTable();
  /// @returns the route that already matches exactly the same requests
  std::optional<RouteIndex> add(const RoutePattern& pattern, RouteIndex route);
  /// @param path  in normal form; or "$connect", with an empty method
  std::optional<RouteIndex> find(std::string_view method, std::string_view path) const;

 private:
  struct Ends {  // routes that end here, by method
    std::map<std::string, RouteIndex, std::less<>> by_method;
    std::optional<RouteIndex> at(std::string_view method) const;
  };
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    Ends ends;
    Ends rest;
  };
  static std::optional<RouteIndex> find_below(const Node& node, std::string_view method, std::string_view remaining);

  std::unique_ptr<Node> root_;
  std::optional<RouteIndex> web_socket_connect_;
};

}  // namespace portcullis
