// The WWW-Authenticate header: fixed texts only, nothing from the token. RFC 6750 §3, RFC 9470 §3.
#include "portcullis/authorizer.h"

namespace portcullis {
namespace {

std::string bearer(std::string_view error, Reason reason) {
  return "Bearer error=\"" + std::string{error} + "\", error_description=\"" + std::string{facts(reason).sentence} +
         '"';
}

/// What to ask for at the next login, so that the route is granted then.
struct Wanted {
  std::string scopes, acr_values, max_age;

  void operator()(const AllOf& all) {
    for (const Atom& atom : all.atoms.items()) add(atom);
  }
  void operator()(const AnyOf& any) { add(any.atoms.items().front()); }  // one is enough
  void operator()(const NoneOf&) {}
  void operator()(const MaxAge& age) { max_age = std::to_string(age.most.count()); }
  void operator()(const AnyAcr& acr) {
    acr_values.clear();
    for (const std::string& value : acr.values.items()) acr_values += (acr_values.empty() ? "" : " ") + value;
  }

 private:
  void add(const Atom& atom) {
    if (atom.kind == Atom::Kind::scope) scopes += (scopes.empty() ? "" : " ") + atom.value;
  }
};

// Rules admit only scope characters of RFC 6749 §3.3 here, so nothing needs escaping.
std::string parameter(std::string_view name, const std::string& value) {
  return value.empty() ? "" : ", " + std::string{name} + "=\"" + value + '"';
}

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
  if (decision.passes()) return {};
  Wanted wanted;
  for (const Condition& condition : decision.missing) std::visit(wanted, condition);
  const std::string text = challenge(decision.reason);
  const ChallengeKind kind = facts(decision.reason).challenge;
  if (kind == ChallengeKind::insufficient_scope) return text + parameter("scope", wanted.scopes);
  if (kind == ChallengeKind::insufficient_user_authentication)  // RFC 9470 §3
    return text + parameter("acr_values", wanted.acr_values) + parameter("max_age", wanted.max_age);
  return text;
}

}  // namespace portcullis
