// The decision core. It never waits: when something from outside is needed it says what, and goes on
// when it is handed the answer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/keys.h"
#include "portcullis/reason.h"
#include "portcullis/replay.h"
#include "portcullis/result.h"
#include "portcullis/rules.h"
#include "portcullis/time.h"
#include "portcullis/token.h"

namespace portcullis {

/// One header field. Views into the door's buffer.
struct Header {
  std::string_view name, value;
};

/// A request as a door decoded it. Views; the bytes must live until the step is Settled.
struct Request {
  std::string_view method;          // as sent; methods are case-sensitive (RFC 9110 §9.1)
  std::string_view path;            // raw, without query
  std::string_view address;         // of the client; empty when the door cannot know it
  std::span<const Header> headers;  // names compare case-insensitively
  /// As the client wrote it, from the scheme on; query or not. A DPoP proof is made for it. Never from a header
  /// that the client sets. Empty: unknown, and then no proof fits.
  std::string_view url = {};
  /// PEM, of the TLS connection, from whoever ended it; empty: there was none.
  std::string_view client_certificate = {};
};

/// What was decided. A door gives each its own form: 200, 400 to 429, 500 or 503 (Reason has the status).
enum class Outcome : std::uint8_t {
  allow,
  deny,
  undecided,  // keys or store out of reach: neither an allow nor a 401 that logs people out
};

/// How a token comes in the header Authorization. RFC 6750 §2.1, RFC 9449 §7.1.
enum class CredentialScheme : std::uint8_t { bearer, dpop };

/// What a refused caller is told about how to come back.
struct Invitation {
  enum class Schemes : std::uint8_t { bearer, bearer_and_dpop, dpop };
  Schemes schemes = Schemes::bearer;                 // what the route takes
  CredentialScheme used = CredentialScheme::bearer;  // what the caller came with
  std::string dpop_algorithms;                       // "ES256 PS256"
  std::string dpop_nonce;                            // for the next proof; empty: none is needed
};

/// The rule that a request fell under, as a decision tells of it.
struct MatchedRule {
  std::string route;   // as written; empty: an unlisted request, under the default
  Place place;         // where the rule stands
  std::string access;  // what it asks for, in words: "all scope:read:orders"
};

/// One window of a limit, as headers tell of it. Made once, shared by all decisions.
struct LimitPolicy {
  std::string limit;   // the limit's name
  std::string window;  // the name of this policy: the limit's, and where it has several windows "NAME/PERIOD"
  Rate rate;
  LimitHeaders told = LimitHeaders::none;  // how clients are told of it; none: of a limit that only reports, and others
};
/// How one window of a limit stood when the decision was made.
struct LimitStanding {
  std::shared_ptr<const LimitPolicy> policy;  // never null
  std::int64_t remaining;                     // units, without what this request took if it was admitted
  std::chrono::nanoseconds more;              // until one more unit may be had; 0: the bucket is full
  std::chrono::nanoseconds reset;             // until the bucket is full again
  std::chrono::nanoseconds retry_after;       // 0 unless this window refused
};

/// The answer. `detail` is for the operator; headers for the client come from client_headers().
struct Decision {
  Outcome outcome = Outcome::undecided;
  Reason reason = Reason::internal;
  std::string detail;    // why; empty where the rule alone says why it is allowed: explanation()
  bool enforced = true;  // false: its route only reports, so the request passes whatever was decided
  std::shared_ptr<const MatchedRule> rule{};  // null: none; owned together with the rules
  std::vector<Condition> missing;      // what was not met, in written order: of all and none the atoms at fault alone
  std::optional<VerifiedToken> token;  // the caller, if one was verified
  Invitation invitation;
  /// The windows of the limits that applied. First the one to tell of: of those that refused the one with the longest
  /// wait, else the one with the smallest share left. Empty: none applied.
  std::vector<LimitStanding> limits;
  WallTime at{};  // when it was made

