#include "core/access/sender.h"

#include <algorithm>

#include "core/access/dpop_proof.h"
#include "core/access/proof_name.h"
#include "core/token/certificate.h"

namespace portcullis {
namespace {

Result<Done> check_certificate(std::string_view wanted, const Request& request) {
  if (request.client_certificate.empty())
    return Error{Reason::certificate_mismatch, "the token is bound to a client certificate, and there was none"};
  const auto actual = thumbprint_of_certificate(request.client_certificate);
  if (!actual) return Error{Reason::certificate_mismatch, "the client certificate is unreadable: " + actual.error()};
  if (actual->text != wanted)
    return Error{Reason::certificate_mismatch, "the token is bound to another client certificate"};
  return Done{};
}

Error replayed(ReplayStore::Verdict verdict) {
  if (verdict == ReplayStore::Verdict::seen) return proof_came_before();
  return {Reason::store_unavailable, "the table of seen DPoP proofs is full, so this one cannot be remembered"};
}

}  // namespace

Error proof_came_before() {
  return {Reason::dpop_replayed, "this proof came before (jti)"};
}

Binding binding_of(const VerifiedToken& token) {
  const auto cnf = token.claims().find("cnf");
  if (!cnf) return {};
  const auto digest = [&](const char* name) {
    const auto member = cnf->find(name);
    return member ? member->string() : std::nullopt;
  };
  return {digest("jkt"), digest("x5t#S256")};
}

Result<Done> check_unbound(const VerifiedToken& token) {
  const Binding binding = binding_of(token);
  if (binding.key) return Error{Reason::dpop_missing, "bound to a DPoP key: judged with each request's proof"};
  if (binding.certificate)
    return Error{Reason::certificate_mismatch, "bound to a client certificate: judged with each request"};
  return Done{};
}

SenderCheck::SenderCheck(DpopRules rules, LimitStore store, const Secrets& secrets,
                         std::shared_ptr<ReplayStore> replays)
    : rules_(std::move(rules)),
      store_(store),
      shared_seed_(secrets.shared_seed.value_or(secrets.seed)),
      mint_(secrets),
      replays_(replays ? std::move(replays) : std::make_shared<ReplayStore>(secrets, ReplayStore::usual_capacity)) {}

Result<SenderCheck::Confirmed> SenderCheck::confirm(const VerifiedToken& token, const Credential& credential,
                                                    const Request& request, WallTime now) {
  const Binding binding = binding_of(token);
  // Some send certificate-bound tokens under the scheme DPoP, without a proof (tokens.md §5.11).
  if (!binding.key && credential.scheme == CredentialScheme::dpop && (credential.proof || !binding.certificate))
    return Error{Reason::bad_claim, "the token came as DPoP and is not bound to a key: it has no cnf.jkt"};
  if (binding.certificate)
    if (const auto fits = check_certificate(*binding.certificate, request); !fits) return fits.error();
  if (binding.key) return confirm_key(*binding.key, credential, request, now);
  return Confirmed{binding.certificate ? "the client certificate fits" : "", {}};
}

Result<SenderCheck::Confirmed> SenderCheck::confirm_key(std::string_view thumbprint, const Credential& credential,
                                                        const Request& request, WallTime now) {
  if (credential.scheme != CredentialScheme::dpop)
    return Error{Reason::dpop_missing, "the token is bound to a DPoP key and came as Bearer"};
  if (!credential.proof) return Error{Reason::dpop_missing, "there is no DPoP header"};
  const ProofTarget target{request.method, request.url, *credential.token, thumbprint};
  const auto proof = verify_proof(*credential.proof, target, rules_, now);
  if (!proof) return proof.error();
  auto age = NonceMint::Age::current;
  if (rules_.nonce == DpopNonce::required) {
    if (!proof->nonce) return Error{Reason::dpop_nonce, "the proof has no nonce"};
    age = mint_.age_of(*proof->nonce, now);
    if (age == NonceMint::Age::unknown) return Error{Reason::dpop_nonce, "the proof's nonce is old, or not from here"};
  }
  // Last, so that only proofs that would pass take room.
  const auto verdict = replays_->remember(thumbprint, proof->uri, proof->id, proof->until, now);
  if (verdict != ReplayStore::Verdict::first_time) return replayed(verdict);
  Confirmed confirmed{"the DPoP proof fits", age == NonceMint::Age::previous ? mint_.at(now) : std::string{}};
  if (store_ == LimitStore::shared)  // a machine whose clock is behind ours takes the proof for longer
    confirmed.question = {proof_name(shared_seed_, thumbprint, proof->uri, proof->id),
                          std::max(proof->until - now, std::chrono::milliseconds{0}) + proof_clock_leeway};
  return confirmed;
}

}  // namespace portcullis
