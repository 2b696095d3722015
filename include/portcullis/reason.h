// The one table of reasons. The codes are an API: dashboards alert on them, so they are never renamed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis {

/// Why a request got its answer. Enumerators are spelled as the code on the wire.
enum class Reason : std::uint8_t {
  ok,
  no_credentials,
  bad_request,
  malformed,
  not_jws,
  bad_json,
  too_large,
  alg_not_allowed,
  header_forbidden,
  crit,
  unknown_kid,
  key_mismatch,
  bad_signature,
  bad_iss,
  bad_aud,
  expired,
  not_yet,
  bad_claim,
  wrong_token_type,
  certificate_mismatch,
  dpop_missing,
  dpop_invalid,
  dpop_replayed,
  dpop_nonce,
  insufficient_scope,
  forbidden,
  no_route,
  step_up,
  rate_limited,
  keys_unavailable,
  store_unavailable,
  internal,
};

/// Which `WWW-Authenticate` goes with a reason (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3).
enum class ChallengeKind : std::uint8_t {
  none,
  realm,  // Bearer realm="api", no error: nothing was sent (RFC 6750 §3.1)
  invalid_request,
  invalid_token,
  insufficient_scope,  // with scope= where scopes are missing
  insufficient_user_authentication,
  invalid_dpop_proof,
  use_dpop_nonce,
};

/// What the table says of one reason.
struct ReasonFacts {
  Reason reason;
  std::string_view code;
  int status;
  ChallengeKind challenge;
  std::string_view sentence;  // what happened; also the fixed error_description, so plain ASCII without " and backslash
  std::string_view advice;    // what the person on call should do
};

