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

Step settle(Pending::State& state, Reason reason, std::string detail, Now now) {
  Decision& decision = state.decision;
  decision.reason = reason;
  decision.outcome = outcome_of(reason);
  decision.at = now.wall;
  if (!decision.enforced && decision.outcome != Outcome::allow) {
    const bool of_limit = reason == Reason::rate_limited;
    state.note(of_limit ? StepName::limit : StepName::requirement, Verdict::noted,
               "mode: report, so the request is let through", state.route ? state.route->place : Place{});
  }
  decision.detail = std::move(detail);
  Step step{std::in_place_type<Settled>};  // moved into once, and not on its way again
  auto& settled = *std::get_if<Settled>(&step);
  settled.decision = std::move(decision);
  settled.after = std::move(state.after);
  return step;
}

// A refusal of the credential. A public route ignores credentials: the caller is anonymous there.
Step refuse(const CompiledRules& compiled, Pending::State& state, StepName step, const Error& error, Now now) {
  if (state.trace) state.note(step, Verdict::failed, std::string{facts(error.reason).code} + ": " + error.detail);
  if (compiled.failed_tokens && state.subject == Subject::request)
    compiled.failed_tokens->charge(state.request.address, error.reason, now.mono, state.after);
  if (!state.is_public() || step == StepName::path) return settle(state, error.reason, error.detail, now);
  state.note(StepName::requirement, Verdict::passed, "public: the caller is anonymous", state.route->place);
  state.decision.detail = "public route; the caller is anonymous (" + std::string{facts(error.reason).code} + ")";
  return Decider::take_limits(compiled, state, now);
}

// Of an address that sent too many bad tokens no more are looked at. Nothing: this one may be.
std::optional<Step> hold_up(const CompiledRules& compiled, Pending::State& state, FailedTokens::Kind kind, Now now) {
  if (!compiled.failed_tokens || state.subject == Subject::token || state.is_remembered) return std::nullopt;
  auto standing = compiled.failed_tokens->used_up(state.request.address, kind, now.mono);
  if (!standing) return std::nullopt;
  // Who has shown a good token is not held up by others at the same address.
  if (kind == FailedTokens::Kind::failures && compiled.verified->has_met(*state.credential.token)) return std::nullopt;
  std::string detail = "too many bad tokens from this address; " + refusal_text(*standing);
  if (compiled.failed_tokens->mode() == Mode::report) {
    state.note(StepName::limit, Verdict::noted, detail + " (mode: report)", compiled.failed_tokens->place());
    state.held_up_if_enforced = std::move(standing);
    return std::nullopt;
  }
  if (!state.is_public()) state.decision.limits.push_back(*std::move(standing));
  return refuse(compiled, state, StepName::limit, {Reason::rate_limited, std::move(detail)}, now);
}

// The end of a request that nothing enforced refuses: what limits that only report would have refused is told.
Step let_pass(Pending::State& state, Now now) {
  if (!state.held_up_if_enforced || state.is_public())
    return settle(state, Reason::ok, std::move(state.decision.detail), now);
  state.decision.enforced = false;
  std::string detail = "too many bad tokens from this address; " + refusal_text(*state.held_up_if_enforced);
  state.decision.limits.insert(state.decision.limits.begin(), *std::move(state.held_up_if_enforced));
  return settle(state, Reason::rate_limited, std::move(detail), now);
}

void note_buckets(const Pending::State& state, const LimitRun& run) {
  for (const LimitRun::Bucket& bucket : run.buckets()) {
    if (bucket.progress != LimitRun::Progress::answered || (bucket.is_of_network() && !bucket.denied())) continue;
    if (bucket.denied()) {
      state.note(StepName::limit, Verdict::failed, refusal_text(standing_of(*bucket.window, bucket.state)),
                 bucket.limit->place);
      continue;
    }
    const LimitPolicy& policy = *bucket.window->policy;
    state.note(StepName::limit, run.refused() ? Verdict::noted : Verdict::passed,
               policy.window + ": " + std::to_string(bucket.state.remaining) + " of " +
                   std::to_string(policy.rate.burst) + " left",
               bucket.limit->place);
  }
}

