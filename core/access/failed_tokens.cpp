#include "core/access/failed_tokens.h"

#include <algorithm>
#include <array>
#include <span>

namespace portcullis {
namespace {

constexpr std::int64_t untimely_factor = 10;

NonEmpty<Rate> of_untimely(const NonEmpty<Rate>& rates) {
  std::vector<Rate> larger;
  for (const Rate& rate : rates.items())
    larger.push_back({std::min(rate.count * untimely_factor, Rate::most_count), rate.period,
                      std::min(rate.burst * untimely_factor, Rate::most_burst)});
  return *NonEmpty<Rate>::from(std::move(larger));
}

/// The signature was looked at before the time was: tokens.md §5.
bool is_of_time(Reason reason) noexcept {
  return reason == Reason::expired || reason == Reason::not_yet;
}

/// Taken from by one address at once; each with its window.
struct Buckets {
  std::array<LimitTake, LimitTable::most_takes> takes{};
  std::array<const LimitWindow::Kind*, LimitTable::most_takes> windows{};
  std::size_t size = 0;

  void add(const LimitTake& take, const LimitWindow::Kind& window) {
    takes.at(size) = take;
    windows.at(size++) = &window;
  }
  std::span<const LimitTake> all() const noexcept { return std::span{takes}.first(size); }
};

Buckets buckets_of(const LimitNames& names, const std::vector<LimitWindow>& windows, const LimitOwners& owners) {
  Buckets buckets;
  for (const LimitWindow& window : windows) buckets.add(names.bucket_of(window.each, owners.owner), window.each);
  if (owners.network)
    for (const LimitWindow& window : windows)
      buckets.add(names.bucket_of(window.networks, *owners.network), window.networks);
  return buckets;
}

using States = std::array<LimitState, LimitTable::most_takes>;

States take_of(LimitTable& table, std::span<const LimitTake> takes, std::int64_t cost, MonoTime now) {
  States states;
  table.take(takes, cost, now, std::span{states}.first(takes.size()));
  return states;
}

}  // namespace

bool counts_as_failure(Reason reason) noexcept {
  return facts(reason).status == 401 && reason != Reason::no_credentials && reason != Reason::dpop_nonce &&
         reason != Reason::step_up;
}

FailedTokens::FailedTokens(const FailedTokenRule& rule, LimitStore store, const Secrets& secrets,
                           std::shared_ptr<LimitTables> tables)
    : store_(store),
      names_(secrets, store),
      tables_(std::move(tables)),
      failures_(names_.windows_of(FailedTokenRule::name, rule.rates, LimitHeaders::none)),
      untimely_(names_.windows_of("failed_tokens:untimely", of_untimely(rule.rates), LimitHeaders::none)),
      mode_(rule.mode),
      place_(rule.place) {}

std::optional<LimitStanding> FailedTokens::used_up(std::string_view address, Kind kind, MonoTime now) const {
  const auto owners = names_.owners_of(by_, {nullptr, {}, address});
  if (!owners) return std::nullopt;
  const Buckets buckets = buckets_of(names_, windows_of(kind), *owners);
  const States states = take_of(tables_->addresses, buckets.all(), 0, now);
  std::optional<LimitStanding> longest;
  for (std::size_t i = 0; i < buckets.size; ++i) {
    const LimitState state = foreseen(buckets.takes[i], states[i], 1);
    if (state.verdict != LimitState::Verdict::denied) continue;
    if (!longest || state.retry_after > longest->retry_after) longest = standing_of(*buckets.windows[i], state);
  }
  return longest;
}

void FailedTokens::charge(std::string_view address, Reason reason, MonoTime now, std::vector<Errand>& after) const {
  if (!counts_as_failure(reason)) return;
  const auto owners = names_.owners_of(by_, {nullptr, {}, address});
  if (!owners) return;
  const auto& windows = windows_of(is_of_time(reason) ? Kind::untimely : Kind::failures);
  const Buckets buckets = buckets_of(names_, windows, *owners);
  (void)take_of(tables_->addresses, buckets.all(), 1, now);
  if (store_ == LimitStore::memory) return;
  const auto tell = [&](const LimitKey& owner, std::span<const LimitTake> takes) {
    after.emplace_back(ChargeFailure{{owner, 1, {takes.begin(), takes.end()}}});
  };
  tell(owners->owner, buckets.all().first(windows.size()));
  if (owners->network) tell(*owners->network, buckets.all().subspan(windows.size()));
}

void FailedTokens::learn(const ChargeFailure& errand, const LimitOutcome& outcome, MonoTime now) const {
  const auto* answer = std::get_if<LimitStates>(&outcome);
  const auto& takes = errand.charge.takes;
  if (!answer || answer->states.size() != takes.size()) return;
  for (std::size_t i = 0; i < takes.size(); ++i) {
    const std::span<const LimitTake> one{&takes[i], 1};
    const std::int64_t here = take_of(tables_->addresses, one, 0, now)[0].remaining;
    const std::int64_t there = std::clamp(answer->states[i].remaining, std::int64_t{0}, takes[i].burst);
    if (here > there) (void)take_of(tables_->addresses, one, here - there, now);
  }
}

}  // namespace portcullis
