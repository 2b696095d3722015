// The public face of the core: each member hands on to the file that is named after the matter.
#include "portcullis/authorizer.h"

#include "core/access/compiled_rules.h"
#include "core/access/decider.h"
#include "core/access/grants.h"

namespace portcullis {

struct Authorizer::State {
  CompiledRules compiled;
  Secrets secrets;

  const Rules& rules() const { return compiled.rules; }
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
  auto compiled = compile(std::move(rules), secrets, nullptr);
  if (!compiled) return compiled.error();
  return Authorizer{std::make_unique<State>(State{*std::move(compiled), secrets})};
}

Result<Authorizer, std::vector<RuleProblem>> Authorizer::successor(Rules rules) const {
  auto compiled = compile(std::move(rules), state_->secrets, &state_->compiled);
  if (!compiled) return compiled.error();
  return Authorizer{std::make_unique<State>(State{*std::move(compiled), state_->secrets})};
}

Step Authorizer::begin(const Request& request, Now now, Trace* trace) const {
  Pending::State state;
  state.trace = trace;
  return Decider::start_request(state_->compiled, state, request, now);
}

Step Authorizer::begin_token(std::string_view compact, Now now, Trace* trace) const {
  Pending::State state;
  state.subject = Subject::token;
  state.trace = trace;
  return Decider::start_token(state_->compiled, state, compact, now);
}

Step Authorizer::resume(Pending pending, const Answer& answer, Now now) const {
  const CompiledRules& compiled = state_->compiled;
  if (!pending.state_) return Settled{};  // moved from: a default Decision is undecided, reason internal
  Pending::State& state = *pending.state_;
  if (state.limits && compiled.limits) {
    const auto* said = std::get_if<LimitOutcome>(&answer);
    compiled.limits->hear(*state.limits, said ? *said : StoreFailed{"nobody asked it"}, now.mono);
    return Decider::go_on_with_limits(compiled, state, now);
  }
  if (state.replay) {
    const auto* said = std::get_if<ReplayOutcome>(&answer);
    return Decider::go_on_with_sender(compiled, state, said ? *said : StoreFailed{"nobody asked it"}, now);
  }
  return state.token ? Decider::judge_token(compiled, state, now) : Settled{};
}

void Authorizer::learn(const Ticket& ticket, const Answer& answer, Now now) const {
  KeyCache* const cache = state_->compiled.cache_numbered(ticket.source);
  const auto* fetched = std::get_if<FetchOutcome>(&answer);
  if (cache && fetched) cache->learn(ticket, *fetched, now.wall);
}

void Authorizer::learn(const ChargeFailure& errand, const LimitOutcome& outcome, Now now) const {
  if (state_->compiled.failed_tokens) state_->compiled.failed_tokens->learn(errand, outcome, now.mono);
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

std::vector<NeedKeys> Authorizer::refresh(Now now) const {
  std::vector<NeedKeys> wanted;
  for (const auto& cache : state_->compiled.caches) wanted.push_back(cache->refresh(now.wall));
  return wanted;
}

Grants Authorizer::grants(const std::optional<VerifiedToken>& caller) const {
  return grants_of(state_->rules(), caller);
}

std::vector<KeyStatus> Authorizer::key_status(Now now) const {
  std::vector<KeyStatus> all;
  const auto& compiled = state_->compiled;
  for (std::size_t i = 0; i < compiled.rules.issuers.size(); ++i) {
    const IssuerRule& issuer = compiled.rules.issuers[i];
    KeyStatus status;
    if (compiled.cache_of[i]) {
      status = compiled.caches[*compiled.cache_of[i]]->status(now.wall);
      status.source_number = static_cast<std::uint32_t>(*compiled.cache_of[i]);
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

LimitMemory Authorizer::limit_memory(Now now) const {
  const LimitTables* const tables = state_->compiled.limit_tables.get();
  if (!tables) return {};
  LimitMemory memory;
  for (const LimitTable* table : {&tables->callers, &tables->addresses}) {
    memory.bytes += table->bytes();
    memory.occupied += table->occupied(now.mono) / 2;
    memory.live_evictions += table->live_evictions();
  }
  return memory;
}

const Rules& Authorizer::rules() const noexcept {
  return state_->rules();
}

}  // namespace portcullis
