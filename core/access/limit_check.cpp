#include "core/access/limit_check.h"

#include <algorithm>
#include <span>

#include "core/access/limit_rules.h"

namespace portcullis {
namespace {

using Bucket = LimitRun::Bucket;
using Progress = LimitRun::Progress;
using State = LimitState;

/// Some buckets of a run that are asked together.
struct Group {
  std::array<Bucket*, LimitTable::most_takes> buckets{};
  std::size_t size = 0;

  void add(Bucket& bucket) { buckets[size++] = &bucket; }
  std::span<Bucket* const> all() const noexcept { return {buckets.data(), size}; }
};

/// Asks this process's own table. @param cost  0: looks only
void take_of(LimitTable& table, const Group& group, std::int64_t cost, MonoTime now) {
  std::array<LimitTake, LimitTable::most_takes> takes;
  std::array<State, LimitTable::most_takes> states;
  for (std::size_t i = 0; i < group.size; ++i) takes[i] = group.buckets[i]->take;
  table.take(std::span{takes}.first(group.size), cost, now, std::span{states}.first(group.size));
  for (std::size_t i = 0; i < group.size; ++i) {
    group.buckets[i]->state = states[i];
    group.buckets[i]->progress = Progress::answered;
  }
}

/// How they would answer, with nothing taken. @returns whether all would admit
bool foresee(LimitTable& table, const Group& group, std::int64_t cost, MonoTime now) {
  take_of(table, group, 0, now);
  bool admitted = true;
  for (Bucket* const bucket : group.all()) {
    bucket->state = foreseen(bucket->take, bucket->state, cost);
    admitted = admitted && !bucket->denied();
  }
  return admitted;
}

bool belong_together(const Bucket& a, const Bucket& b) noexcept {
  return a.owner == b.owner && a.enforced() == b.enforced() && (a.enforced() || a.limit == b.limit);
}

Group group_of(LimitRun& run, const Bucket& first, Progress progress) {
  Group group;
  for (Bucket& bucket : run.buckets())
    if (bucket.progress == progress && belong_together(bucket, first)) group.add(bucket);
  return group;
}

/// Whether a bucket can be like that after a request for `cost`.
bool is_possible(const State& state, const LimitTake& take, std::int64_t cost) noexcept {
  constexpr std::chrono::nanoseconds none{0};
  if (state.remaining < 0 || state.remaining > take.burst || state.reset < none || state.retry_after < none)
    return false;
  switch (state.verdict) {
    case State::Verdict::admitted:
      return state.retry_after == none;
    case State::Verdict::denied:
      return state.retry_after > none && state.remaining < cost;
    case State::Verdict::never:  // costs are compared with bursts when the rules are read
      return false;
  }
  return false;
}

/// Why a store's answer is none; empty: it is one.
const char* fault_of(const LimitStates& answer, const Group& group, std::int64_t cost) {
  if (answer.states.size() != group.size) return "it answered for another number of buckets";
  for (std::size_t i = 0; i < group.size; ++i)
    if (!is_possible(answer.states[i], group.buckets[i]->take, cost)) return "its answer cannot be";
  return "";
}

/// The share that is left is smaller in `a`.
bool is_smaller_share(const LimitStanding& a, const LimitStanding& b) noexcept {
  return a.remaining * b.policy->rate.burst < b.remaining * a.policy->rate.burst;
}

bool comes_first(const LimitStanding& a, const LimitStanding& b) noexcept {
  if (a.retry_after != b.retry_after) return a.retry_after > b.retry_after;
  const bool a_told = a.policy->told != LimitHeaders::none, b_told = b.policy->told != LimitHeaders::none;
  return a_told != b_told ? a_told : is_smaller_share(a, b);
}

enum class Turn : std::uint8_t { addresses, callers, reports };

Turn turn_of(const CompiledLimit& limit) noexcept {
  if (limit.mode == Mode::report) return Turn::reports;
  return is_by_address(limit.by) ? Turn::addresses : Turn::callers;
}

}  // namespace

bool LimitRun::Bucket::is_of_network() const noexcept {
  return std::any_of(limit->windows.begin(), limit->windows.end(),
                     [this](const LimitWindow& one) { return &one.networks == window; });
}

bool LimitRun::refused() const noexcept {
  const auto all = buckets();
  return std::any_of(all.begin(), all.end(), [](const Bucket& one) { return one.enforced() && one.denied(); });
}

const CompiledLimit* LimitRun::reported() const noexcept {
  for (const Bucket& bucket : buckets())
    if (!bucket.enforced() && bucket.denied()) return bucket.limit;
  return nullptr;
}

LimitCheck::LimitCheck(const Rules& rules, const Secrets& secrets, std::shared_ptr<LimitTables> tables)
    : store_(rules.limit_store),
      when_store_fails_(rules.when_store_fails),
      names_(secrets, rules.limit_store),
      tables_(std::move(tables)),
      denials_(store_ == LimitStore::shared ? std::make_unique<const KnownDenials>() : nullptr) {
  for (const LimitRule& rule : rules.limits) {
    const auto told = rule.mode == Mode::enforce ? rules.limit_headers : LimitHeaders::none;
    limits_.push_back({names_.windows_of(rule.name, rule.rates, told), rule.by, rule.name, rule.place, rule.mode});
  }
  for (const RouteRule& route : rules.routes) {
    auto& limits = by_route_.emplace_back();
    for (const std::string& name : route.limits)
      limits.push_back(static_cast<std::size_t>(limit_named(rules, name) - rules.limits.data()));
    std::stable_sort(limits.begin(), limits.end(),
                     [&](std::size_t a, std::size_t b) { return turn_of(limits_[a]) < turn_of(limits_[b]); });
  }
}

LimitRun LimitCheck::run_of(std::size_t route, const RouteRule& rule, const LimitSubject& subject, Trace* trace) const {
  LimitRun run{rule.cost};
  for (const std::size_t number : by_route_[route]) {
    const CompiledLimit& limit = limits_[number];
    const auto owners = names_.owners_of(limit.by, subject);
    if (!owners) {
      if (trace)
        trace->entries.push_back(
            {StepName::limit, Trace::Verdict::noted, limit.name + " does not apply: " + owners.error(), limit.place});
      continue;
    }
    LimitTable& table = is_by_address(limit.by) ? tables_->addresses : tables_->callers;
    for (const LimitWindow& window : limit.windows) {
      const auto bucket = [&](const LimitWindow::Kind& kind, const LimitKey& owner) {
        run.add({&limit, &kind, &table, owner, names_.bucket_of(kind, owner)});
      };
      bucket(window.each, owners->owner);
      if (owners->network) bucket(window.networks, *owners->network);
    }
  }
  return run;
}

std::optional<NeedLimit> LimitCheck::proceed(LimitRun& run, MonoTime now) const {
  if (store_ == LimitStore::shared) return next_question(run, now);
  take_in_memory(run, now);
  return std::nullopt;
}

void LimitCheck::take_in_memory(LimitRun& run, MonoTime now) const {
  Group addresses, callers;
  for (Bucket& bucket : run.buckets())
    if (bucket.enforced()) (bucket.table == &tables_->addresses ? addresses : callers).add(bucket);
  // Two tables are not taken from at one instant. So the second is looked at first: what it refuses costs nothing.
  const bool both = addresses.size != 0 && callers.size != 0;
  if (both && !foresee(tables_->callers, callers, run.cost(), now)) {
    (void)foresee(tables_->addresses, addresses, run.cost(), now);
    return;
  }
  if (addresses.size != 0) take_of(tables_->addresses, addresses, run.cost(), now);
  if (run.refused()) return;
  if (callers.size != 0) take_of(tables_->callers, callers, run.cost(), now);
  if (run.refused()) return;
  for (Bucket& bucket : run.buckets()) {
    if (bucket.progress != Progress::open) continue;
    Group report;
    for (Bucket& other : run.buckets())
      if (other.limit == bucket.limit) report.add(other);
    take_of(*bucket.table, report, run.cost(), now);
  }
}

std::optional<NeedLimit> LimitCheck::next_question(LimitRun& run, MonoTime now) const {
  for (Bucket& first : run.buckets()) {
    if (run.refused() || run.unavailable()) return std::nullopt;
    if (first.progress != Progress::open) continue;
    const Group group = group_of(run, first, Progress::open);
    bool denied = false;
    for (Bucket* const bucket : group.all()) {
      const auto known = denials_->find(bucket->take, run.cost(), now);
      bucket->progress = known ? Progress::answered : Progress::open;
      if (known) bucket->state = *known;
      denied = denied || known;
    }
    for (Bucket* const bucket : group.all())
      if (bucket->progress == Progress::open) bucket->progress = denied ? Progress::unknown : Progress::asked;
    if (denied) continue;
    if (!run.store_failure.empty()) {  // once a request: its deadline is not waited for twice
      fall_back(run, run.store_failure, now);
      continue;
    }
    NeedLimit question{first.owner, run.cost(), {}};
    question.takes.reserve(group.size);
    for (const Bucket* const bucket : group.all()) question.takes.push_back(bucket->take);
    return question;
  }
  return std::nullopt;
}

void LimitCheck::hear(LimitRun& run, const LimitOutcome& outcome, MonoTime now) const {
  if (const auto* failed = std::get_if<StoreFailed>(&outcome)) return fall_back(run, failed->why, now);
  Group asked;
  for (Bucket& bucket : run.buckets())
    if (bucket.progress == Progress::asked) asked.add(bucket);
  const auto& answer = std::get<LimitStates>(outcome);
  if (const std::string fault = fault_of(answer, asked, run.cost()); !fault.empty()) return fall_back(run, fault, now);
  for (std::size_t i = 0; i < asked.size; ++i) {
    Bucket& bucket = *asked.buckets[i];
    bucket.state = answer.states[i];
    bucket.progress = Progress::answered;
    denials_->remember(bucket.take, run.cost(), bucket.state, now);
  }
}

void LimitCheck::fall_back(LimitRun& run, const std::string& why, MonoTime now) const {
  run.store_failure = why.empty() ? "no answer" : why;
  Group asked;
  for (Bucket& bucket : run.buckets())
    if (bucket.progress == Progress::asked) asked.add(bucket);
  if (asked.size == 0) return;
  if (when_store_fails_ == StoreFailure::local) return take_of(*asked.buckets.front()->table, asked, run.cost(), now);
  for (Bucket* const bucket : asked.all()) bucket->progress = Progress::unknown;
  if (when_store_fails_ == StoreFailure::deny && asked.buckets.front()->enforced()) run.make_unavailable();
}

std::vector<LimitStanding> standings_of(const LimitRun& run) {
  std::vector<LimitStanding> standings;
  standings.reserve(run.buckets().size());
  for (const Bucket& bucket : run.buckets())
    if (bucket.progress == Progress::answered && (bucket.denied() || !bucket.is_of_network()))
      standings.push_back(standing_of(*bucket.window, bucket.state));
  if (standings.size() > 1)
    std::rotate(standings.begin(), std::min_element(standings.begin(), standings.end(), comes_first), standings.end());
  return standings;
}

}  // namespace portcullis
