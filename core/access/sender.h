// Whether the request comes from whom the token was issued to. RFC 9449 §7, RFC 8705 §3.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/access/credential.h"
#include "core/access/dpop_nonce.h"
#include "core/access/replay_store.h"
#include "portcullis/authorizer.h"

namespace portcullis {

/// How `cnf` binds a token (RFC 7800 §3.1). Its shape is checked with the claims.
struct Binding {
  std::optional<std::string_view> key;          // jkt
  std::optional<std::string_view> certificate;  // x5t#S256
  bool is_bound() const noexcept { return key || certificate; }
};
Binding binding_of(const VerifiedToken& token);

/// Why a bound token is worth nothing by itself, where no request is at hand.
/// @returns dpop_missing, certificate_mismatch
Result<Done> check_unbound(const VerifiedToken& token);

/// dpop_replayed, whoever saw the proof first.
Error proof_came_before();

/// A token bound to its sender is worth nothing without the proof, and a proof nothing without such a token.
/// Remembers nonces and proofs; safe from any thread.
class SenderCheck {
 public:
  /// @param store    shared: other machines may have seen a proof
  /// @param replays  null: nothing was seen yet
  SenderCheck(DpopRules rules, LimitStore store, const Secrets& secrets, std::shared_ptr<ReplayStore> replays);

  /// For a successor.
  const std::shared_ptr<ReplayStore>& replays() const noexcept { return replays_; }
  /// How old a proof may be.
  std::chrono::seconds window() const noexcept { return rules_.window; }

  struct Confirmed {
    std::string how;                            // for the trace; empty: the token is not bound
    std::string next_nonce;                     // for the client; empty: it has one that is good for a while
    std::optional<NeedReplayCheck> question{};  // holds only if this proof is new to the shared store, too
  };
  /// @returns bad_claim, dpop_missing, dpop_invalid, dpop_nonce, dpop_replayed, store_unavailable,
  ///          certificate_mismatch
  Result<Confirmed> confirm(const VerifiedToken& token, const Credential& credential, const Request& request,
                            WallTime now);

  /// The nonce for a client's next proof.
  std::string nonce(WallTime now) const { return mint_.at(now); }

 private:
  Result<Confirmed> confirm_key(std::string_view thumbprint, const Credential& credential, const Request& request,
                                WallTime now);

  const DpopRules rules_;
  const LimitStore store_;
  const std::array<unsigned char, 32> shared_seed_;
  const NonceMint mint_;
  const std::shared_ptr<ReplayStore> replays_;
};

}  // namespace portcullis
