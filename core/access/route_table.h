// Which rule is for this method and path: the most specific one. Compiled once; the cost of a look-up
// grows with the path, not with the number of routes. (A segment is looked for twice where a literal and
// {name} stand side by side, so d such places in a row cost up to 2^d steps: of the rules' making, never of
// the client's.)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/access/route_pattern.h"

namespace portcullis {

using RouteIndex = std::uint32_t;  // position in Rules::routes

/// What one look-up had to do.
struct LookupCost {
  std::size_t nodes = 0;  // visited, of the tree of segments
};

/// Specificity, segment by segment from the left: a literal before {name} before {name+}; then the
/// method itself before ANY. Immutable once filled; safe from any thread.
class RouteTable {
 public:
  RouteTable();
  /// @returns the route that already matches exactly the same requests
  std::optional<RouteIndex> add(const RoutePattern& pattern, RouteIndex route);
  /// @param path  in normal form; or "$connect", with an empty method
  std::optional<RouteIndex> find(std::string_view method, std::string_view path, LookupCost* cost = nullptr) const;

 private:
  struct SegmentHash {
    using is_transparent = void;  // looked up by what stands in the request, without a copy
    std::size_t operator()(std::string_view segment) const noexcept { return std::hash<std::string_view>{}(segment); }
  };
  struct Ends {  // routes that end here, by method
    struct Route {
      std::string method;
      RouteIndex index;
    };
    std::vector<Route> by_method;  // a handful
    std::optional<RouteIndex> of(std::string_view method) const;
    std::optional<RouteIndex> at(std::string_view method) const;
  };
  struct Node {
    std::unordered_map<std::string, std::unique_ptr<Node>, SegmentHash, std::equal_to<>> literals;
    std::unique_ptr<Node> parameter;
    Ends ends;
    Ends rest;
  };
  static std::optional<RouteIndex> find_below(const Node& node, std::string_view method, std::string_view remaining,
                                              LookupCost& cost);

  std::unique_ptr<Node> root_;
  std::optional<RouteIndex> web_socket_connect_;
};

}  // namespace portcullis