Step conclude_limits(const CompiledRules& compiled, Pending::State& state, const LimitRun& run, Now now) {
  Decision& decision = state.decision;
  if (state.trace) note_buckets(state, run);
  decision.limits = standings_of(run);
  if (run.refused()) return settle(state, Reason::rate_limited, refusal_text(decision.limits.front()), now);
  if (!run.store_failure.empty()) {
    const auto policy = compiled.rules.when_store_fails;
    std::string detail = "the store of limits: " + run.store_failure;
    if (run.unavailable()) {
      detail += " (when_store_fails: deny)";
      state.note(StepName::limit, Verdict::failed, detail);
      return settle(state, Reason::store_unavailable, std::move(detail), now);
    }
    detail += policy == StoreFailure::local ? "; this process counts for itself" : "; not all limits were asked";
    state.note(StepName::limit, Verdict::noted, detail);
    decision.detail += (decision.detail.empty() ? "" : "; ") + detail;
  }
  if (!run.reported()) return let_pass(state, now);
  decision.enforced = false;
  return settle(state, Reason::rate_limited, refusal_text(decision.limits.front()), now);
}

Step judge_access(const CompiledRules& compiled, Pending::State& state, Now now) {
  const Rules& rules = compiled.rules;
  const Caller caller{*state.decision.token, now.wall, rules.issuers[state.issuer].expect.leeway};
  if (!state.route) {
    if (rules.fallback == DefaultAccess::authenticated) {
      state.note(StepName::requirement, Verdict::passed, "unlisted route: default is authenticated");
      state.decision.rule = compiled.unlisted;
      return let_pass(state, now);
    }
    const char* detail = "no rule lists this method and path, and default is deny";
    state.note(StepName::requirement, Verdict::failed, detail);
    return settle(state, Reason::no_route, detail, now);
  }
  const RouteRule& route = *state.route;
  state.decision.missing = unmet(route.access, caller);
  if (!state.decision.missing.empty()) {
    Error refusal = refusal_of(state.decision.missing, caller);
    state.note(StepName::requirement, Verdict::failed, refusal.detail, route.place);
    return settle(state, refusal.reason, std::move(refusal.detail), now);
  }
  state.note(StepName::requirement, Verdict::passed, state.decision.rule->access, route.place);
  return Decider::take_limits(compiled, state, now);
}

// Nobody was verified: whoever shows the token is not whom it was issued to.
Step refuse_sender(const CompiledRules& compiled, Pending::State& state, const Error& error, Now now) {
  state.decision.token.reset();
  return refuse(compiled, state, StepName::sender, error, now);
}

Step accept_sender(const CompiledRules& compiled, Pending::State& state, SenderCheck::Confirmed& sender, Now now) {
  if (!sender.how.empty()) state.note(StepName::sender, Verdict::passed, sender.how);
  state.decision.invitation.dpop_nonce = std::move(sender.next_nonce);
  return judge_access(compiled, state, now);
}

Step judge_caller(const CompiledRules& compiled, Pending::State& state, Now now) {
  if (state.subject == Subject::token) return settle(state, Reason::ok, "the token is valid", now);
  auto sender = compiled.sender->confirm(*state.decision.token, state.credential, state.request, now.wall);
  if (!sender) {
    if (sender.error().reason == Reason::dpop_nonce)
      state.decision.invitation.dpop_nonce = compiled.sender->nonce(now.wall);
    return refuse_sender(compiled, state, sender.error(), now);
  }
  if (!sender->question) return accept_sender(compiled, state, *sender, now);
  const NeedReplayCheck question = *sender->question;
  state.replay = std::make_unique<SharedReplay>(SharedReplay{*std::move(sender)});
  state.note(StepName::sender, Verdict::noted, "the shared store is asked whether the proof came before");
  return Decider::ask(state, question);
}

