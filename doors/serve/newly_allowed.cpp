#include "doors/serve/newly_allowed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "core/access/requirement.h"
#include "core/access/sample_request.h"

namespace portcullis::serve {
namespace {

constexpr std::size_t most_comparisons = 20'000;  // of a route that is new or gone with each that it could have touched

/// What a request gets: from its route, or by the default.
struct Admission {
  enum class Who : std::uint8_t { everybody, callers, nobody } who = Who::nobody;
  std::set<std::string> conditions{};  // of callers, in words
  std::string text{};
};

Admission of_route(const RouteRule& route) {
  Admission admission{Admission::Who::callers, {}, text_of(route.access)};
  if (route.mode == Mode::report) admission.text += ", not enforced";
  if (route.mode == Mode::report || std::holds_alternative<PublicAccess>(route.access))
    admission.who = Admission::Who::everybody;
  if (const auto* requirement = std::get_if<Requirement>(&route.access))
    for (const Condition& condition : requirement->conditions.items())
      for (std::string& text : texts_of({condition})) admission.conditions.insert(std::move(text));
  return admission;
}

Admission of_default(DefaultAccess fallback) {
  if (fallback == DefaultAccess::deny) return {Admission::Who::nobody, {}, "denied by default"};
  return {Admission::Who::callers, {}, "authenticated by default"};
}

bool allows_more(const Admission& before, const Admission& after) {
  if (after.who != before.who) return after.who < before.who;
  return !std::includes(after.conditions.begin(), after.conditions.end(), before.conditions.begin(),
                        before.conditions.end());
}

using Indexes = std::map<std::string_view, RouteIndex>;

Indexes indexes_of(const std::vector<RouteRule>& routes) {
  Indexes indexes;
  for (RouteIndex i = 0; i < routes.size(); ++i) indexes.emplace(routes[i].route, i);
  return indexes;
}

class Comparison {
 public:
  Comparison(const config::Config& before, const config::Config& after)
      : before_(before.rules), after_(after.rules), before_config_(before), after_config_(after) {}

  std::vector<NewlyAllowed> run() {
    compare_issuers();
    compare_routes();
    if (of_default(after_.fallback).who < of_default(before_.fallback).who)
      add("unlisted requests", "were denied, are allowed with a valid token");
    compare_servers();
    return std::move(found_);
  }

 private:
  void add(std::string route, std::string why) { found_.push_back({std::move(route), std::move(why)}); }

  // An issuer whose tokens are judged as before; another audience, algorithm or leeway makes it another.
  static bool accepts_more(const Expectations& before, const Expectations& after) {
    const auto within = [](const auto& few, const auto& many) {
      return std::all_of(few.items().begin(), few.items().end(), [&](const auto& one) {
        return std::find(many.items().begin(), many.items().end(), one) != many.items().end();
      });
    };
    const auto list_grows = [&](const auto& old_list, const auto& new_list) {
      return old_list && (!new_list || !within(*new_list, *old_list));
    };
    return before.profile != after.profile || after.leeway > before.leeway ||
           !within(after.audiences, before.audiences) || !within(after.algorithms, before.algorithms) ||
           list_grows(before.clients, after.clients) || list_grows(before.types, after.types);
  }

  static const std::string* name_of(const IssuerRule& issuer) {
    return std::get_if<std::string>(&issuer.expect.issuer);
  }

  static bool same_source(const IssuerRule& before, const IssuerRule& after) {
    const auto* old_keys = std::get_if<RemoteKeys>(&before.keys);
    const auto* new_keys = std::get_if<RemoteKeys>(&after.keys);
    if (old_keys && new_keys) return old_keys->url == new_keys->url && new_keys->stale <= old_keys->stale;
    const auto* old_local = std::get_if<LocalKeys>(&before.keys);
    const auto* new_local = std::get_if<LocalKeys>(&after.keys);
    return old_local && new_local && same_keys(old_local->keys, new_local->keys);
  }

