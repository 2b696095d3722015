// The WWW-Authenticate header: fixed texts only, nothing from the token. RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3.
#include "portcullis/authorizer.h"

namespace portcullis {
namespace {

std::string error_under(std::string_view scheme, std::string_view error, Reason reason) {
  return std::string{scheme} + " error=\"" + std::string{error} + "\", error_description=\"" +
         std::string{facts(reason).sentence} + '"';
}

/// What to ask for at the next login, so that the route is granted then.
struct Wanted {
  std::string scopes, acr_values, max_age;

  void operator()(const AllOf& all) {
    for (const Atom& atom : all.atoms.items()) add(atom);
  }
  void operator()(const AnyOf& any) { add(any.atoms.items().front()); }  // one is enough
  void operator()(const NoneOf&) {}
  void operator()(BoundSender) {}
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

/// The word for the parameter `error`; empty where there is none.
std::string_view error_word(ChallengeKind kind) {
  switch (kind) {
    case ChallengeKind::none:
    case ChallengeKind::realm:
      return {};
    case ChallengeKind::invalid_request:
      return "invalid_request";
    case ChallengeKind::invalid_token:
      return "invalid_token";
    case ChallengeKind::insufficient_scope:
      return "insufficient_scope";
    case ChallengeKind::insufficient_user_authentication:
      return "insufficient_user_authentication";
    case ChallengeKind::invalid_dpop_proof:
      return "invalid_dpop_proof";
    case ChallengeKind::use_dpop_nonce:
      return "use_dpop_nonce";
  }
  return {};
}

bool is_about_the_proof(ChallengeKind kind) {
  return kind == ChallengeKind::invalid_dpop_proof || kind == ChallengeKind::use_dpop_nonce;
}

constexpr std::string_view bearer_without_error = "Bearer realm=\"api\"";

std::string algorithms_of(const Invitation& invitation) {
  return "algs=\"" + invitation.dpop_algorithms + '"';
}

/// Nothing was sent (RFC 6750 §3.1): every scheme that the route takes.
std::string first_invitation(const Invitation& invitation) {
  switch (invitation.schemes) {
    case Invitation::Schemes::bearer:
      return std::string{bearer_without_error};
    case Invitation::Schemes::bearer_and_dpop:
      return std::string{bearer_without_error} + ", DPoP " + algorithms_of(invitation);
    case Invitation::Schemes::dpop:
      return "DPoP " + algorithms_of(invitation);
  }
  return {};
}

}  // namespace

std::string challenge(Reason reason) {
  const ChallengeKind kind = facts(reason).challenge;
  if (kind == ChallengeKind::none) return {};
  if (kind == ChallengeKind::realm) return std::string{bearer_without_error};
  if (is_about_the_proof(kind)) return "DPoP error=\"" + std::string{error_word(kind)} + '"';
  return error_under("Bearer", error_word(kind), reason);
}

std::string challenge(const Decision& decision) {
  if (decision.passes()) return {};
  const Invitation& invitation = decision.invitation;
  const ChallengeKind kind = facts(decision.reason).challenge;
  if (kind == ChallengeKind::none) return {};
  if (kind == ChallengeKind::realm) return first_invitation(invitation);
  if (is_about_the_proof(kind)) return challenge(decision.reason) + ", " + algorithms_of(invitation);
  Wanted wanted;
  for (const Condition& condition : decision.missing) std::visit(wanted, condition);
  const bool dpop = invitation.used == CredentialScheme::dpop;
  // The error goes on the scheme that was used (RFC 9449 §7.2).
  std::string text = error_under(dpop ? "DPoP" : "Bearer", error_word(kind), decision.reason);
  if (kind == ChallengeKind::insufficient_scope) text += parameter("scope", wanted.scopes);
  if (kind == ChallengeKind::insufficient_user_authentication)  // RFC 9470 §3
    text += parameter("acr_values", wanted.acr_values) + parameter("max_age", wanted.max_age);
  if (dpop) return text + ", " + algorithms_of(invitation);
  const bool offered = invitation.schemes != Invitation::Schemes::bearer && kind == ChallengeKind::invalid_token;
  return offered ? text + ", DPoP " + algorithms_of(invitation) : text;
}

}  // namespace portcullis
