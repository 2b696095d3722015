// The rules as plain data: what edge/config loads and what an embedder may fill by hand. Texts are
// checked when an Authorizer is made of them, not before.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "portcullis/keys.h"
#include "portcullis/token.h"

namespace portcullis {

/// Where a rule stands, for messages: "portcullis.yaml:12:5", an environment variable, or empty.
using Place = std::string;

/// Keys fetched from the issuer. Ages in seconds (tokens.md §6.2).
struct RemoteKeys {
  std::string url;
  std::chrono::seconds fresh{600};    // 60..86400: after this, refetch; the server's max-age may shorten or stretch it
  std::chrono::seconds stale{86400};  // 0..604800: how long old keys serve while the issuer is out of reach
};
/// Keys from the configuration itself.
struct LocalKeys {
  KeySet keys;
  std::string source;  // file name or variable, for messages
};

struct IssuerRule {
  Expectations expect;
  std::variant<RemoteKeys, LocalKeys> keys;
  MissingKeyId missing_key_id = MissingKeyId::refused;
  Place place;
};

/// One thing a caller must have. Written `scope:X` or `permission:X`.
struct Atom {
  enum class Kind : std::uint8_t { scope, permission };
  Kind kind;
  std::string value;
  friend bool operator==(const Atom&, const Atom&) = default;
};

struct PublicAccess {};
struct AuthenticatedAccess {};
/// All atoms must hold; the first missing one, in written order, names the reason.
struct AllOf {
  NonEmpty<Atom> atoms;
};
using Access = std::variant<PublicAccess, AuthenticatedAccess, AllOf>;

struct RouteRule {
  std::string route;  // "GET /orders/{id}", "ANY /files/{path+}", "$connect"
  Access access;
  Place place;
};

/// What an unlisted route gets.
enum class DefaultAccess : std::uint8_t { deny, authenticated };

struct Rules {
  std::vector<IssuerRule> issuers;
  std::vector<RouteRule> routes;
  DefaultAccess fallback = DefaultAccess::deny;
  TokenLimits token_limits;
};

/// Why rules cannot be used. `message` says what is wrong and what to do.
struct RuleProblem {
  Place place;
  std::string message;
};

}  // namespace portcullis