  static bool same_keys(const KeySet& before, const KeySet& after) {
    std::set<std::string> known;
    for (const VerificationKey& key : before.keys()) known.insert(std::string{key.thumbprint()});
    const auto keys = after.keys();
    return std::all_of(keys.begin(), keys.end(),
                       [&](const VerificationKey& key) { return known.contains(std::string{key.thumbprint()}); });
  }

  void compare_issuers() {
    for (const IssuerRule& issuer : after_.issuers) {
      const std::string name = name_of(issuer) ? *name_of(issuer) : "unchecked";
      const bool known = std::any_of(before_.issuers.begin(), before_.issuers.end(), [&](const IssuerRule& old_issuer) {
        const bool same_name = name_of(old_issuer) && name_of(issuer) ? *name_of(old_issuer) == *name_of(issuer)
                                                                      : name_of(old_issuer) == name_of(issuer);
        return same_name && same_source(old_issuer, issuer) && issuer.missing_key_id <= old_issuer.missing_key_id &&
               !accepts_more(old_issuer.expect, issuer.expect);
      });
      if (!known) add("every route", "tokens of " + name + " are accepted that were not before");
    }
  }

  void compare(const Admission& before, const Admission& after, const std::string& route, const std::string& whose) {
    if (allows_more(before, after)) add(route, whose + before.text + ", is " + after.text);
  }

  void compare_routes() {
    std::vector<RouteIndex> fresh, gone;
    const Indexes old_indexes = indexes_of(before_.routes), new_indexes = indexes_of(after_.routes);
    for (const RouteRule& route : after_.routes) {
      const auto old = old_indexes.find(route.route);
      if (old == old_indexes.end()) {
        fresh.push_back(new_indexes.at(route.route));
        continue;
      }
      const RouteRule& old_route = before_.routes[old->second];
      const std::size_t told = found_.size();
      compare(of_route(old_route), of_route(route), route.route, "was ");
      if (found_.size() == told) compare_limits(old_route, route);
    }
    for (const RouteRule& route : before_.routes)
      if (!new_indexes.contains(route.route)) gone.push_back(old_indexes.at(route.route));
    if (fresh.empty() && gone.empty()) return;
    if (fresh.size() * (before_.routes.size() + 1) + gone.size() * (after_.routes.size() + 1) > most_comparisons) {
      add("every route", "too many routes are new or gone to compare each with each");
      return;
    }
    const SampleRequests old_samples{before_.routes}, new_samples{after_.routes};
    for (const RouteIndex i : fresh) compare_fresh(after_.routes[i], old_samples);
    for (const RouteIndex i : gone) compare_gone(before_.routes[i], new_samples);
  }

  // A new route answers what other routes, or the default, answered before.
  void compare_fresh(const RouteRule& route, const SampleRequests& old_samples) {
    const auto pattern = RoutePattern::parse(route.route);
    if (!pattern) return add(route.route, "cannot be compared");
    const Admission after = of_route(route);
    for (RouteIndex i = 0; i < before_.routes.size(); ++i)
      if (allows_more(of_route(before_.routes[i]), after) && old_samples.answered_by(i, *pattern)) {
        const Admission before = of_route(before_.routes[i]);
        return compare(before, after, route.route, "was under " + before_.routes[i].route + ": ");
      }
    const Admission before = of_default(before_.fallback);
    if (allows_more(before, after) && old_samples.answered_by(std::nullopt, *pattern))
      compare(before, after, route.route, "was unlisted: ");
  }

  // What it answered, other routes or the default answer now.
  void compare_gone(const RouteRule& route, const SampleRequests& new_samples) {
    const auto pattern = RoutePattern::parse(route.route);
    if (!pattern) return;
    const Admission before = of_route(route);
    for (RouteIndex i = 0; i < after_.routes.size(); ++i) {
      const Admission after = of_route(after_.routes[i]);
      if (allows_more(before, after) && new_samples.answered_by(i, *pattern))
        return add(after_.routes[i].route,
                   "answers what " + route.route + " did: was " + before.text + ", is " + after.text);
    }
    const Admission after = of_default(after_.fallback);
    if (allows_more(before, after) && new_samples.answered_by(std::nullopt, *pattern))
      add("unlisted requests", "get what " + route.route + " did: was " + before.text + ", is " + after.text);
  }

