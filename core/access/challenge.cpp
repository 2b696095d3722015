// The WWW-Authenticate header: fixed texts only, nothing from the token. RFC 6750 §3.
#include "portcullis/authorizer.h"

namespace portcullis {
namespace {

std::string bearer(std::string_view error, Reason reason) {
  return "Bearer error=\"" + std::string{error} + "\", error_description=\"" + std::string{facts(reason).sentence} +
         '"';
}

/// The scopes to ask for at the next login: of an AnyOf its first, since one is enough.
struct MissingScopes {
  std::string words;

  void operator()(const AllOf& all) {
    for (const Atom& atom : all.atoms.items()) add(atom);
  }
  void operator()(const AnyOf& any) { add(any.atoms.items().front()); }
  void operator()(const NoneOf&) {}

 private:
  void add(const Atom& atom) {
    if (atom.kind == Atom::Kind::scope) words += (words.empty() ? "" : " ") + atom.value;
  }
};

}  // namespace

std::string challenge(Reason reason) {
  switch (facts(reason).challenge) {
    case ChallengeKind::none:
      return {};
    case ChallengeKind::realm:
      return "Bearer realm=\"api\"";
    case ChallengeKind::invalid_request:
      return bearer("invalid_request", reason);
    case ChallengeKind::invalid_token:
      return bearer("invalid_token", reason);
    case ChallengeKind::insufficient_scope:
      return bearer("insufficient_scope", reason);
    case ChallengeKind::insufficient_user_authentication:
      return bearer("insufficient_user_authentication", reason);
    case ChallengeKind::invalid_dpop_proof:
      return "DPoP error=\"invalid_dpop_proof\"";
    case ChallengeKind::use_dpop_nonce:
      return "DPoP error=\"use_dpop_nonce\"";
  }
  return {};
}

std::string challenge(const Decision& decision) {
  if (decision.outcome == Outcome::allow) return {};
  std::string text = challenge(decision.reason);
  if (facts(decision.reason).challenge != ChallengeKind::insufficient_scope) return text;
  MissingScopes scopes;
  for (const Condition& condition : decision.missing) std::visit(scopes, condition);
  // Rules admit only scope characters of RFC 6749 §3.3, so nothing needs escaping.
  if (!scopes.words.empty()) text += ", scope=\"" + scopes.words + '"';
  return text;
}

}  // namespace portcullis