// clang-format off
inline constexpr std::array reasons{
    ReasonFacts{Reason::ok, "ok", 200, ChallengeKind::none,
        "The request is allowed.", "Nothing."},
    ReasonFacts{Reason::no_credentials, "no_credentials", 401, ChallengeKind::realm,
        "The request carries no token.", "Send the header: Authorization: Bearer <access token>."},
    ReasonFacts{Reason::bad_request, "bad_request", 400, ChallengeKind::invalid_request,
        "The request can be read in more than one way.", "Send one Authorization header with one token, and a plain path without //, .., ;, backslash, encoded slashes or needlessly encoded letters."},
    ReasonFacts{Reason::malformed, "malformed", 401, ChallengeKind::invalid_token,
        "The token is not three base64url parts with two dots.", "Check that the token was copied whole and unchanged: no quotes, spaces, padding or line ends."},
    ReasonFacts{Reason::not_jws, "not_jws", 401, ChallengeKind::invalid_token,
        "The token is opaque or encrypted, not a signed JWT.", "Was the parameter audience sent at login? Without it Auth0 gives an opaque token. Request the access token with audience set to your API's identifier."},
    ReasonFacts{Reason::bad_json, "bad_json", 401, ChallengeKind::invalid_token,
        "A part of the token is not strict JSON.", "The issuer, or something between it and you, makes broken tokens. Compare with a token fresh from the issuer."},
    ReasonFacts{Reason::too_large, "too_large", 401, ChallengeKind::invalid_token,
        "The token is larger than what is accepted.", "Put fewer or smaller claims into the access token."},
    ReasonFacts{Reason::alg_not_allowed, "alg_not_allowed", 401, ChallengeKind::invalid_token,
        "The token is signed with an algorithm that is not accepted here.", "Set the signing algorithm of the API (or application) to the configured one, usually RS256; never widen the list to make a token fit."},
    ReasonFacts{Reason::header_forbidden, "header_forbidden", 401, ChallengeKind::invalid_token,
        "The token's header has a parameter that is not accepted.", "Tokens that bring their own key, are compressed or nested are never accepted. Ask who made this token."},
    ReasonFacts{Reason::crit, "crit", 401, ChallengeKind::invalid_token,
        "The token demands an extension that is not understood.", "The issuer must leave out the header parameter crit."},
    ReasonFacts{Reason::unknown_kid, "unknown_kid", 401, ChallengeKind::invalid_token,
        "The token names a key that the issuer does not publish.", "The token is from another tenant, or its key was revoked. Log in again; compare the token's kid with: portcullis keys."},
    ReasonFacts{Reason::key_mismatch, "key_mismatch", 401, ChallengeKind::invalid_token,
        "The named key is of another type than the token's algorithm.", "The issuer's key set and its tokens disagree. Check the issuer's signing settings."},
    ReasonFacts{Reason::bad_signature, "bad_signature", 401, ChallengeKind::invalid_token,
        "The key did not sign these bytes.", "The token was changed after it was signed, or signed by somebody else."},
    ReasonFacts{Reason::bad_iss, "bad_iss", 401, ChallengeKind::invalid_token,
        "The token is from an issuer that is not configured.", "Compare the token's iss with the configured issuer, letter by letter: Auth0's ends with a slash."},
    ReasonFacts{Reason::bad_aud, "bad_aud", 401, ChallengeKind::invalid_token,
        "The token is meant for another audience.", "Request the token with audience set to this API's identifier, exactly as configured."},
    ReasonFacts{Reason::expired, "expired", 401, ChallengeKind::invalid_token,
        "The token's time is over.", "Get a new token. If it is new, compare the clocks of this machine and the issuer."},
    ReasonFacts{Reason::not_yet, "not_yet", 401, ChallengeKind::invalid_token,
        "The token is not valid yet.", "Compare the clocks of this machine and the issuer."},
    ReasonFacts{Reason::bad_claim, "bad_claim", 401, ChallengeKind::invalid_token,
        "A claim of the token is missing or of a wrong type.", "The detail names the claim. Mend it where the issuer sets it."},
    ReasonFacts{Reason::wrong_token_type, "wrong_token_type", 401, ChallengeKind::invalid_token,
        "The token is of another kind than this API accepts.", "Send the access token, not the ID token (or the reverse, where the configuration says id-token)."},
    ReasonFacts{Reason::certificate_mismatch, "certificate_mismatch", 401, ChallengeKind::invalid_token,
        "The token is not bound to the client certificate of this request.", "Call with the client certificate that the token was issued to."},
    ReasonFacts{Reason::dpop_missing, "dpop_missing", 401, ChallengeKind::invalid_dpop_proof,
        "A proof of the key that the token is bound to is needed, and none was sent.", "Send Authorization: DPoP <token> together with a DPoP header."},
    ReasonFacts{Reason::dpop_invalid, "dpop_invalid", 401, ChallengeKind::invalid_dpop_proof,
        "The DPoP proof does not fit this request.", "The detail names the part that does not fit."},
    ReasonFacts{Reason::dpop_replayed, "dpop_replayed", 401, ChallengeKind::invalid_dpop_proof,
        "The DPoP proof was used before.", "Make a new proof for each request."},
    ReasonFacts{Reason::dpop_nonce, "dpop_nonce", 401, ChallengeKind::use_dpop_nonce,
        "The DPoP proof needs the server's nonce.", "Repeat the request with the nonce of the DPoP-Nonce header in the proof."},
    ReasonFacts{Reason::insufficient_scope, "insufficient_scope", 403, ChallengeKind::insufficient_scope,
        "The token lacks a scope or permission that this route needs.", "The detail names it. Grant it to the user or client at the issuer, and request it at login."},
    ReasonFacts{Reason::forbidden, "forbidden", 403, ChallengeKind::none,
        "The caller does not meet a requirement of this route.", "The detail names the requirement."},
    ReasonFacts{Reason::no_route, "no_route", 403, ChallengeKind::none,
        "No rule allows this method and path.", "If it should be reachable, list it under routes."},
    ReasonFacts{Reason::step_up, "step_up", 401, ChallengeKind::insufficient_user_authentication,
        "This route needs a fresher or stronger login.", "Log in again, with the acr_values or max_age of the challenge."},
    ReasonFacts{Reason::rate_limited, "rate_limited", 429, ChallengeKind::none,
        "Too many requests.", "Wait as long as Retry-After says."},
    ReasonFacts{Reason::keys_unavailable, "keys_unavailable", 503, ChallengeKind::none,
        "The issuer's keys cannot be fetched, so no token can be judged.", "Check the way to the issuer: DNS, egress (a VPC without a route?), TLS roots. The detail names the last error."},
    ReasonFacts{Reason::store_unavailable, "store_unavailable", 503, ChallengeKind::none,
        "The store of limits and seen proofs is out of reach or full.", "The detail says which. For DPoP proofs: shorten dpop.window, or run more instances."},
    ReasonFacts{Reason::internal, "internal", 500, ChallengeKind::none,
        "portcullis was asked in a way it cannot answer.", "The log line names what was wrong with the event or the proxy's request."},
};
// clang-format on

static_assert([] {
  for (std::size_t i = 0; i < reasons.size(); ++i)
    if (static_cast<std::size_t>(reasons[i].reason) != i) return false;
  return reasons.size() == static_cast<std::size_t>(Reason::internal) + 1;
}());  // every Reason has its row, in order

/// The row of a reason. Never fails.
constexpr const ReasonFacts& facts(Reason reason) noexcept {
  return reasons[static_cast<std::size_t>(reason)];
}

/// The reason with this code, for reading logs back.
constexpr std::optional<Reason> reason_with_code(std::string_view code) noexcept {
  for (const auto& row : reasons)
    if (row.code == code) return row.reason;
  return std::nullopt;
}

/// A refusal: the reason for machines, the detail for the operator's log.
/// `detail` says what was found and what was expected; it never holds token bytes, keys or passwords,
/// and it is never shown to the client.
struct Error {
  Reason reason;
  std::string detail;
};

}  // namespace portcullis