  static const LimitRule* limit_named(const Rules& rules, const std::string& name) {
    const auto found = std::find_if(rules.limits.begin(), rules.limits.end(),
                                    [&](const LimitRule& limit) { return limit.name == name; });
    return found == rules.limits.end() ? nullptr : &*found;
  }

  static bool stricter_or_same(const NonEmpty<Rate>& before, const NonEmpty<Rate>& after) {
    return std::all_of(before.items().begin(), before.items().end(), [&](const Rate& old_rate) {
      return std::any_of(after.items().begin(), after.items().end(), [&](const Rate& rate) {
        return rate.interval() >= old_rate.interval() && rate.burst <= old_rate.burst;
      });
    });
  }

  static bool stricter_or_same(const LimitRule& before, const LimitRule& after) {
    if (before.mode == Mode::report) return true;
    return after.mode == Mode::enforce &&
           std::equal(before.by.items().begin(), before.by.items().end(), after.by.items().begin(),
                      after.by.items().end()) &&
           after.rates.items().size() >= before.rates.items().size() && stricter_or_same(before.rates, after.rates);
  }

  void compare_limits(const RouteRule& before, const RouteRule& after) {
    for (const std::string& name : before.limits) {
      const LimitRule* const old_limit = limit_named(before_, name);
      const bool kept = std::find(after.limits.begin(), after.limits.end(), name) != after.limits.end();
      const LimitRule* const limit = kept ? limit_named(after_, name) : nullptr;
      if (!old_limit || old_limit->mode == Mode::report) continue;
      if (!limit) {
        add(after.route, "the limit " + name + " is gone");
      } else if (!stricter_or_same(*old_limit, *limit) || after.cost < before.cost) {
        add(after.route, "the limit " + name + " allows more");
      }
    }
  }

  void compare_stores() {
    if (before_.limit_store == LimitStore::shared && after_.limit_store == LimitStore::memory)
      return add("every route", "each machine counts limits and remembers DPoP proofs for itself");
    if (before_.limits.empty()) return;
    const auto strictness = [](const Rules& rules) {  // while there is no store to ask
      if (rules.limit_store == LimitStore::memory || rules.when_store_fails == StoreFailure::local) return 1;
      return rules.when_store_fails == StoreFailure::deny ? 2 : 0;
    };
    if (strictness(after_) < strictness(before_))
      add("every route", "limits allow more while their store is out of reach");
  }

  void compare_servers() {
    for (const IpNetwork& network : after_config_.serve.proxies) {
      const auto& known = before_config_.serve.proxies;
      if (std::find(known.begin(), known.end(), network) == known.end())
        add("serve", "peers in " + network.text() + " may ask");
    }
    if (before_.failed_tokens && before_.failed_tokens->mode == Mode::enforce &&
        (!after_.failed_tokens || after_.failed_tokens->mode == Mode::report))
      add("every route", "failed tokens are no longer limited");
    else if (before_.failed_tokens && after_.failed_tokens && before_.failed_tokens->mode == Mode::enforce &&
             !stricter_or_same(before_.failed_tokens->rates, after_.failed_tokens->rates))
      add("every route", "more failed tokens are allowed");
    compare_stores();
    if (after_config_.purpose == config::Purpose::development && before_config_.purpose != config::Purpose::development)
      add("every route", "development: issuers may be plain http on this machine");
    if (after_.dpop.window > before_.dpop.window || after_.dpop.nonce < before_.dpop.nonce)
      add("every route", "DPoP proofs may be older or without a nonce");
    const std::string& base = before_config_.serve.public_base_url;
    if (!base.empty() && after_config_.serve.public_base_url != base)
      add("every route", "DPoP proofs may be for other URLs");
  }

  const Rules& before_;
  const Rules& after_;
  const config::Config& before_config_;
  const config::Config& after_config_;
  std::vector<NewlyAllowed> found_;
};

}  // namespace

std::vector<NewlyAllowed> newly_allowed(const config::Config& before, const config::Config& after) {
  return Comparison{before, after}.run();
}

}  // namespace portcullis::serve
