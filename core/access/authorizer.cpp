// The coordinator: the steps of one request, in order. No step waits; a missing key set becomes a question.
#include <algorithm>

#include "core/access/compiled_rules.h"
#include "core/access/credential.h"
#include "core/access/path.h"
#include "core/access/requirement.h"
#include "core/token/allowed_algorithm.h"
#include "core/token/printable.h"

namespace portcullis {

using Verdict = Trace::Verdict;

struct Authorizer::State {
  CompiledRules compiled;
  Secrets secrets;

  const Rules& rules() const { return compiled.rules; }
};

namespace {

// What is being asked: a whole request, or one token alone.
enum class Subject : std::uint8_t { request, token };

constexpr int most_questions = 2;  // the first keys, then an unknown kid; a door that repeats itself is refused

}  // namespace

struct Pending::State {
  Subject subject = Subject::request;
  Trace* trace = nullptr;
  Decision decision;  // filled as the steps pass
  const RouteRule* route = nullptr;
  std::optional<UnverifiedToken> token;
  std::size_t issuer = 0;
  int questions = 0;
  std::vector<Errand> after;

  void note(StepName step, Verdict verdict, std::string text, Place place = {}) const {
    if (trace) trace->entries.push_back({step, verdict, std::move(text), std::move(place)});
  }
  bool is_public() const { return route && std::holds_alternative<PublicAccess>(route->access); }
};

namespace {

using StatePtr = std::unique_ptr<Pending::State>;

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

std::string configured_issuers(const Rules& rules) {
  std::string list;
  for (const IssuerRule& issuer : rules.issuers)
    if (const auto* name = std::get_if<std::string>(&issuer.expect.issuer))
      list += (list.empty() ? "" : " or ") + *name;
  return list;
}

bool differ_by_final_slash(std::string_view a, std::string_view b) {
  return (a.size() == b.size() + 1 && a.ends_with('/') && a.starts_with(b)) ||
         (b.size() == a.size() + 1 && b.ends_with('/') && b.starts_with(a));
}

// The configured entry for a token: exact issuer, then, among entries of one issuer, the audience.
Result<std::size_t> find_issuer(const Rules& rules, const UnverifiedToken& token) {
  const auto claimed = token.claimed_issuer();
  std::optional<std::size_t> found;
  const char* hint = "";
  for (std::size_t i = 0; i < rules.issuers.size(); ++i) {
    const Expectations& expect = rules.issuers[i].expect;
    const auto* name = std::get_if<std::string>(&expect.issuer);
    if (!name) return i;  // an unchecked issuer is always the only one
    if (claimed && differ_by_final_slash(*claimed, *name)) hint = "; they differ by the final slash";
    if (claimed != *name) continue;
    const auto audiences = expect.audiences.items();
    const bool ours = std::any_of(audiences.begin(), audiences.end(),
                                  [&](const std::string& audience) { return token.claims_audience(audience); });
    if (ours) return i;
    if (!found) found = i;
  }
  if (found) return *found;
  const std::string expected = ", expected " + configured_issuers(rules) + hint;
  if (!claimed) return Error{Reason::bad_iss, "iss is missing or not a string" + expected};
  return Error{Reason::bad_iss, "iss is " + printable(*claimed, 200) + expected};
}

// A token bound to its sender is worth nothing without the proof (RFC 9449 §7.2, RFC 8705 §3).
Result<Done> check_sender(const VerifiedToken& token) {
  const auto cnf = token.claims().find("cnf");
  if (!cnf) return Done{};
  if (cnf->find("jkt")) return Error{Reason::dpop_missing, "the token is bound to a DPoP key and came as Bearer"};
  return Error{Reason::certificate_mismatch, "the token is bound to a client certificate, and none is known here"};
}

Settled judge_caller(const Rules& rules, StatePtr state, WallTime now) {
  const Caller caller{*state->decision.token, now, rules.issuers[state->issuer].expect.leeway};
  if (state->subject == Subject::token) return settle(std::move(state), Reason::ok, "the token is valid");
  if (const auto sender = check_sender(caller.token); !sender) {
    state->decision.token.reset();
    return refuse(std::move(state), StepName::sender, sender.error());
  }
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

// What one route grants as long as the caller's token is valid, so without a look at the clock.
/// @param known  whether this caller may be anybody but anonymous, or why not
Grant grant_of(const RouteRule& route, const std::optional<VerifiedToken>& caller, const Result<Done>& known) {
  Grant grant{route.route, route.place, route.access, false, Reason::no_route, {}};
  if (std::holds_alternative<PublicAccess>(route.access) || route.mode == Mode::report) {
    grant.allowed = true;
  } else if (!known) {
    grant.reason = known.error().reason;
    grant.detail = known.error().detail;
  } else if (changes_with_time(route.access)) {
    grant.reason = Reason::step_up;
    grant.detail = "max_age is judged at each request";
  } else {
    const Caller now_and_later{*caller, {}, {}};
    const auto missing = unmet(route.access, now_and_later);
    grant.allowed = missing.empty();
    if (!grant.allowed) {
      Error refusal = refusal_of(missing, now_and_later);
      grant.reason = refusal.reason;
      grant.detail = std::move(refusal.detail);
    }
  }
  if (grant.allowed) {
    grant.reason = Reason::ok;
    grant.detail = text_of(route.access) + (route.mode == Mode::report ? ", mode: report" : "");
  }
  return grant;
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

Asked ask(StatePtr state, NeedKeys question, Pending (*wrap)(StatePtr)) {
  ++state->questions;
  state->note(StepName::keys, Verdict::noted, "keys are fetched from " + question.url);
  return {std::move(question), wrap(std::move(state))};
}

}  // namespace

// Knows how to make a Pending, and carries the steps that may ask.
struct Decider {
  static Pending wrap(StatePtr state) { return Pending{std::move(state)}; }

  static Step judge_token(const CompiledRules& compiled, StatePtr state, WallTime now) {
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
            {Reason::keys_unavailable, cache.url() + ": " + (view.why_none.empty() ? "no answer" : view.why_none)});
      }
      if (view.refresh) state->after.emplace_back(*std::move(view.refresh));
      keys = std::move(view.keys);
      const auto known = keys->candidates(state->token->algorithm(), state->token->key_id(), issuer.missing_key_id);
      if (!known && known.error().reason == Reason::unknown_kid && state->token->key_id() &&
          state->questions < most_questions) {
        auto refetch = cache.unknown_key(keys, now);
        if (refetch) return ask(std::move(state), *std::move(refetch), wrap);
        if (auto again = cache.look(now); again.keys) keys = std::move(again.keys);  // renewed by another thread
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
    if (state->trace)
      state->note(StepName::claims, Verdict::passed, "issuer, audience, time and types are as expected");
    state->decision.token = *std::move(verified);
    return judge_caller(compiled.rules, std::move(state), now);
  }

  static Step start_token(const CompiledRules& compiled, StatePtr state, std::string_view compact, WallTime now) {
    auto token = parse_token(compact, compiled.rules.token_limits);
    if (!token) return refuse(std::move(state), StepName::token, token.error());
    const auto issuer = find_issuer(compiled.rules, *token);
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
};

Pending::Pending(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Pending::Pending(Pending&&) noexcept = default;
Pending& Pending::operator=(Pending&&) noexcept = default;
Pending::~Pending() = default;

Authorizer::Authorizer(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Authorizer::Authorizer(Authorizer&&) noexcept = default;
Authorizer& Authorizer::operator=(Authorizer&&) noexcept = default;
Authorizer::~Authorizer() = default;

Result<Authorizer, std::vector<RuleProblem>> Authorizer::make(Rules rules, const Secrets& secrets) {
  auto compiled = compile(std::move(rules));
  if (!compiled) return compiled.error();
  return Authorizer{std::make_unique<State>(State{*std::move(compiled), secrets})};
}

Step Authorizer::begin(const Request& request, Now now, Trace* trace) const {
  auto state = std::make_unique<Pending::State>();
  state->trace = trace;

  std::string path{request.path};
  const bool handshake = request.method.empty() && request.path == web_socket_connect_path;
  if (!handshake) {
    auto normal = normal_path(request.path, NonAscii::refused);
    if (!normal) return refuse(std::move(state), StepName::path, normal.error());
    path = *std::move(normal);
  }
  state->note(StepName::path, Verdict::passed, "one reading only");

  if (const auto index = state_->compiled.table.find(request.method, path)) {
    state->route = &state_->rules().routes[*index];
    state->decision.route = state->route->route;
    state->decision.rule_place = state->route->place;
    state->decision.enforced = state->route->mode == Mode::enforce;
    state->note(StepName::route, Verdict::passed, state->route->route + " (" + text_of(state->route->access) + ")",
                state->route->place);
  } else {
    state->note(StepName::route, Verdict::noted, "no rule lists it");
  }

  const auto credential = find_credential(request.headers);
  if (!credential) return refuse(std::move(state), StepName::credential, credential.error());
  if (!credential->token)
    return refuse(std::move(state), StepName::credential, {Reason::no_credentials, credential->note});
  state->note(StepName::credential, Verdict::passed, "one Bearer token");
  return Decider::start_token(state_->compiled, std::move(state), *credential->token, now.wall);
}

Step Authorizer::begin_token(std::string_view compact, Now now, Trace* trace) const {
  auto state = std::make_unique<Pending::State>();
  state->subject = Subject::token;
  state->trace = trace;
  return Decider::start_token(state_->compiled, std::move(state), compact, now.wall);
}

Step Authorizer::resume(Pending pending, const Answer&, Now now) const {
  if (!pending.state_ || !pending.state_->token) {  // moved from, or used twice
    return Settled{};                               // a default Decision is undecided, reason internal
  }
  return Decider::judge_token(state_->compiled, std::move(pending.state_), now.wall);
}

void Authorizer::learn(const Ticket& ticket, const Answer& answer, Now now) const {
  if (ticket.source >= state_->compiled.caches.size()) return;
  state_->compiled.caches[ticket.source]->learn(ticket, std::get<FetchOutcome>(answer), now.wall);
}

Result<Done, std::string> Authorizer::adopt(InitialKeys initial, Now now) const {
  const auto& compiled = state_->compiled;
  KeyCache* cache = nullptr;
  bool known = false;
  for (std::size_t i = 0; i < compiled.rules.issuers.size(); ++i) {
    const auto* name = std::get_if<std::string>(&compiled.rules.issuers[i].expect.issuer);
    if (!name || *name != initial.issuer) continue;
    known = true;
    if (!compiled.cache_of[i]) continue;
    KeyCache* const found = compiled.caches[*compiled.cache_of[i]].get();
    if (cache && cache != found) return std::string{"the issuer has several key URLs, and nobody says whose they are"};
    cache = found;
  }
  if (!known) return std::string{"no such issuer is configured"};
  if (!cache) return std::string{"the issuer's keys are local and not fetched"};
  return cache->adopt(std::move(initial.keys), initial.fetched_at, now.wall);
}

std::vector<NeedKeys> Authorizer::warm_up(Now now) const {
  std::vector<NeedKeys> wanted;
  for (const auto& cache : state_->compiled.caches) {
    if (cache->has_keys(now.wall)) continue;  // a refresh is an errand of the first request
    if (auto view = cache->look(now.wall); view.refresh) wanted.push_back(*std::move(view.refresh));
  }
  return wanted;
}

Grants Authorizer::grants(const std::optional<VerifiedToken>& caller) const {
  const auto known = caller ? check_sender(*caller) : Result<Done>{Error{Reason::no_credentials, "needs a token"}};
  Grants grants{{}, state_->rules().fallback, false};
  if (!known) {
    grants.fallback_reason = known.error().reason;
  } else if (grants.fallback == DefaultAccess::authenticated) {
    grants.fallback_allowed = true;
    grants.fallback_reason = Reason::ok;
  }
  for (const RouteRule& route : state_->rules().routes) grants.routes.push_back(grant_of(route, caller, known));
  return grants;
}

std::vector<KeyStatus> Authorizer::key_status(Now now) const {
  std::vector<KeyStatus> all;
  const auto& compiled = state_->compiled;
  for (std::size_t i = 0; i < compiled.rules.issuers.size(); ++i) {
    const IssuerRule& issuer = compiled.rules.issuers[i];
    KeyStatus status;
    if (compiled.cache_of[i]) {
      status = compiled.caches[*compiled.cache_of[i]]->status(now.wall);
    } else {
      status.keys = compiled.local[i];
      status.source = std::get<LocalKeys>(issuer.keys).source;
    }
    const auto* name = std::get_if<std::string>(&issuer.expect.issuer);
    status.issuer = name ? *name : "unchecked";
    all.push_back(std::move(status));
  }
  return all;
}

const Rules& Authorizer::rules() const noexcept {
  return state_->rules();
}

std::string_view name_of(StepName step) noexcept {
  switch (step) {
    case StepName::path:
      return "path";
    case StepName::route:
      return "route";
    case StepName::credential:
      return "credential";
    case StepName::token:
      return "token";
    case StepName::keys:
      return "keys";
    case StepName::signature:
      return "signature";
    case StepName::claims:
      return "claims";
    case StepName::sender:
      return "sender";
    case StepName::requirement:
      return "requirement";
  }
  return "";
}

}  // namespace portcullis