  /// Of the rule; empty: none matched.
  std::string_view route() const noexcept { return rule ? std::string_view{rule->route} : std::string_view{}; }
  /// Where that rule stands; empty: none matched.
  std::string_view rule_place() const noexcept { return rule ? std::string_view{rule->place} : std::string_view{}; }
  /// In words, for the operator: why it was refused, or by what it was allowed.
  std::string_view explanation() const noexcept {
    return detail.empty() && rule && outcome == Outcome::allow ? std::string_view{rule->access} : detail;
  }
  /// Whether the request may go on. Doors ask this; `outcome` is what was decided.
  bool passes() const noexcept { return outcome == Outcome::allow || !enforced; }
  /// A decision without a reason to allow does not exist: 200 only for `allow`.
  int status() const noexcept { return facts(reason).status; }
};

/// The `WWW-Authenticate` value for a decision (RFC 6750 §3, RFC 9449 §7.1); empty when there is none.
std::string challenge(const Decision& decision);
/// The same for a refusal of a bare token.
std::string challenge(Reason reason);
/// How long to wait, in whole seconds, rounded up: until this window admits what it refused (at least 1), else until
/// one more unit may be had (0: the bucket is full). What Retry-After and the `t` of RateLimit say.
std::int64_t seconds_to_wait(const LimitStanding& standing) noexcept;

/// Every header field that a decision has for the client: the challenge; `DPoP-Nonce`, with the `Cache-Control` that
/// keeps it out of caches (RFC 9449 §8.2); how its limits stand, and `Retry-After`, which no cache may keep either
/// (RFC 6585 §4). A 401 or 403 tells nothing of limits.
struct ClientHeader {
  std::string_view name;
  std::string value;
};
/// In the order in which they are to be sent; empty where the client is told nothing.
std::vector<ClientHeader> client_headers(const Decision& decision);

/// The body of a refusal, application/problem+json (RFC 9457): `type`, `title`, `status`, `detail`, `reason` and
/// `violated-policies`, the windows that refused, as far as clients are told of them. Nothing that is for the operator.
std::string problem_body(const Decision& decision);

/// The steps a request goes through, in order. Names are stable: they are printed.
enum class StepName : std::uint8_t {
  path,
  route,
  credential,
  token,
  keys,
  signature,
  claims,
  sender,
  requirement,
  limit
};
/// The word that is printed: "path", "signature". It lives for ever.
std::string_view name_of(StepName step) noexcept;

/// What each step saw, for `--explain` and the page. Null on the hot path. Never holds token bytes.
struct Trace {
  enum class Verdict : std::uint8_t { passed, failed, noted };
  struct Entry {
    StepName step;
    Verdict verdict;
    std::string text;
    Place place;
  };
  std::vector<Entry> entries;
};

/// One route as one caller sees it.
struct Grant {
  std::string route;
  Place place;
  Access access;
  bool allowed;        // for as long as the token is valid: never where max_age is enforced
  Reason reason;       // ok, or why not
  std::string detail;  // "needs permission:admin"
};

/// Every route for one caller, in the order of the rules.
struct Grants {
  std::vector<Grant> routes;
  DefaultAccess fallback;
  bool fallback_allowed;                      // whether an unlisted route is allowed for this caller
  Reason fallback_reason = Reason::no_route;  // ok, or why not
};

using Question = std::variant<NeedKeys, NeedLimit, NeedReplayCheck>;  // a request waits for the answer
using Errand = std::variant<NeedKeys, ChargeFailure>;                 // worth doing; no request waits for it
using Answer = std::variant<FetchOutcome, LimitOutcome, ReplayOutcome>;

/// Done. Run the errands when convenient (a Lambda: before it asks for the next event).
struct Settled {
  Decision decision;
  std::vector<Errand> after;
};

/// Half of a decision. Move-only, used once; dropping it is a refusal.
class Pending {
 public:
  Pending(Pending&&) noexcept;
  Pending& operator=(Pending&&) noexcept;
  ~Pending();
  struct State;

