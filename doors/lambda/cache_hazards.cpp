#include "doors/lambda/cache_hazards.h"

#include "core/access/requirement.h"

namespace portcullis::lambda {

namespace {

constexpr const char* unreported = "has mode: report, and what the gateway answers from its cache is not reported";
constexpr const char* remedy = "; set the authorizer's TTL to 0 and write lambda: { cache: 0 }";

/// Empty: the answer lasts as long as the token.
std::string hazard_of(const RouteRule& route) {
  if (changes_with_time(route.access)) return "has max_age, and an answer from the gateway's cache would outlive it";
  if (asks_for(route.access, BoundSender::dpop) || asks_for(route.access, BoundSender::mtls))
    return "has sender, and what the gateway answers from its cache is given to whoever has a copy of the token";
  if (route.mode == Mode::report) return unreported;
  return {};
}

}  // namespace

std::vector<RuleProblem> cache_hazards(const Rules& rules, std::chrono::seconds cache) {
  std::vector<RuleProblem> hazards;
  if (cache == std::chrono::seconds{0}) return hazards;
  for (const RouteRule& route : rules.routes)
    if (const std::string hazard = hazard_of(route); !hazard.empty())
      hazards.push_back({route.place, '"' + route.route + "\" " + hazard + remedy});
  for (const LimitRule& limit : rules.limits)
    if (limit.mode == Mode::report)
      hazards.push_back({limit.place, "the limit " + limit.name + ' ' + std::string{unreported} + remedy});
  return hazards;
}

}  // namespace portcullis::lambda
