// Key sets, and what the core asks for when it lacks one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/result.h"
#include "portcullis/time.h"
#include "portcullis/token.h"

namespace portcullis {

/// Whether a token without `kid` may use the only key that fits (tokens.md §2.4).
enum class MissingKeyId : std::uint8_t { refused, allowed_if_one_key_fits };

/// The keys that may have signed a token: one, but for local keys, which have no names. They live as long as their set.
struct Candidates {
  const VerificationKey* first;  // never null
  std::vector<const VerificationKey*> others{};
};

/// The usable keys of one issuer. Immutable; safe from any thread.
class KeySet {
 public:
  struct Skipped {
    std::string key_id;  // may be empty
    std::string why;
  };

  /// Reads a JWK Set (RFC 7517 §5). An entry that cannot be used is skipped and told, never fatal.
  /// @returns  why the *document* is not a key set, as a sentence
  static Result<KeySet, std::string> parse(std::string_view jwks);
  /// Keys from local configuration. They have no `kid`: the token's is ignored for them.
  static KeySet of_static_keys(std::vector<VerificationKey> keys);

  /// The one key for this token. Never tries several remote keys.
  /// @param key_id  the token's `kid`, if it has one
  /// @returns  unknown_kid, key_mismatch. Static sets: every key that fits the algorithm is a candidate.
  Result<Candidates> candidates(Algorithm algorithm, std::optional<std::string_view> key_id,
                                MissingKeyId missing_key_id) const;

  /// The usable keys, in the order of the document.
  std::vector<VerificationKey> keys() const { return keys_; }
  /// What the document has beside them, and why each cannot be used.
  const std::vector<Skipped>& skipped() const noexcept { return skipped_; }

 private:
  enum class Kind : std::uint8_t { published, configured };
  KeySet(Kind kind, std::vector<VerificationKey> keys, std::vector<Skipped> skipped);
  Kind kind_;
  std::vector<VerificationKey> keys_;
  std::vector<Skipped> skipped_;
};

/// Checks the signature of a compact JWS and nothing else: no issuer, audience or time, and the payload
/// may be any octets. For vectors and strange tokens; nothing can be allowed with the result.
/// @returns  what parse_token() says of the header, unknown_kid, key_mismatch, bad_signature
Result<Done> check_signature(std::string_view compact, const KeySet& keys, const TokenLimits& limits);

/// Names one fetch of one key set. All who wait for the same fetch hold the same ticket.
struct Ticket {
  std::uint32_t source = 0;   // which configured key source
  std::uint64_t attempt = 0;  // counts fetches of that source
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// "Fetch this URL." Asked by the core, answered by a door with the help of edge/net.
struct NeedKeys {
  Ticket ticket;
  std::string url;
  std::string if_none_match;  // empty: send no condition
  std::string metadata_of{};  // an issuer: `url` is that of its metadata, which says where its keys are
};

/// Where an issuer's metadata may be: OpenID Connect Discovery 1.0 §4.1, and, if there is nothing, RFC 8414 §3.1.
/// @param issuer  an absolute URL without query and fragment
std::vector<std::string> metadata_urls(std::string_view issuer);
/// Where the metadata of an issuer says that its keys are.
struct KeyUrl {
  std::string url;
};
/// Reads where the keys are out of an issuer's metadata, and nothing else of it. The document's `issuer` must be
/// this one byte for byte, the keys on the issuer's own host and, where the issuer is https, https too.
/// @returns why not, as a sentence
Result<KeyUrl, std::string> key_url_of(std::string_view metadata, std::string_view issuer);

/// The server's answer to a NeedKeys, whatever its status.
struct FetchedKeys {
  int status = 0;
  std::string body;  // at most 256 KiB
  std::string etag;
  std::optional<std::chrono::seconds> max_age;      // Cache-Control
  std::optional<std::chrono::seconds> retry_after;  // Retry-After
  // The server's Date minus this machine's clock, to the second; nothing: no Date that can be read.
  std::optional<std::chrono::seconds> clock_offset{};
  std::string key_url{};  // where the keys were found, if the question was for metadata
};

/// No answer: DNS, connection, TLS, time, size. One sentence for the log.
struct FetchFailed {
  std::string why;
};

using FetchOutcome = std::variant<FetchedKeys, FetchFailed>;

/// Keys of an issuer that were fetched before this process began, say when its bundle was made.
struct InitialKeys {
  std::string issuer;
  KeySet keys;
  WallTime fetched_at;
};

/// The state of one key source, for `portcullis keys`, the start line and readiness.
struct KeyStatus {
  std::string issuer;
  std::string source;                  // URL, file or "secret"
  std::shared_ptr<const KeySet> keys;  // null: none yet
  std::optional<std::chrono::milliseconds> age;
  std::string last_error;                              // empty: the last fetch was good
  std::optional<std::chrono::seconds> clock_offset{};  // of the issuer's clock against ours, when last heard of

  std::optional<std::uint32_t> source_number{};  // as its tickets name it; nothing: the keys are not fetched

  /// Beyond this one of the two clocks is wrong, and tokens expire too early or too late.
  static constexpr std::chrono::seconds most_clock_offset{5};
  /// Whether the issuer's clock is so far from this machine's that good tokens may be refused.
  bool clocks_differ() const noexcept {
    return clock_offset && (*clock_offset > most_clock_offset || *clock_offset < -most_clock_offset);
  }
};

}  // namespace portcullis
