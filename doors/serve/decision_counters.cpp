#include "doors/serve/decision_counters.h"

#include <algorithm>

namespace portcullis::serve {

DecisionCounters::Row& DecisionCounters::row_of(const Decision& decision) {
  const auto known = known_.find(decision.rule.get());
  if (known != known_.end()) return *known->second;
  const std::lock_guard lock{mutex_};
  auto& row = rows_[std::string{decision.route()}];
  if (!row) row = std::make_unique<Row>();
  known_.emplace(decision.rule.get(), row.get());
  return *row;
}

DecisionCounters::LimitRow& DecisionCounters::row_of(const LimitPolicy& policy) {
  const auto known = known_limits_.find(&policy);
  if (known != known_limits_.end()) return *known->second;
  const std::lock_guard lock{mutex_};
  auto& row = limit_rows_[policy.limit];
  if (!row) row = std::make_unique<LimitRow>();
  known_limits_.emplace(&policy, row.get());
  return *row;
}

void DecisionCounters::count(const Decision& decision, std::chrono::nanoseconds took) {
  Row& row = row_of(decision);
  (decision.enforced ? row.enforced : row.reported)[static_cast<std::size_t>(decision.reason)].add();
  const double seconds = std::chrono::duration<double>{took}.count();
  const auto bound = std::lower_bound(duration_bounds.begin(), duration_bounds.end(), seconds);
  durations_[static_cast<std::size_t>(bound - duration_bounds.begin())].add();
  nanoseconds_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
  for (const LimitStanding& standing : decision.limits) {
    LimitRow& limit = row_of(*standing.policy);
    (standing.retry_after.count() > 0 ? limit.denied : limit.admitted).add();
  }
}

void DecisionCounters::forget_rules() {
  known_.clear();
  known_limits_.clear();
}

void DecisionCounters::add_to(DecisionSums& sums) const {
  const std::lock_guard lock{mutex_};
  for (const auto& [route, row] : rows_) {
    DecisionSums::Row& sum = sums.by_route[route];
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      sum.enforced[i] += row->enforced[i].get();
      sum.reported[i] += row->reported[i].get();
    }
  }
  for (const auto& [limit, row] : limit_rows_) {
    DecisionSums::LimitRow& sum = sums.by_limit[limit];
    sum.admitted += row->admitted.get();
    sum.denied += row->denied.get();
  }
  for (std::size_t i = 0; i < durations_.size(); ++i) sums.durations[i] += durations_[i].get();
  constexpr double nanoseconds_a_second = 1e9;
  sums.seconds += static_cast<double>(nanoseconds_.get()) / nanoseconds_a_second;
  sums.untrusted += untrusted.get();
  sums.store_errors += store_errors.get();
  sums.not_logged += not_logged.get();
}

}  // namespace portcullis::serve
