#include "core/access/compiled_rules.h"

#include <algorithm>

#include "core/access/limit_rules.h"
#include "core/access/requirement.h"
#include "core/token/fingerprint.h"

namespace portcullis {
namespace {

using Problems = std::vector<RuleProblem>;

/// The rule that first needs a token, and so an issuer; of `default: authenticated` no place is known.
std::optional<Place> first_need_of_token(const Rules& rules) {
  for (const RouteRule& route : rules.routes)
    if (!std::holds_alternative<PublicAccess>(route.access)) return route.place;
  return rules.fallback == DefaultAccess::authenticated ? std::optional<Place>{Place{}} : std::nullopt;
}

void check_requirement(const RouteRule& route, Problems& problems) {
  if (route.mode == Mode::report && std::holds_alternative<PublicAccess>(route.access))
    problems.push_back({route.place, "mode: report has no meaning on a public route, where nothing is refused"});
  const auto* requirement = std::get_if<Requirement>(&route.access);
  if (!requirement) return;
  for (const Condition& condition : requirement->conditions.items())
    if (std::string fault = fault_of(condition); !fault.empty()) problems.push_back({route.place, std::move(fault)});
}

void add_routes(CompiledRules& compiled, Problems& problems) {
  const auto& routes = compiled.rules.routes;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    check_requirement(routes[i], problems);
    const auto pattern = RoutePattern::parse(routes[i].route);
    if (!pattern) {
      problems.push_back({routes[i].place, "\"" + routes[i].route + "\": " + pattern.error()});
      continue;
    }
    if (const auto twin = compiled.table.add(*pattern, static_cast<RouteIndex>(i)))
      problems.push_back({routes[i].place, "\"" + routes[i].route + "\" matches the same requests as \"" +
                                               routes[*twin].route + "\" (" + routes[*twin].place + "); remove one"});
  }
}

void check_keys(const IssuerRule& issuer, Problems& problems) {
  const auto* local = std::get_if<LocalKeys>(&issuer.keys);
  for (const Algorithm algorithm : issuer.expect.algorithms.items()) {
    const std::string name{name_of(algorithm)};
    if (!local && is_symmetric(algorithm)) {
      problems.push_back(
          {issuer.place, name + " needs a local 'secret'; a shared secret is never taken from a key set"});
      continue;
    }
    if (!local) continue;
    const auto keys = local->keys.keys();
    if (std::none_of(keys.begin(), keys.end(), [&](const VerificationKey& key) { return key.fits(algorithm); }))
      problems.push_back({issuer.place, "no key of " + local->source + " fits " + name +
                                            "; remove it from 'algorithms' or configure a key for it"});
  }
}

bool share_an_audience(const Expectations& a, const Expectations& b) {
  const auto other = b.audiences.items();
  const auto mine = a.audiences.items();
  return std::any_of(mine.begin(), mine.end(), [&](const std::string& audience) {
    return std::find(other.begin(), other.end(), audience) != other.end();
  });
}

bool is_same_source(const RemoteKeys& a, const RemoteKeys& b) {
  return a.url == b.url && a.metadata_of == b.metadata_of;
}

// Issuers with one key URL share its cache, so they must mean the same by it.
void check_shared_keys(const Rules& rules, std::size_t issuer, Problems& problems) {
  const auto* mine = std::get_if<RemoteKeys>(&rules.issuers[issuer].keys);
  for (std::size_t other = 0; mine && other < issuer; ++other) {
    const auto* theirs = std::get_if<RemoteKeys>(&rules.issuers[other].keys);
    if (theirs && is_same_source(*theirs, *mine) && (theirs->fresh != mine->fresh || theirs->stale != mine->stale))
      problems.push_back({rules.issuers[issuer].place, "'keys' differs from that of the issuer at " +
                                                           rules.issuers[other].place +
                                                           ", which has the same key URL; write the same at both"});
  }
}

// A token belongs to exactly one entry: by issuer, then by audience (tokens.md §4.4).
void check_issuers(const Rules& rules, Problems& problems) {
  if (const auto place = first_need_of_token(rules); place && rules.issuers.empty())
    problems.push_back({*place, "no issuer is configured, but some routes need a token; add one to 'issuers'"});
  for (std::size_t i = 0; i < rules.issuers.size(); ++i) {
    const IssuerRule& issuer = rules.issuers[i];
    check_keys(issuer, problems);
    check_shared_keys(rules, i, problems);
    const auto* name = std::get_if<std::string>(&issuer.expect.issuer);
    if (!name) {
      if (rules.issuers.size() > 1 || !std::holds_alternative<LocalKeys>(issuer.keys) ||
          issuer.expect.profile != Profile::id_token)
        problems.push_back({issuer.place,
                            "an unchecked issuer is possible only for token: id-token with static keys "
                            "and no other issuer"});
      continue;
    }
    for (std::size_t j = 0; j < i; ++j) {
      const auto* other = std::get_if<std::string>(&rules.issuers[j].expect.issuer);
      if (other && *other == *name && share_an_audience(issuer.expect, rules.issuers[j].expect))
        problems.push_back({issuer.place, "issuer " + *name + " with the same audience is configured already at " +
                                              rules.issuers[j].place + "; remove one, or the common audience"});
    }
  }
}

bool is_same_cache(const RemoteKeys& a, const RemoteKeys& b) {
  return is_same_source(a, b) && a.fresh == b.fresh && a.stale == b.stale;
}

std::shared_ptr<KeyCache> cache_for(const RemoteKeys& remote, CompiledRules& compiled, const Secrets& secrets,
                                    const CompiledRules* before) {
  if (before)
    for (const auto& cache : before->caches)
      if (is_same_cache(cache->where(), remote)) return cache;
  const std::uint32_t number = compiled.next_source++;
  const auto seed = derived_seed(secrets, "pauses of key source " + std::to_string(number));
  return std::make_shared<KeyCache>(number, remote, Spread::seeded(seed));
}

void add_key_sources(CompiledRules& compiled, const Secrets& secrets, const CompiledRules* before) {
  if (before) compiled.next_source = before->next_source;
  for (const IssuerRule& issuer : compiled.rules.issuers) {
    const auto* remote = std::get_if<RemoteKeys>(&issuer.keys);
    compiled.cache_of.emplace_back();
    compiled.local.emplace_back();
    if (!remote) {
      compiled.local.back() = std::make_shared<const KeySet>(std::get<LocalKeys>(issuer.keys).keys);
      continue;
    }
    const auto known = std::find_if(compiled.caches.begin(), compiled.caches.end(),
                                    [&](const auto& cache) { return is_same_source(cache->where(), *remote); });
    compiled.cache_of.back() = static_cast<std::size_t>(known - compiled.caches.begin());
    if (known == compiled.caches.end()) compiled.caches.push_back(cache_for(*remote, compiled, secrets, before));
  }
}

void check_dpop(const DpopRules& dpop, Problems& problems) {
  for (const Algorithm algorithm : dpop.algorithms.items())
    if (is_symmetric(algorithm))
      problems.push_back({{},
                          std::string{name_of(algorithm)} + " in dpop.algorithms: a proof's key is public, so its "
                                                            "algorithm is one of RS, PS, ES or EdDSA"});
  if (dpop.window < DpopRules::shortest || dpop.window > DpopRules::longest)
    problems.push_back({{}, "dpop.window is from 10s to 600s"});
}

void add_sender(CompiledRules& compiled, const Secrets& secrets, const CompiledRules* before) {
  DpopRules dpop = compiled.rules.dpop;
  // What a shorter window let be forgotten, a longer one would take for new: it has to wait for a new process.
  if (before) dpop.window = std::min(dpop.window, before->sender->window());
  compiled.sender = std::make_unique<SenderCheck>(dpop, compiled.rules.limit_store, secrets,
                                                  before ? before->sender->replays() : nullptr);
  for (const Algorithm algorithm : dpop.algorithms.items())
    compiled.dpop_algorithms += (compiled.dpop_algorithms.empty() ? "" : " ") + std::string{name_of(algorithm)};
  const auto& routes = compiled.rules.routes;
  const bool asked_for = std::any_of(routes.begin(), routes.end(),
                                     [](const RouteRule& route) { return asks_for(route.access, BoundSender::dpop); });
  compiled.dpop_offer = asked_for ? DpopOffer::announced : dpop.offer;
}

// What decisions tell of the rules: made once, shared by all.
void add_matched_rules(CompiledRules& compiled) {
  for (const RouteRule& route : compiled.rules.routes)
    compiled.matched.push_back(
        std::make_shared<const MatchedRule>(MatchedRule{route.route, route.place, text_of(route.access)}));
  compiled.unlisted = std::make_shared<const MatchedRule>(MatchedRule{{}, {}, "default: authenticated"});
}

void add_token_cache(CompiledRules& compiled, const Secrets& secrets, const CompiledRules* before) {
  std::array<std::uint64_t, 4> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = derived_seed(secrets, "verified tokens " + std::to_string(i));
  compiled.verified = std::make_unique<const TokenCache>(compiled.rules.cached_tokens, key);
  if (before) compiled.verified->take_over_meetings(*before->verified);
}

void add_limits(CompiledRules& compiled, const Secrets& secrets, const CompiledRules* before) {
  const Rules& rules = compiled.rules;
  if (rules.limits.empty() && !rules.failed_tokens) return;
  const bool taken_over = before && before->limit_tables && before->limit_tables->keys == rules.limit_keys;
  compiled.limit_tables = taken_over ? before->limit_tables : std::make_shared<LimitTables>(rules.limit_keys);
  if (!rules.limits.empty())
    compiled.limits = std::make_unique<const LimitCheck>(rules, secrets, compiled.limit_tables);
  if (rules.failed_tokens)
    compiled.failed_tokens =
        std::make_unique<const FailedTokens>(*rules.failed_tokens, rules.limit_store, secrets, compiled.limit_tables);
}

}  // namespace

KeyCache* CompiledRules::cache_numbered(std::uint32_t source) const noexcept {
  for (const auto& cache : caches)
    if (cache->source() == source) return cache.get();
  return nullptr;
}

Result<CompiledRules, std::vector<RuleProblem>> compile(Rules rules, const Secrets& secrets,
                                                        const CompiledRules* before) {
  CompiledRules compiled;
  compiled.rules = std::move(rules);
  Problems problems;
  check_issuers(compiled.rules, problems);
  add_routes(compiled, problems);
  check_dpop(compiled.rules.dpop, problems);
  check_limits(compiled.rules, problems);
  if (!problems.empty()) return problems;
  add_matched_rules(compiled);
  add_token_cache(compiled, secrets, before);
  add_key_sources(compiled, secrets, before);
  add_sender(compiled, secrets, before);
  add_limits(compiled, secrets, before);
  return compiled;
}

}  // namespace portcullis