 private:
  friend class Authorizer;
  friend struct Decider;
  explicit Pending(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// The decision needs something from outside: answer the question, tell learn(), then resume() with what is pending.
struct Asked {
  Question question;
  Pending pending;
};

using Step = std::variant<Settled, Asked>;

/// The state of limits in this process, for metrics.
struct LimitMemory {
  std::size_t bytes = 0;             // taken once, whatever happens
  double occupied = 0;               // share of places in use, from a sample; 0..1
  std::uint64_t live_evictions = 0;  // buckets given up while not full: each gave its owner a new burst
};

/// Randomness comes in: the seed of keyed hashes and of DPoP nonces. 32 bytes from a cryptographic source.
struct Secrets {
  std::array<unsigned char, 32> seed{};
  /// Of the names of buckets and proofs in a shared store: the same on all machines that share it. Nothing: `seed`.
  std::optional<std::array<unsigned char, 32>> shared_seed{};
  /// Of DPoP nonces: those with the same one take each other's. Nothing: `seed`, so each takes its own alone.
  std::optional<std::array<unsigned char, 32>> nonce_seed{};
};

/// Secrets::shared_seed of those who share a store: made of its password, so that it is alike on all of them. Without
/// a password (empty) it is a constant, and who can read the store can look up whether a subject he knows has a bucket.
std::array<unsigned char, 32> shared_seed_of(std::string_view store_password);

/// Secrets::nonce_seed of those who are configured with the same secret. A nonce is shown to everybody and can be tried
/// against guesses of it, so it is of a cryptographic source, 32 octets or more.
std::array<unsigned char, 32> nonce_seed_of(std::string_view secret);

/// Decides. All members may be called from any thread; a Pending is used by one at a time.
class Authorizer {
 public:
  /// @returns every problem of the rules, never only the first
  static Result<Authorizer, std::vector<RuleProblem>> make(Rules rules, const Secrets& secrets);

  /// The same for new rules in a running process: takes over the secrets, the state of limits, seen proofs, and fetched
  /// keys of sources that are configured alike; verified tokens are forgotten. Both may be used at once.
  Result<Authorizer, std::vector<RuleProblem>> successor(Rules rules) const;

  Authorizer(Authorizer&&) noexcept;
  Authorizer& operator=(Authorizer&&) noexcept;
  ~Authorizer();

  /// Starts a decision; most end here. `trace`, if given, must live until Settled.
  Step begin(const Request& request, Now now, Trace* trace = nullptr) const;
  /// Goes on after learn() was told the outcome of the ticket that was asked for; a store's answer to NeedLimit
  /// or NeedReplayCheck is in `answer`. Only by the object that asked.
  Step resume(Pending pending, const Answer& answer, Now now) const;
  /// The outcome of a fetch, once a ticket and before its waiters resume. A ticket that is not the
  /// current one of its source is ignored.
  void learn(const Ticket& ticket, const Answer& answer, Now now) const;
  /// What a shared store said to an errand.
  void learn(const ChargeFailure& errand, const LimitOutcome& outcome, Now now) const;
  /// Takes an issuer's keys from before this process. They serve at once as stale ones do, so the first
  /// decision waits for nothing and has the refresh as its errand; fetched keys replace them.
  /// @returns why they are of no use: the issuer is unknown or its keys are not fetched, they come from the
  ///          future, are older than its `stale`, or other keys are there already
  Result<Done, std::string> adopt(InitialKeys initial, Now now) const;
  /// What must be fetched before a request can be answered, so that it need not wait.
  std::vector<NeedKeys> warm_up(Now now) const;

  /// A fetch of every issuer's keys now, by order of the operator: old or not, after failures or not.
  std::vector<NeedKeys> refresh(Now now) const;

  /// Judges one token without a request: shape, keys, signature, claims, and the shape of `cnf`.
  /// The decision has no route; `allow` means valid.
  Step begin_token(std::string_view compact, Now now, Trace* trace = nullptr) const;

  /// Every route for this caller; nullopt: the anonymous one. Sound as long as the token is valid. Whose token
  /// is bound to its sender may call what is public and nothing else.
  Grants grants(const std::optional<VerifiedToken>& caller) const;
  /// One for each issuer, in the order of the rules. Asks nobody and starts no fetch.
  std::vector<KeyStatus> key_status(Now now) const;
  /// How full the tables of limits are, and what they had to give up.
  LimitMemory limit_memory(Now now) const;
  /// What it was made of; lives as long as this object.
  const Rules& rules() const noexcept;

  struct State;

 private:
  explicit Authorizer(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// The subject as it may stand in a log: 12 hex digits of a hash keyed with `secrets`.
std::string subject_hash(const Secrets& secrets, std::string_view issuer, std::string_view subject);
/// A token as it may stand in a log: 12 hex digits of its SHA-256.
std::string token_hash(std::string_view compact);

}  // namespace portcullis