// With several local keys the one that signed is looked for; a published set names exactly one.
Result<VerifiedToken> verify_with(const Candidates& candidates, UnverifiedToken token, const Expectations& expect,
                                  WallTime now) {
  const VerificationKey* last = candidates.first;
  for (const VerificationKey* key : candidates.others) {
    if (check_signature(token, *last)) break;
    last = key;
  }
  return verify(std::move(token), *last, expect, now);
}

StepName step_of(Reason reason) {
  if (reason == Reason::bad_signature) return StepName::signature;
  if (reason == Reason::unknown_kid || reason == Reason::key_mismatch || reason == Reason::keys_unavailable)
    return StepName::keys;
  return StepName::claims;
}

// The keys of an issuer that may be used now.
KeyCache::View keys_of(const CompiledRules& compiled, std::size_t issuer, WallTime now) {
  if (const auto remote = compiled.cache_of[issuer]) return compiled.caches[*remote]->look(now);
  return {compiled.local[issuer], std::nullopt, {}};
}

// Whether the same octets were verified before with keys that are in use still. Then only what may have changed since
// is judged: the times are, by the cache; the caller is, by whoever asks.
bool recall(const CompiledRules& compiled, Pending::State& state, std::string_view compact, WallTime now) {
  auto known = compiled.verified->find(compact, now);
  if (!known) return false;
  bool in_use = compiled.local[known->issuer] == known->keys;
  if (compiled.cache_of[known->issuer]) {
    auto [keys, refresh, why_none] = keys_of(compiled, known->issuer, now);
    if (keys && refresh) state.after.emplace_back(*std::move(refresh));
    in_use = keys == known->keys;
  }
  if (!in_use) {
    compiled.verified->forget(compact);
    return false;
  }
  state.issuer = known->issuer;
  state.decision.token = std::move(known->token);
  return true;
}

Invitation::Schemes schemes_of(const CompiledRules& compiled, const RouteRule* route) {
  if (route && asks_for(route->access, BoundSender::dpop)) return Invitation::Schemes::dpop;
  return compiled.dpop_offer == DpopOffer::announced ? Invitation::Schemes::bearer_and_dpop
                                                     : Invitation::Schemes::bearer;
}

}  // namespace

Asked Decider::ask(Pending::State& state, Question question) {
  return {std::move(question), Pending{std::make_unique<Pending::State>(std::move(state))}};
}

Step Decider::go_on_with_sender(const CompiledRules& compiled, Pending::State& state, const ReplayOutcome& outcome,
                                Now now) {
  if (const auto* failed = std::get_if<StoreFailed>(&outcome)) {
    state.replay->store_failure = failed->why.empty() ? "no answer" : failed->why;
    std::string detail = "the store of seen proofs: " + state.replay->store_failure;
    if (compiled.rules.when_store_fails == StoreFailure::deny)
      return refuse_sender(compiled, state, {Reason::store_unavailable, detail + " (when_store_fails: deny)"}, now);
    // `allow` lets limits pass, not proofs that are known to have come before.
    detail += "; this process has not seen the proof";
    state.note(StepName::sender, Verdict::noted, detail);
    state.decision.detail = std::move(detail);
  } else if (std::get<ReplayVerdict>(outcome) != ReplayVerdict::first_time) {
    return refuse_sender(compiled, state, proof_came_before(), now);
  }
  return accept_sender(compiled, state, state.replay->sender, now);
}

Step Decider::take_limits(const CompiledRules& compiled, Pending::State& state, Now now) {
  const auto route = static_cast<std::size_t>(state.route - compiled.rules.routes.data());
  if (!compiled.limits || !compiled.limits->applies_to(route)) return let_pass(state, now);
  const VerifiedToken* const token = state.decision.token ? &*state.decision.token : nullptr;
  LimitRun run =
      compiled.limits->run_of(route, *state.route, {token, state.route->route, state.request.address}, state.trace);
  if (compiled.rules.limit_store == LimitStore::memory) {
    (void)compiled.limits->proceed(run, now.mono);
    return conclude_limits(compiled, state, run, now);
  }
  // Nobody waits for the store's deadline twice.
  if (state.replay && !run.buckets().empty()) run.store_failure = state.replay->store_failure;
  state.limits = std::make_unique<LimitRun>(std::move(run));
  return go_on_with_limits(compiled, state, now);
}

