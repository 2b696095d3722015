// The rules as plain data: what edge/config loads and what an embedder may fill by hand. Texts are
// checked when an Authorizer is made of them, not before.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/keys.h"
#include "portcullis/limit.h"
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
  Mode mode = Mode::enforce;          // report: never with PublicAccess, where nothing is refused
  std::vector<std::string> limits{};  // names of LimitRules; all must admit
  std::int64_t cost = 1;              // units that a call takes of each: 1 to the smallest burst among them
};

/// How often. All windows must admit. `report`: what it would refuse is logged, and the request goes on.
struct LimitRule {
  std::string name;  // 1 to 64 letters, digits, - and _
  NonEmpty<Rate> rates;
  NonEmpty<LimitDimension> by;  // a bucket for each combination; where one is absent, the limit does not apply
  Place place{};
  Mode mode = Mode::enforce;
};

/// How many tokens that are refused one address may send before its tokens are not looked at any more. Tokens that
/// are good but for their time have a larger bucket of their own: a wrong clock is no attack.
struct FailedTokenRule {
  NonEmpty<Rate> rates;
  Place place{};
  Mode mode = Mode::enforce;
  static constexpr std::string_view name = "failed_tokens";
};

/// Where the state of limits is, and what is known of seen DPoP proofs. `shared`: the core asks NeedLimit and
/// NeedReplayCheck, and a door answers.
enum class LimitStore : std::uint8_t { memory, shared };
/// What holds while a shared store is out of reach.
enum class StoreFailure : std::uint8_t {
  local,  // this process counts for itself, so at worst each machine grants the whole limit
  allow,  // limits are not enforced; a proof that this process has seen is refused all the same
  deny,   // store_unavailable
};
/// Which header fields tell clients how their limit stands.
enum class LimitHeaders : std::uint8_t {
  current,  // RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)
  legacy,   // X-RateLimit-Limit, -Remaining, -Reset (seconds since 1970)
  both,
  none,
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
  std::size_t cached_tokens = 4096;  // verified tokens remembered, from their second time on; 0: none
  DpopRules dpop{};
  std::vector<LimitRule> limits{};
  std::optional<FailedTokenRule> failed_tokens{};
  LimitStore limit_store = LimitStore::memory;
  StoreFailure when_store_fails = StoreFailure::local;
  LimitHeaders limit_headers = LimitHeaders::current;
  std::size_t limit_keys =
      100'000;  // buckets remembered at once, of callers and as many of addresses; 1,000..20,000,000
};

/// Why rules cannot be used. `message` says what is wrong and what to do.
struct RuleProblem {
  Place place;
  std::string message;
};

}  // namespace portcullis
