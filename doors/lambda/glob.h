// Can an IAM pattern and a route match the same path? The question that decides whether a pattern may
// stand in a policy.
#pragma once

#include <string>
#include <string_view>

#include "core/access/route_pattern.h"

namespace portcullis::lambda {

/// The narrowest IAM pattern that matches every path of the route: {name} and {name+} become "?*".
/// Behind the verb's slash; no leading slash.
std::string glob_of(const RoutePattern& route);

/// Whether some path is matched by `glob` (`*` any run, `?` one character) and by `route`, read as a
/// language of its own: parameters hold no slash. Cost: product of the two lengths.
bool overlap(std::string_view glob, const RoutePattern& route);

}  // namespace portcullis::lambda