Step Decider::go_on_with_limits(const CompiledRules& compiled, Pending::State& state, Now now) {
  if (auto question = compiled.limits->proceed(*state.limits, now.mono)) {
    state.note(StepName::limit, Verdict::noted, "the shared store is asked");
    return ask(state, *std::move(question));
  }
  const auto run = std::move(state.limits);
  return conclude_limits(compiled, state, *run, now);
}

Step Decider::start_request(const CompiledRules& compiled, Pending::State& state, const Request& request, Now now) {
  std::string rewritten;
  std::string_view path = request.path;
  const bool handshake = request.method.empty() && path == web_socket_connect_path;
  if (!handshake && !is_plain_path(path)) {
    auto normal = normal_path(path, NonAscii::refused);
    if (!normal) return refuse(compiled, state, StepName::path, normal.error(), now);
    rewritten = *std::move(normal);
    path = rewritten;
  }
  state.note(StepName::path, Verdict::passed, "one reading only");

  if (const auto index = compiled.table.find(request.method, path)) {
    state.route = &compiled.rules.routes[*index];
    state.decision.rule = compiled.matched[*index];
    state.decision.enforced = state.route->mode == Mode::enforce;
    if (state.trace)
      state.note(StepName::route, Verdict::passed, state.route->route + " (" + state.decision.rule->access + ")",
                 state.route->place);
  } else {
    state.note(StepName::route, Verdict::noted, "no rule lists it");
  }

  state.request = request;
  Invitation& invitation = state.decision.invitation;
  invitation.schemes = schemes_of(compiled, state.route);
  if (invitation.schemes != Invitation::Schemes::bearer) invitation.dpop_algorithms = compiled.dpop_algorithms;
  auto credential = find_credential(request.headers);
  if (!credential) return refuse(compiled, state, StepName::credential, credential.error(), now);
  if (!credential->token)
    return refuse(compiled, state, StepName::credential, {Reason::no_credentials, credential->note}, now);
  const bool dpop = credential->scheme == CredentialScheme::dpop;
  invitation.used = credential->scheme;
  if (dpop) invitation.dpop_algorithms = compiled.dpop_algorithms;
  state.credential = *std::move(credential);
  const std::string_view token = *state.credential.token;
  // When every step is shown, what is remembered only keeps him from being held up.
  state.is_remembered = (!state.trace || compiled.failed_tokens) && recall(compiled, state, token, now.wall);
  if (state.is_remembered && !state.trace) return judge_caller(compiled, state, now);
  state.decision.token.reset();
  if (auto held = hold_up(compiled, state, FailedTokens::Kind::failures, now)) return *std::move(held);
  return start_token(compiled, state, token, now);
}

Step Decider::start_token(const CompiledRules& compiled, Pending::State& state, std::string_view compact, Now now) {
  auto token = parse_token(compact, compiled.rules.token_limits);
  if (state.subject == Subject::request && (!token || state.trace)) {  // what parses is undivided: no need to look
    if (const auto undivided = check_undivided(state.credential); !undivided)
      return refuse(compiled, state, StepName::credential, undivided.error(), now);
    const bool dpop = state.credential.scheme == CredentialScheme::dpop;
    state.note(StepName::credential, Verdict::passed, dpop ? "one token, scheme DPoP" : "one Bearer token");
  }
  if (!token) return refuse(compiled, state, StepName::token, token.error(), now);
  const auto issuer = choose_issuer(compiled.rules, *token);
  if (!issuer) return refuse(compiled, state, StepName::token, issuer.error(), now);
  const auto allowed = check_allowed_algorithm(*token, compiled.rules.issuers[*issuer].expect);
  if (!allowed) return refuse(compiled, state, StepName::token, allowed.error(), now);
  if (state.trace)
    state.note(StepName::token, Verdict::passed,
               "a signed JWT, alg " + std::string{name_of(token->algorithm())} + ", issuer known",
               compiled.rules.issuers[*issuer].place);
  if (compiled.failed_tokens && !may_still_be_valid(*token, compiled.rules.issuers[*issuer].expect, now.wall))
    if (auto held = hold_up(compiled, state, FailedTokens::Kind::untimely, now)) return *std::move(held);
  state.issuer = *issuer;
  state.token = *std::move(token);
  return judge_token(compiled, state, now);
}

