#include "core/access/limit_rules.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/access/limit_buckets.h"
#include "core/token/printable.h"

namespace portcullis {
namespace {

using Problems = std::vector<RuleProblem>;

constexpr std::size_t longest_name = 64;
constexpr std::size_t most_windows = LimitTable::most_takes;            // of one request: all or none of them are taken
constexpr std::int64_t longest_to_fill = std::int64_t{1} << 62;         // ns: sums of times stay within 63 bits
constexpr std::int64_t longest_to_fill_shared = std::int64_t{1} << 51;  // us: a store may count in doubles
constexpr std::size_t least_keys = 1'000, most_keys = 20'000'000;

bool is_limit_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// How many letters have to be changed (Levenshtein 1965).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string unknown_limit(const Rules& rules, const std::string& name) {
  std::string message = "there is no limit " + printable(name);
  if (rules.limits.empty()) return message + "; add it under 'limits'";
  const auto nearest = std::min_element(
      rules.limits.begin(), rules.limits.end(),
      [&](const LimitRule& a, const LimitRule& b) { return distance(a.name, name) < distance(b.name, name); });
  return message + "; did you mean " + printable(nearest->name) + "?";
}

/// Why this rate cannot be kept; empty: it can.
std::string fault_of(const Rate& rate, LimitStore store) {
  if (rate.count < 1 || rate.count > Rate::most_count) return "the count of a rate is 1 to 1,000,000,000";
  if (rate.period < Rate::shortest || rate.period > Rate::longest) return "the period of a rate is 1 ms to 31 days";
  if (rate.burst < 1 || rate.burst > Rate::most_burst) return "burst is 1 to 1,000,000";
  const std::int64_t interval = rate.interval().count();
  std::int64_t filling = 0;
  if (__builtin_mul_overflow(interval, rate.burst, &filling) || filling > longest_to_fill)
    return "to fill " + std::to_string(rate.burst) + " at " + text_of(rate) +
           " would take longer than 146 years; lower burst";
  if (store == LimitStore::memory) return {};
  if (interval < 1000) return text_of(rate) + ": with a shared store a limit is at most 1,000,000 a second";
  if ((interval + 999) / 1000 > longest_to_fill_shared / rate.burst)
    return "to fill " + std::to_string(rate.burst) + " at " + text_of(rate) +
           " would take longer than 71 years, the most with a shared store; lower burst";
  return {};
}

void check_rates(const std::string& limit, const NonEmpty<Rate>& rates, const Place& place, LimitStore store,
                 Problems& problems) {
  std::vector<std::chrono::nanoseconds> periods;
  for (const Rate& rate : rates.items()) {
    if (std::string fault = fault_of(rate, store); !fault.empty()) problems.push_back({place, limit + ": " + fault});
    if (std::find(periods.begin(), periods.end(), rate.period) != periods.end())
      problems.push_back({place, limit + ": two rates have the period " + period_word(rate.period) + "; remove one"});
    periods.push_back(rate.period);
  }
}

void check_dimensions(const LimitRule& limit, Problems& problems) {
  const auto by = limit.by.items();
  for (std::size_t i = 0; i < by.size(); ++i) {
    if (std::find(by.begin(), by.begin() + static_cast<std::ptrdiff_t>(i), by[i]) !=
        by.begin() + static_cast<std::ptrdiff_t>(i))
      problems.push_back({limit.place, limit.name + ": 'by' has the same entry twice; remove one"});
    if (by[i].kind == LimitDimension::Kind::claim && (by[i].pointer.empty() || !is_json_pointer(by[i].pointer)))
      problems.push_back({limit.place, limit.name +
                                           ": a claim is claim:POINTER with a JSON pointer such as /plan or "
                                           "/https:~1~1x.example~1plan (RFC 6901: ~1 is a slash, ~0 a tilde)"});
  }
}

void check_names(const Rules& rules, Problems& problems) {
  for (std::size_t i = 0; i < rules.limits.size(); ++i) {
    const LimitRule& limit = rules.limits[i];
    if (!is_limit_name(limit.name))
      problems.push_back(
          {limit.place, "a limit's name is 1 to 64 letters, digits, - and _, not " + printable(limit.name)});
    if (limit.name == FailedTokenRule::name)
      problems.push_back({limit.place, "the name failed_tokens is taken: it is a setting of its own"});
    for (std::size_t j = 0; j < i; ++j)
      if (rules.limits[j].name == limit.name)
        problems.push_back({limit.place, "there is a limit " + printable(limit.name) + " already at " +
                                             rules.limits[j].place + "; give this one another name"});
  }
}

/// How many buckets one request takes from at most.
std::size_t windows_of(const LimitRule& limit) {
  return limit.rates.items().size() * (has_networks(limit.by) ? 2 : 1);
}

void check_route(const Rules& rules, const RouteRule& route, Problems& problems) {
  std::size_t windows = 0;
  std::int64_t smallest_burst = std::numeric_limits<std::int64_t>::max();
  std::string smallest;
  for (std::size_t i = 0; i < route.limits.size(); ++i) {
    const std::string& name = route.limits[i];
    if (std::find(route.limits.begin(), route.limits.begin() + static_cast<std::ptrdiff_t>(i), name) !=
        route.limits.begin() + static_cast<std::ptrdiff_t>(i)) {
      problems.push_back({route.place, '"' + route.route + "\" has the limit " + printable(name) + " twice"});
      continue;
    }
    const LimitRule* const limit = limit_named(rules, name);
    if (!limit) {
      problems.push_back({route.place, '"' + route.route + "\": " + unknown_limit(rules, name)});
      continue;
    }
    windows += windows_of(*limit);
    for (const Rate& rate : limit->rates.items()) {
      if (rate.burst >= smallest_burst) continue;
      smallest_burst = rate.burst;
      smallest = limit->name;
    }
  }
  if (windows > most_windows)
    problems.push_back({route.place, '"' + route.route + "\" takes from " + std::to_string(windows) +
                                         " windows of limits (one by address alone counts twice), at most 16 are "
                                         "possible; give it fewer"});
  if (route.cost < 1) problems.push_back({route.place, '"' + route.route + "\": cost is 1 or more"});
  if (route.cost > 1 && route.limits.empty())
    problems.push_back({route.place, '"' + route.route + "\" has a cost and no limit; name one, or remove cost"});
  if (!smallest.empty() && route.cost > smallest_burst)
    problems.push_back({route.place, '"' + route.route + "\": cost " + std::to_string(route.cost) +
                                         " is more than the burst of " + smallest + ", " +
                                         std::to_string(smallest_burst) + ", so no call would ever be admitted"});
}

}  // namespace

const LimitRule* limit_named(const Rules& rules, std::string_view name) noexcept {
  const auto found = std::find_if(rules.limits.begin(), rules.limits.end(),
                                  [&](const LimitRule& limit) { return limit.name == name; });
  return found == rules.limits.end() ? nullptr : &*found;
}

void check_limits(const Rules& rules, Problems& problems) {
  check_names(rules, problems);
  for (const LimitRule& limit : rules.limits) {
    check_rates(limit.name, limit.rates, limit.place, rules.limit_store, problems);
    check_dimensions(limit, problems);
  }
  if (rules.failed_tokens && rules.failed_tokens->rates.items().size() > most_windows / 2)
    problems.push_back({rules.failed_tokens->place, "failed_tokens: at most 8 rates are possible; remove some"});
  if (rules.failed_tokens)
    check_rates(std::string{FailedTokenRule::name}, rules.failed_tokens->rates, rules.failed_tokens->place,
                rules.limit_store, problems);
  for (const RouteRule& route : rules.routes) check_route(rules, route, problems);
  if (rules.limit_keys < least_keys || rules.limit_keys > most_keys)
    problems.push_back({{}, "limit_keys is 1,000 to 20,000,000"});
}

}  // namespace portcullis
