#include "doors/lambda/limit_hazards.h"

#include <algorithm>

namespace portcullis::lambda {
namespace {

using Kind = LimitDimension::Kind;

bool has(const LimitRule& limit, bool (*fits)(Kind)) {
  const auto by = limit.by.items();
  return std::any_of(by.begin(), by.end(), [&](const LimitDimension& one) { return fits(one.kind); });
}

bool is_address(Kind kind) {
  return kind == Kind::address;
}

bool is_of_token(Kind kind) {
  return kind != Kind::address && kind != Kind::route;
}

void warn_of_memory(const config::Config& config, std::vector<RuleProblem>& warnings) {
  if (config.rules.limit_store == LimitStore::shared) return;
  warnings.push_back({place_of(config, "store"),
                      "store: memory counts in each process by itself: n instances of a function grant up to n times "
                      "each limit, and a new one begins with a full burst; where a limit has to hold for all of them "
                      "together, let them share a store: rediss://…"});
}

void warn_of_address(const config::Config& config, std::vector<RuleProblem>& warnings) {
  const Rules& rules = config.rules;
  for (const LimitRule& limit : rules.limits)
    if (has(limit, is_address))
      warnings.push_back({limit.place, limit.name + " is by address, and a TOKEN authorizer's event carries none: "
                                                    "there it does not apply; use a REQUEST authorizer"});
  if (rules.failed_tokens)
    warnings.push_back({rules.failed_tokens->place,
                        "failed_tokens counts by address, and a TOKEN authorizer's event carries none: there it does "
                        "not apply; use a REQUEST authorizer"});
}

// Where some limit counts them too, the others are meant for whoever shows a token.
void warn_of_public_routes(const Rules& rules, std::vector<RuleProblem>& warnings) {
  for (const RouteRule& route : rules.routes) {
    if (!std::holds_alternative<PublicAccess>(route.access) || route.limits.empty()) continue;
    const bool counts_everybody = std::any_of(rules.limits.begin(), rules.limits.end(), [&](const LimitRule& limit) {
      return std::find(route.limits.begin(), route.limits.end(), limit.name) != route.limits.end() &&
             !has(limit, is_of_token);
    });
    if (!counts_everybody)
      warnings.push_back({route.place, '"' + route.route +
                                           "\" is public, and its limits count by what a verified "
                                           "token says: callers without one are not counted; add one by address"});
  }
}

}  // namespace

bool counts_addresses(const Rules& rules) {
  return rules.failed_tokens || std::any_of(rules.limits.begin(), rules.limits.end(),
                                            [](const LimitRule& limit) { return has(limit, is_address); });
}

std::vector<RuleProblem> limit_warnings(const config::Config& config) {
  std::vector<RuleProblem> warnings;
  warn_of_public_routes(config.rules, warnings);
  return warnings;
}

std::vector<RuleProblem> limit_warnings_of_cache(const config::Config& config) {
  const auto& limits = config.rules.limits;
  const auto cache = config.lambda.cache.count();
  const bool any =
      std::any_of(limits.begin(), limits.end(), [](const LimitRule& limit) { return limit.mode == Mode::enforce; });
  if (!any || cache == 0) return {};
  return {{place_of(config, "lambda.cache"),
           "behind API Gateway limits count only what its cache does not answer: a caller whose answer is "
           "kept is not counted for up to " +
               std::to_string(cache) +
               " s, however often he calls; and a refusal is a plain 401, or, of an HTTP API, kept as long; "
               "set the authorizer's TTL to 0 and write lambda: { cache: 0 }"}};
}

std::vector<RuleProblem> limit_warnings_of_function(const config::Config& config) {
  std::vector<RuleProblem> warnings;
  if (config.rules.limits.empty() && !config.rules.failed_tokens) return warnings;
  warn_of_memory(config, warnings);
  warn_of_address(config, warnings);
  return warnings;
}

}  // namespace portcullis::lambda