Step Decider::judge_token(const CompiledRules& compiled, Pending::State& state, Now now) {
  const IssuerRule& issuer = compiled.rules.issuers[state.issuer];
  const Algorithm algorithm = state.token->algorithm();
  const auto kid = state.token->key_id();
  const auto fetch = [&](NeedKeys question) {
    ++state.questions;
    if (state.trace) state.note(StepName::keys, Verdict::noted, "keys are fetched from " + question.url);
    return ask(state, std::move(question));
  };
  auto [keys, refresh, why_none] = keys_of(compiled, state.issuer, now.wall);
  if (!keys) {
    if (refresh && state.questions < most_questions) return fetch(*std::move(refresh));
    const std::string& url = compiled.caches[*compiled.cache_of[state.issuer]]->where().url;
    return refuse(compiled, state, StepName::keys,
                  {Reason::keys_unavailable, url + ": " + (why_none.empty() ? "no answer" : why_none)}, now);
  }
  if (refresh) state.after.emplace_back(*std::move(refresh));
  auto candidates = keys->candidates(algorithm, kid, issuer.missing_key_id);
  if (!candidates && candidates.error().reason == Reason::unknown_kid && kid && compiled.cache_of[state.issuer] &&
      state.questions < most_questions && may_still_be_valid(*state.token, issuer.expect, now.wall)) {
    if (auto refetch = compiled.caches[*compiled.cache_of[state.issuer]]->unknown_key(keys, *kid, now.wall))
      return fetch(*std::move(refetch));
    auto again = keys_of(compiled, state.issuer, now.wall);
    if (again.refresh) state.after.emplace_back(*std::move(again.refresh));
    if (again.keys && again.keys != keys) {  // renewed by another thread
      keys = std::move(again.keys);
      candidates = keys->candidates(algorithm, kid, issuer.missing_key_id);
    }
  }
  // Whoever waited for a fetch that takes too long did nothing wrong: a 401 would log people out, and count against
  // them.
  if (!candidates && candidates.error().reason == Reason::unknown_kid && state.questions == most_questions &&
      compiled.caches[*compiled.cache_of[state.issuer]]->is_fetching(now.wall))
    return refuse(
        compiled, state, StepName::keys,
        {Reason::keys_unavailable, candidates.error().detail + "; a fetch of the issuer's keys takes too long"}, now);
  if (!candidates) return refuse(compiled, state, StepName::keys, candidates.error(), now);
  if (state.trace)
    state.note(StepName::keys, Verdict::passed,
               (kid ? "kid " + printable(*kid) : std::string{"no kid"}) + ": " +
                   std::string{candidates->first->type()} + ", " + std::to_string(candidates->first->bits()) + " bits");
  auto verified = verify_with(*candidates, *std::move(state.token), issuer.expect, now.wall);
  state.token.reset();
  const StepName reached = verified ? StepName::claims : step_of(verified.error().reason);
  if (state.trace && reached == StepName::claims)  // claims are looked at behind a good signature only
    state.note(StepName::signature, Verdict::passed, std::string{name_of(algorithm)} + " signature is good");
  if (!verified) return refuse(compiled, state, reached, verified.error(), now);
  state.note(StepName::claims, Verdict::passed, "issuer, audience, time and types are as expected");
  if (compiled.rules.cached_tokens != 0)
    compiled.verified->remember({*verified, state.issuer, std::move(keys)}, issuer.expect.leeway, now.wall);
  state.decision.token = *std::move(verified);
  return judge_caller(compiled, state, now);
}

}  // namespace portcullis
