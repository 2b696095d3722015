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
  std::string metadata_of{};          // an issuer: `url` is that of its metadata, which says where the keys are
};
/// Keys from the configuration itself.
struct LocalKeys {
  KeySet keys;
  std::string source;  // file name or variable, for messages
};

/// One issuer of tokens: what they must be, and with which keys they are checked.
struct IssuerRule {
  Expectations expect;
  std::variant<RemoteKeys, LocalKeys> keys;
  MissingKeyId missing_key_id = MissingKeyId::refused;
  Place place{};
};

/// One thing a caller has or has not. Written `KIND:VALUE`, and `claim:POINTER=VALUE`.
struct Atom {
  enum class Kind : std::uint8_t {
    scope,         // a word of `scope`
    permission,    // an entry of `permissions`
    role,          // an entry of `roles`
    organization,  // `org_id`
    client,        // `azp`, else `client_id`
    claim,         // the claim at `pointer`, or an item of it
  };
  Kind kind;
  std::string value;      // compared whole and case-sensitively
  std::string pointer{};  // of a claim: RFC 6901
  friend bool operator==(const Atom&, const Atom&) = default;
};

/// Every atom holds.
struct AllOf {
  NonEmpty<Atom> atoms;
};
/// At least one atom holds.
struct AnyOf {
  NonEmpty<Atom> atoms;
};
/// No atom holds.
struct NoneOf {
  NonEmpty<Atom> atoms;
};
/// The person logged in (`auth_time`) no longer ago than this; the issuer's leeway is added. RFC 9470.
struct MaxAge {
  std::chrono::seconds most;
  static constexpr std::chrono::seconds shortest{1}, longest{365 * 86400};
};
/// `acr` is one of these.
struct AnyAcr {
  NonEmpty<std::string> values;
};
/// The token is bound to its sender, who proves to be it at each request.
enum class BoundSender : std::uint8_t {
  dpop,  // with a DPoP proof: RFC 9449
  mtls,  // with the client certificate: RFC 8705 §3
};
using Condition = std::variant<AllOf, AnyOf, NoneOf, MaxAge, AnyAcr, BoundSender>;

/// What a verified caller must be: every condition holds. The first that does not, in written order,
/// names the reason; of an AnyOf its first atom does.
struct Requirement {
  NonEmpty<Condition> conditions;
  Requirement(NonEmpty<Condition> all) : conditions(std::move(all)) {}
  Requirement(AllOf only) : conditions(Condition{std::move(only)}) {}
};

struct PublicAccess {};
struct AuthenticatedAccess {};
using Access = std::variant<PublicAccess, AuthenticatedAccess, Requirement>;

/// Whether a route's decisions count. `report` is for trying a rule out: every request is let through, and
/// what would have been decided is logged.
enum class Mode : std::uint8_t { enforce, report };

/// Who may call one route. Which of several routes is asked about a request: the most specific (README).
struct RouteRule {
  std::string route;  // "GET /orders/{id}", "ANY /files/{path+}", "$connect"
  Access access;
  Place place{};
  Mode mode = Mode::enforce;  // report: never with PublicAccess, where nothing is refused
};

/// What an unlisted route gets.
enum class DefaultAccess : std::uint8_t { deny, authenticated };

/// Whether a DPoP proof must hold a nonce of ours (RFC 9449 §9).
enum class DpopNonce : std::uint8_t { off, required };
/// Whether a caller without a token is told that DPoP is possible, besides Bearer.
enum class DpopOffer : std::uint8_t { silent, announced };

/// What a DPoP proof must be (RFC 9449 §4.3). A token with `cnf.jkt` needs one whatever is written here.
struct DpopRules {
  NonEmpty<Algorithm> algorithms{Algorithm::ES256};  // the only ones accepted; none of them symmetric
  std::chrono::seconds window{300};                  // how old a proof may be
  DpopNonce nonce = DpopNonce::off;
  DpopOffer offer = DpopOffer::silent;
  static constexpr std::chrono::seconds shortest{10}, longest{600};
};

/// All that is configured for the core.
struct Rules {
  std::vector<IssuerRule> issuers;
  std::vector<RouteRule> routes{};
  DefaultAccess fallback = DefaultAccess::deny;
  TokenLimits token_limits{};
  std::size_t cached_tokens = 4096;  // how many verified tokens are remembered; 0: none
  DpopRules dpop{};
};

/// Why rules cannot be used. `message` says what is wrong and what to do.
struct RuleProblem {
  Place place;
  std::string message;
};

}  // namespace portcullis
