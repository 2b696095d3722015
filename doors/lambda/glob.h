// IAM patterns for paths, as rows of pieces between slashes: the form in which they can be compared with
// routes. Behind the verb's slash; no leading slash.
#pragma once

#include <string>
#include <vector>

#include "core/access/route_pattern.h"

namespace portcullis::lambda {

struct Piece {
  enum class Kind : std::uint8_t {
    literal,  // one segment, exactly; empty: the path ends in a slash
    one,      // one segment that is not empty; "?*", which IAM matches with more, beside the Deny of the surplus
    some,     // "?*": at least one character. IAM's wildcards cross slashes
    any,      // "*"
  };
  Kind kind;
  std::string text;  // of a literal

  bool operator==(const Piece&) const = default;
};

using Glob = std::vector<Piece>;

/// The pattern itself, as it stands in a Resource.
std::string text_of(const Glob& glob);

/// The paths of a route, exactly.
Glob language_of(const RoutePattern& route);
/// The narrowest IAM pattern that matches every path of the route: {name} and {name+} become "?*".
Glob glob_of(const RoutePattern& route);
/// IAM patterns for exactly what glob_of() matches and the route does not, "users/*/*" beside "users/?*";
/// of a route that ends in {name+}, perhaps more.
std::vector<Glob> surplus_of(const RoutePattern& route);

}  // namespace portcullis::lambda
