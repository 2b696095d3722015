// One DPoP proof: does it prove that this request comes from whoever holds the token's key? RFC 9449 §4.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis {

/// What a proof has to fit.
struct ProofTarget {
  std::string_view method, url;  // of the request
  std::string_view token;        // as it came
  std::string_view thumbprint;   // the token's cnf.jkt
};

/// A proof that fits. Whether its nonce is ours, and whether it came before, is judged by whoever holds these.
struct DpopProof {
  std::string id;                    // jti, 1 to 256 bytes
  std::string uri;                   // htu, normalised
  std::optional<std::string> nonce;  // nothing: none, or one that is no string
  WallTime until;                    // from then on it is too old
};

inline constexpr std::size_t most_proof_bytes = 4096;
/// How far a proof's clock may be ahead of ours.
inline constexpr std::chrono::seconds proof_clock_leeway{30};

/// @returns dpop_invalid; the detail names the part that does not fit and quotes none of it
Result<DpopProof> verify_proof(std::string_view compact, const ProofTarget& target, const DpopRules& rules,
                               WallTime now);

}  // namespace portcullis
