#include "doors/lambda/cache_hazards.h"

#include "core/access/requirement.h"

namespace portcullis::lambda {

std::vector<RuleProblem> cache_hazards(const Rules& rules, std::chrono::seconds cache) {
  std::vector<RuleProblem> hazards;
  if (cache == std::chrono::seconds{0}) return hazards;
  for (const RouteRule& route : rules.routes)
    if (changes_with_time(route.access))
      hazards.push_back({route.place, "\"" + route.route +
                                          "\" has max_age, and an answer from the gateway's cache would outlive it; "
                                          "set the authorizer's TTL to 0 and write lambda: { cache: 0 }"});
  return hazards;
}

}  // namespace portcullis::lambda
