#include "core/access/dpop_proof.h"

#include <algorithm>
#include <array>

#include "core/access/target_uri.h"
#include "core/token/base64url.h"
#include "core/token/claims.h"
#include "core/token/digest.h"
#include "core/token/jwk.h"
#include "core/token/jws.h"
#include "core/token/signature.h"

namespace portcullis {
namespace {

constexpr TokenLimits proof_limits{.token = most_proof_bytes, .header = 2048};
constexpr std::size_t most_id_bytes = 256;
// The proof's key is the one in `jwk`; what names another one, or where to get it, has no place beside it.
constexpr std::array<std::string_view, 3> foreign_keys{"kid", "x5t", "x5t#S256"};

Error unfit(std::string sentence) {
  return {Reason::dpop_invalid, std::move(sentence)};
}

// Which kind of fault it is, without the words of jws.cpp: they may quote the header.
std::string shape_in_words(const Error& error) {
  if (error.reason == Reason::too_large) return "the proof is larger than 4096 bytes, or its header than 2048";
  if (error.reason == Reason::bad_json) return "a part of the proof is not strict JSON";
  if (error.reason == Reason::alg_not_allowed) return "the proof's alg is missing or unknown";
  if (error.reason == Reason::header_forbidden) return "the proof's header has a parameter that has no place there";
  if (error.reason == Reason::crit) return "the proof's header has crit";
  return "the DPoP header is not one signed JWT";  // two headers may come joined by a comma
}

/// The key that the proof brings, fit for its algorithm.
Result<VerificationKey> key_in(const Jws& proof, const DpopRules& rules) {
  const Json header = proof.header.root();
  const auto type = header.find("typ");
  if (!type || type->string() != "dpop+jwt") return unfit("the proof's typ is not dpop+jwt");
  const auto allowed = rules.algorithms.items();
  if (is_symmetric(proof.algorithm) || std::find(allowed.begin(), allowed.end(), proof.algorithm) == allowed.end())
    return unfit("the proof's alg is not among dpop.algorithms");
  for (const std::string_view name : foreign_keys)
    if (header.find(name)) return unfit("the proof's header has a parameter that has no place there");
  const auto jwk = header.find("jwk");
  if (!jwk) return unfit("the proof's header has no jwk");
  for (const char* secret : {"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"})
    if (jwk->find(secret)) return unfit("the proof's jwk holds private key material: that key is burnt");
  auto key = key_of_jwk(*jwk);
  if (!key) return unfit("the proof's jwk cannot be used");
  if (!key->fits(proof.algorithm)) return unfit("the proof's jwk does not fit its alg");
  return *std::move(key);
}

Result<std::string_view> text_claim(const Json& claims, const char* name) {
  const auto claim = claims.find(name);
  if (claim && claim->string() && !claim->string()->empty()) return *claim->string();
  return unfit(std::string{"the proof has no "} + name + " that is a text");
}

/// Of two normalised URIs that are not the same.
std::string differing_part(std::string_view a, std::string_view b) {
  const auto origin = [](std::string_view uri) { return uri.substr(0, uri.find('/', uri.find("://") + 3)); };
  if (a.substr(0, a.find(':')) != b.substr(0, b.find(':'))) return "scheme";
  return origin(a) == origin(b) ? "path" : "host";
}

Result<Done> check_request(const Json& claims, const ProofTarget& target, std::string& uri) {
  const auto method = text_claim(claims, "htm");
  if (!method) return method.error();
  if (*method != target.method) return unfit("the proof's htm is not the method of this request");
  const auto written = text_claim(claims, "htu");
  if (!written) return written.error();
  auto wanted = normal_target_uri(*written);
  if (!wanted) return unfit("the proof's htu: " + wanted.error().detail);
  if (target.url.empty()) return unfit("the URL of this request is not known here, so htu cannot be compared");
  const auto actual = normal_target_uri(target.url);
  if (!actual) return unfit("the URL of this request cannot be compared: " + actual.error().detail);
  if (*wanted != *actual)
    return unfit("the proof's htu has another " + differing_part(*wanted, *actual) + " than this request");
  uri = *std::move(wanted);
  return Done{};
}

/// @returns when the proof becomes too old
Result<WallTime> check_time(const Json& claims, const DpopRules& rules, WallTime now) {
  const auto written = claims.find("iat");
  const auto issued = written ? numeric_date(*written) : std::nullopt;
  if (!issued) return unfit("the proof has no iat that is a time");
  if (*issued > now + proof_clock_leeway) return unfit("the proof's iat is in the future: compare the clocks");
  if (*issued < now - rules.window)
    return unfit("the proof's iat is more than " + std::to_string(rules.window.count()) +
                 " s ago: it is used late, or the clocks differ");
  if (const auto expiry = claims.find("exp")) {
    const auto end = numeric_date(*expiry);
    if (!end) return unfit("the proof's exp is no time");
    if (*end + proof_clock_leeway <= now) return unfit("the proof's exp is over");
  }
  if (const auto start = claims.find("nbf")) {
    const auto begin = numeric_date(*start);
    if (!begin) return unfit("the proof's nbf is no time");
    if (*begin > now + proof_clock_leeway) return unfit("the proof's nbf is in the future");
  }
  return *issued + rules.window + std::chrono::milliseconds{1};  // at exactly `window` it still passes
}

Result<Done> check_token(const Json& claims, const VerificationKey& key, const ProofTarget& target) {
  const auto hash = text_claim(claims, "ath");
  if (!hash) return hash.error();
  if (!equal_in_constant_time(*hash, base64url_encode(sha256(target.token))))
    return unfit("the proof's ath is not the hash of this token");
  if (!equal_in_constant_time(key.thumbprint(), target.thumbprint))
    return unfit("the proof's key is not the one that the token is bound to (cnf.jkt)");
  return Done{};
}

}  // namespace

Result<DpopProof> verify_proof(std::string_view compact, const ProofTarget& target, const DpopRules& rules,
                               WallTime now) {
  const auto jws = parse_jws(compact, proof_limits, EmbeddedKey::expected);
  if (!jws) return unfit(shape_in_words(jws.error()));
  const auto key = key_in(*jws, rules);
  if (!key) return key.error();
  const auto payload = parse_segment(jws->payload, "payload", {.bytes = most_proof_bytes});
  if (!payload) return unfit(shape_in_words(payload.error()));
  if (verify_signature(KeyAccess::material(*key), jws->algorithm, jws->signing_input, jws->signature) !=
      SignatureVerdict::good)
    return unfit("the proof's signature is not by the key in its jwk");

  const Json claims = payload->root();
  DpopProof proof;
  const auto id = text_claim(claims, "jti");
  if (!id) return id.error();
  if (id->size() > most_id_bytes) return unfit("the proof's jti is longer than 256 bytes");
  proof.id = *id;
  if (const auto fits = check_request(claims, target, proof.uri); !fits) return fits.error();
  const auto until = check_time(claims, rules, now);
  if (!until) return until.error();
  proof.until = *until;
  if (const auto fits = check_token(claims, *key, target); !fits) return fits.error();
  if (const auto nonce = claims.find("nonce"); nonce && nonce->string()) proof.nonce = *nonce->string();
  return proof;
}

}  // namespace portcullis
