#include "core/access/decider.h"

#include "core/access/credential.h"
#include "core/access/issuer_choice.h"
#include "core/access/path.h"
#include "core/access/requirement.h"
#include "core/access/sender.h"
#include "core/token/allowed_algorithm.h"
#include "core/token/claims.h"
#include "core/token/printable.h"

namespace portcullis {

using Verdict = Trace::Verdict;

namespace {

constexpr int most_questions = 2;  // the first keys, then an unknown kid; a door that repeats itself is refused

Outcome outcome_of(Reason reason) {
  if (reason == Reason::ok) return Outcome::allow;
  return facts(reason).status >= 500 ? Outcome::undecided : Outcome::deny;
}

Settled settle(StatePtr state, Reason reason, std::string detail) {
  state->decision.reason = reason;
  state->decision.outcome = outcome_of(reason);
  if (!state->decision.enforced && state->decision.outcome != Outcome::allow)
    state->note(StepName::requirement, Verdict::noted, "mode: report, so the request is let through",
                state->route->place);
  state->decision.detail = std::move(detail);
  return {std::move(state->decision), std::move(state->after)};
}

// A refusal of the credential. A public route ignores credentials: the caller is anonymous there.
Settled refuse(StatePtr state, StepName step, const Error& error) {
  state->note(step, Verdict::failed, std::string{facts(error.reason).code} + ": " + error.detail);
  if (!state->is_public() || step == StepName::path) return settle(std::move(state), error.reason, error.detail);
  state->note(StepName::requirement, Verdict::passed, "public: the caller is anonymous", state->route->place);
  return settle(std::move(state), Reason::ok,
                "public route; the caller is anonymous (" + std::string{facts(error.reason).code} + ")");
}

Settled judge_caller(const CompiledRules& compiled, StatePtr state, WallTime now) {
  const Rules& rules = compiled.rules;
  const Caller caller{*state->decision.token, now, rules.issuers[state->issuer].expect.leeway};
  if (state->subject == Subject::token) return settle(std::move(state), Reason::ok, "the token is valid");
  auto sender = compiled.sender->confirm(caller.token, state->credential, state->request, now);
  if (!sender) {
    if (sender.error().reason == Reason::dpop_nonce)
      state->decision.invitation.dpop_nonce = compiled.sender->nonce(now);
    state->decision.token.reset();
    return refuse(std::move(state), StepName::sender, sender.error());
  }
  if (!sender->how.empty()) state->note(StepName::sender, Verdict::passed, std::move(sender->how));
  state->decision.invitation.dpop_nonce = std::move(sender->next_nonce);
  if (!state->route) {
    if (rules.fallback == DefaultAccess::authenticated) {
      state->note(StepName::requirement, Verdict::passed, "unlisted route: default is authenticated");
      return settle(std::move(state), Reason::ok, "default: authenticated");
    }
    const char* detail = "no rule lists this method and path, and default is deny";
    state->note(StepName::requirement, Verdict::failed, detail);
    return settle(std::move(state), Reason::no_route, detail);
  }
  const RouteRule& route = *state->route;
  state->decision.missing = unmet(route.access, caller);
  if (!state->decision.missing.empty()) {
    Error refusal = refusal_of(state->decision.missing, caller);
    state->note(StepName::requirement, Verdict::failed, refusal.detail, route.place);
    return settle(std::move(state), refusal.reason, std::move(refusal.detail));
  }
  state->note(StepName::requirement, Verdict::passed, text_of(route.access), route.place);
  return settle(std::move(state), Reason::ok, text_of(route.access));
}

// With several static keys the one that signed is looked for; a published set names exactly one.
Result<VerifiedToken> verify_with(const std::vector<const VerificationKey*>& candidates, UnverifiedToken token,
                                  const Expectations& expect, WallTime now) {
  for (std::size_t i = 0; i + 1 < candidates.size(); ++i)
    if (check_signature(token, *candidates[i])) return verify(std::move(token), *candidates[i], expect, now);
  return verify(std::move(token), *candidates.back(), expect, now);
}

StepName step_of(Reason reason) {
  if (reason == Reason::bad_signature) return StepName::signature;
  if (reason == Reason::unknown_kid || reason == Reason::key_mismatch || reason == Reason::keys_unavailable)
    return StepName::keys;
  return StepName::claims;
}

Invitation::Schemes schemes_of(const CompiledRules& compiled, const RouteRule* route) {
  if (route && asks_for(route->access, BoundSender::dpop)) return Invitation::Schemes::dpop;
  return compiled.dpop_offer == DpopOffer::announced ? Invitation::Schemes::bearer_and_dpop
                                                     : Invitation::Schemes::bearer;
}

Asked ask(StatePtr state, NeedKeys question, Pending (*wrap)(StatePtr)) {
  ++state->questions;
  state->note(StepName::keys, Verdict::noted, "keys are fetched from " + question.url);
  return {std::move(question), wrap(std::move(state))};
}

}  // namespace

Step Decider::start_request(const CompiledRules& compiled, StatePtr state, const Request& request, Now now) {
  std::string path{request.path};
  const bool handshake = request.method.empty() && request.path == web_socket_connect_path;
  if (!handshake) {
    auto normal = normal_path(request.path, NonAscii::refused);
    if (!normal) return refuse(std::move(state), StepName::path, normal.error());
    path = *std::move(normal);
  }
  state->note(StepName::path, Verdict::passed, "one reading only");

  if (const auto index = compiled.table.find(request.method, path)) {
    state->route = &compiled.rules.routes[*index];
    state->decision.route = state->route->route;
    state->decision.rule_place = state->route->place;
    state->decision.enforced = state->route->mode == Mode::enforce;
    state->note(StepName::route, Verdict::passed, state->route->route + " (" + text_of(state->route->access) + ")",
                state->route->place);
  } else {
    state->note(StepName::route, Verdict::noted, "no rule lists it");
  }

  state->request = request;
  state->decision.invitation.schemes = schemes_of(compiled, state->route);
  state->decision.invitation.dpop_algorithms = compiled.dpop_algorithms;
  auto credential = find_credential(request.headers);
  if (!credential) return refuse(std::move(state), StepName::credential, credential.error());
  if (!credential->token)
    return refuse(std::move(state), StepName::credential, {Reason::no_credentials, credential->note});
  const bool dpop = credential->scheme == CredentialScheme::dpop;
  state->note(StepName::credential, Verdict::passed, dpop ? "one token, scheme DPoP" : "one Bearer token");
  state->decision.invitation.used = credential->scheme;
  state->credential = *std::move(credential);
  const std::string_view token = *state->credential.token;
  return start_token(compiled, std::move(state), token, now.wall);
}

Step Decider::start_token(const CompiledRules& compiled, StatePtr state, std::string_view compact, WallTime now) {
  auto token = parse_token(compact, compiled.rules.token_limits);
  if (!token) return refuse(std::move(state), StepName::token, token.error());
  const auto issuer = choose_issuer(compiled.rules, *token);
  if (!issuer) return refuse(std::move(state), StepName::token, issuer.error());
  const auto allowed = check_allowed_algorithm(*token, compiled.rules.issuers[*issuer].expect);
  if (!allowed) return refuse(std::move(state), StepName::token, allowed.error());
  if (state->trace)
    state->note(StepName::token, Verdict::passed,
                "a signed JWT, alg " + std::string{name_of(token->algorithm())} + ", issuer known",
                compiled.rules.issuers[*issuer].place);
  state->issuer = *issuer;
  state->token = *std::move(token);
  return judge_token(compiled, std::move(state), now);
}

Step Decider::judge_token(const CompiledRules& compiled, StatePtr state, WallTime now) {
  const IssuerRule& issuer = compiled.rules.issuers[state->issuer];
  std::shared_ptr<const KeySet> keys = compiled.local[state->issuer];
  if (const auto remote = compiled.cache_of[state->issuer]) {
    KeyCache& cache = *compiled.caches[*remote];
    auto view = cache.look(now);
    if (!view.keys) {
      if (view.refresh && state->questions < most_questions)
        return ask(std::move(state), *std::move(view.refresh), wrap);
      return refuse(
          std::move(state), StepName::keys,
          {Reason::keys_unavailable, cache.where().url + ": " + (view.why_none.empty() ? "no answer" : view.why_none)});
    }
    if (view.refresh) state->after.emplace_back(*std::move(view.refresh));
    keys = std::move(view.keys);
    const auto known = keys->candidates(state->token->algorithm(), state->token->key_id(), issuer.missing_key_id);
    if (!known && known.error().reason == Reason::unknown_kid && state->token->key_id() &&
        state->questions < most_questions && may_still_be_valid(*state->token, issuer.expect, now)) {
      auto refetch = cache.unknown_key(keys, *state->token->key_id(), now);
      if (refetch) return ask(std::move(state), *std::move(refetch), wrap);
      auto again = cache.look(now);
      if (again.refresh) state->after.emplace_back(*std::move(again.refresh));
      if (again.keys) keys = std::move(again.keys);  // renewed by another thread
    }
  }
  const auto candidates = keys->candidates(state->token->algorithm(), state->token->key_id(), issuer.missing_key_id);
  if (!candidates) return refuse(std::move(state), StepName::keys, candidates.error());
  if (state->trace) {
    const auto kid = state->token->key_id();
    state->note(StepName::keys, Verdict::passed,
                (kid ? "kid " + printable(*kid) : std::string{"no kid"}) + ": " +
                    std::string{candidates->front()->type()} + ", " + std::to_string(candidates->front()->bits()) +
                    " bits");
  }
  const Algorithm algorithm = state->token->algorithm();
  auto verified = verify_with(*candidates, *std::move(state->token), issuer.expect, now);
  state->token.reset();
  const StepName reached = verified ? StepName::claims : step_of(verified.error().reason);
  if (state->trace && reached == StepName::claims)  // claims are looked at behind a good signature only
    state->note(StepName::signature, Verdict::passed, std::string{name_of(algorithm)} + " signature is good");
  if (!verified) return refuse(std::move(state), reached, verified.error());
  if (state->trace) state->note(StepName::claims, Verdict::passed, "issuer, audience, time and types are as expected");
  state->decision.token = *std::move(verified);
  return judge_caller(compiled, std::move(state), now);
}

}  // namespace portcullis
