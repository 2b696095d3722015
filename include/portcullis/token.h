// Tokens and keys: what is unverified, what is verified, and the one way from here to there.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "portcullis/json.h"
#include "portcullis/non_empty.h"
#include "portcullis/result.h"
#include "portcullis/time.h"

namespace portcullis {

/// The signature algorithms portcullis knows (RFC 7518 §3, RFC 8037, RFC 9864). There is no `none`.
enum class Algorithm : std::uint8_t {
  RS256,
  RS384,
  RS512,
  PS256,
  PS384,
  PS512,
  ES256,
  ES384,
  ES512,
  EdDSA,
  Ed25519,
  HS256,
  HS384,
  HS512,
};

/// Exact and case-sensitive (RFC 7515 §4.1.1); nullopt for every other word.
std::optional<Algorithm> algorithm_named(std::string_view name) noexcept;
/// As it stands in a header: "RS256". It lives for ever.
std::string_view name_of(Algorithm algorithm) noexcept;
/// HS*: keyed with a shared secret, so never a key from a JWKS or PEM.
bool is_symmetric(Algorithm algorithm) noexcept;

/// Sizes beyond which a token is too_large before any work is spent on it. In bytes.
struct TokenLimits {
  std::size_t token = 8192;
  std::size_t header = 2048;  // decoded
};

/// A token whose shape and header are sound and whose signature nobody has checked yet. It may be
/// routed on (which issuer, which key), never believed. Owns its bytes; move-only.
class UnverifiedToken {
 public:
  UnverifiedToken(UnverifiedToken&&) noexcept;
  UnverifiedToken& operator=(UnverifiedToken&&) noexcept;
  ~UnverifiedToken();

  /// Of the header; accepted or not is for verify() to say.
  Algorithm algorithm() const noexcept;
  /// 1 to 256 bytes, or nothing.
  std::optional<std::string_view> key_id() const noexcept;
  /// Only for the exact look-up among configured issuers (tokens.md: never build an URL from it).
  std::optional<std::string_view> claimed_issuer() const noexcept;
  /// Only to choose between configured entries that share an issuer.
  bool claims_audience(std::string_view audience) const noexcept;

  struct Parts;  // known to core/token alone

 private:
  friend Result<UnverifiedToken> parse_token(std::string_view, const TokenLimits&);
  friend struct TokenAccess;
  explicit UnverifiedToken(std::shared_ptr<const Parts> parts) noexcept;
  std::shared_ptr<const Parts> parts_;
};

/// Reads a compact JWS: exactly three non-empty base64url parts, a strict JSON header that passes the
/// header policy, a strict JSON object as payload.
/// @param compact  the token alone: no scheme, no white space
/// @returns  not_jws, malformed, too_large, bad_json, header_forbidden, crit, alg_not_allowed
/// @note     keeps nothing of `compact`; safe from any thread
/// @see      RFC 7515 §4, §7.1, RFC 7519 §7.2
Result<UnverifiedToken> parse_token(std::string_view compact, const TokenLimits& limits);

/// A public key, or a local secret, together with what it may be used for. Immutable and shared:
/// copies are cheap, and safe from any thread.
class VerificationKey {
 public:
  /// A PEM `CERTIFICATE`, `PUBLIC KEY` or `RSA PUBLIC KEY`, in any of the mangled forms that
  /// environment variables make of it: CRLF, spaces for line ends, literal \n, one line.
  /// @returns  why it cannot be used, as a sentence that quotes none of it
  static Result<VerificationKey, std::string> from_pem(std::string_view pem);
  /// A shared secret for HS* (RFC 7518 §3.2: at least as long as the hash). Local configuration only.
  static Result<VerificationKey, std::string> from_secret(std::string_view secret);

  /// Whether type, curve, size and (where the key names one) algorithm fit. RFC 8725 §3.1.
  bool fits(Algorithm algorithm) const noexcept;
  /// A JWK's `kid`; nothing for PEM keys and secrets.
  const std::optional<std::string>& key_id() const noexcept;
  std::string_view type() const noexcept;  // "RSA", "EC P-256", "OKP Ed25519", "secret"
  int bits() const noexcept;               // of the modulus, curve or secret
  /// RFC 7638 §3, base64url of SHA-256; empty for secrets.
  std::string thumbprint() const;
  /// Of a certificate, its notAfter; nothing for bare keys.
  std::optional<std::chrono::sys_seconds> expires_at() const noexcept;

