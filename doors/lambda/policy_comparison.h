// Do IAM patterns say the same as the rules, for every path there is? Not sampled: all paths are followed
// at once, segment by segment, until nothing new can be met.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "doors/lambda/glob.h"

namespace portcullis::lambda {

/// What the rules say about paths, for one verb and one caller.
struct PathRules {
  struct Route {
    Glob language;
    bool allowed;
  };
  std::vector<Route> routes;  // the most specific first: the first that matches decides
  bool unlisted_allowed = false;
};

/// What a policy says about them. A Deny wins. Piece::Kind::one in an Allow is written "?*" and means one
/// segment, since the surplus of its route is denied.
struct PathPolicy {
  std::vector<Glob> allow, deny;
  std::set<std::string> plain_only;  // literals whose percent-encoded spellings are denied by other means
};

/// Which spellings of a path are followed: in normal form, or also with literals percent-encoded, which
/// every pattern reads as another text, and a server behind as the same.
enum class Spellings : std::uint8_t { plain, encoded_too };

struct Differences {
  bool unknown = false;           // the comparison became too large
  bool lockout = false;           // a path that is the caller's is not allowed
  std::set<std::size_t> refused;  // routes that are granted although they are refused
  std::set<std::string> encoded;  // literals whose encoded spelling would be granted although they are refused

  bool none() const { return !unknown && !lockout && refused.empty() && encoded.empty(); }
};

/// Paths without empty segments (but the last), as every policy with a wildcard denies the others.
Differences compare(const PathRules& rules, const PathPolicy& policy, Spellings spellings);

}  // namespace portcullis::lambda