  struct Material;  // known to core/token alone

 private:
  friend struct KeyAccess;
  explicit VerificationKey(std::shared_ptr<const Material> material) noexcept;
  std::shared_ptr<const Material> material_;
};

/// The mutually exclusive kinds of tokens (RFC 8725 §3.12). Config: `token`.
enum class Profile : std::uint8_t { auth0_access, rfc9068, id_token, generic };

/// The original example's contract: tokens of whichever issuer holds the configured key. Weaker, and
/// possible only for ID tokens with static keys.
struct UncheckedIssuer {};

/// What a token of one issuer must be. Loaded once, then const.
struct Expectations {
  std::variant<std::string, UncheckedIssuer> issuer;  // byte for byte; Auth0's ends with "/"
  NonEmpty<std::string> audiences;                    // the token must name one
  NonEmpty<Algorithm> algorithms;                     // the only ones accepted
  std::chrono::seconds leeway{30};                    // 0..300, for exp, nbf and iat
  Profile profile = Profile::auth0_access;
  std::optional<NonEmpty<std::string>> clients{};  // allow-list for azp / client_id
  std::optional<NonEmpty<std::string>> types{};    // header `typ` under `generic`
};

/// Proof that a token was signed by an expected key and says what was expected, at the instant it was
/// verified. Only verify() makes one. Copies share the parsed token; safe from any thread.
class VerifiedToken {
 public:
  std::string_view issuer() const noexcept;   // empty when it has none (UncheckedIssuer)
  std::string_view subject() const noexcept;  // empty only under `generic`
  /// `azp`, else `client_id`.
  std::optional<std::string_view> client() const noexcept;
  std::optional<std::string_view> organization() const noexcept;  // org_id
  /// `exp`, without leeway; decimals beyond milliseconds are cut off (RFC 7519 §4.1.4).
  std::chrono::sys_time<std::chrono::milliseconds> expires_at() const noexcept;
  /// `scope` split at spaces; compared whole and case-sensitively (RFC 6749 §3.3).
  bool has_scope(std::string_view scope) const noexcept;
  /// Whether `permissions` has this entry; compared whole and case-sensitively.
  bool has_permission(std::string_view permission) const noexcept;
  /// As in the token: nullopt when the claim is absent, which is not the same as empty.
  std::optional<std::string_view> scope() const noexcept;

  /// With which it was signed: one of those expected.
  Algorithm algorithm() const noexcept;
  /// `kid` of the header, if it has one.
  std::optional<std::string_view> key_id() const noexcept;
  /// All claims. The view lives as long as this object or a copy of it.
  Json claims() const noexcept;

 private:
  friend Result<VerifiedToken> verify(UnverifiedToken, const VerificationKey&, const Expectations&, WallTime);
  friend struct TokenAccess;
  explicit VerifiedToken(std::shared_ptr<const UnverifiedToken::Parts> parts) noexcept : parts_(std::move(parts)) {}
  std::shared_ptr<const UnverifiedToken::Parts> parts_;
};

/// Verifies `token` with `key` and then checks what `expect` says.
/// @param now  the caller's wall clock
/// @returns  alg_not_allowed, key_mismatch, bad_signature, then wrong_token_type, bad_iss, bad_aud,
///           bad_claim, expired, not_yet: the first that applies, in this order, so that a forged
///           token learns nothing about the claims
/// @note     keeps no reference to `key` or `expect`; safe from any thread
/// @see      RFC 7519 §7.2, RFC 8725 §3, RFC 9068 §4
Result<VerifiedToken> verify(UnverifiedToken token, const VerificationKey& key, const Expectations& expect,
                             WallTime now);

/// The signature half of verify(), without the claims. The result is no VerifiedToken, so nothing can be
/// allowed with it.
/// @returns  key_mismatch, bad_signature
Result<Done> check_signature(const UnverifiedToken& token, const VerificationKey& key);

}  // namespace portcullis
