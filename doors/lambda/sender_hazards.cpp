#include "doors/lambda/sender_hazards.h"

#include <algorithm>

#include "core/access/requirement.h"
#include "core/access/route_pattern.h"

namespace portcullis::lambda {

// API Gateway answers a 401 by itself, with headers that are the same for everybody.
std::vector<RuleProblem> sender_faults(const config::Config& config) {
  if (config.rules.dpop.nonce == DpopNonce::off) return {};
  return {{place_of(config, "dpop.nonce"),
           "dpop.nonce: required does not work behind API Gateway: an authorizer cannot send the header DPoP-Nonce, so "
           "no client would ever learn the nonce; write off"}};
}

std::vector<RuleProblem> sender_warnings(const config::Config& config) {
  std::vector<RuleProblem> warnings;
  if (config.rules.dpop.offer != DpopOffer::silent && config.lambda.cache.count() != 0)
    warnings.push_back(
        {place_of(config, "dpop"),
         "with a cache the gateway lets a copied DPoP token through without a proof, on the route it was used on, "
         "until the answer is forgotten; set the authorizer's TTL to 0 and write lambda: { cache: 0 }"});
  for (const RouteRule& route : config.rules.routes)
    if (route.route == web_socket_connect_path &&
        (asks_for(route.access, BoundSender::dpop) || asks_for(route.access, BoundSender::mtls)))
      warnings.push_back({route.place,
                          "\"$connect\" has sender, and a WebSocket's handshake tells neither its URL nor a client "
                          "certificate: nobody gets in; remove it"});
  return warnings;
}

std::vector<RuleProblem> sender_warnings_of_function(const config::Config& config) {
  const Rules& rules = config.rules;
  if (rules.limit_store == LimitStore::shared || (rules.dpop.offer == DpopOffer::silent && !demands_dpop(rules)))
    return {};
  return {{place_of(config, "store"),
           "store: memory remembers seen DPoP proofs in each process by itself: a copied request passes once at each "
           "instance of a function; where it may not, let them share a store: rediss://…"}};
}

bool demands_dpop(const Rules& rules) {
  return std::any_of(rules.routes.begin(), rules.routes.end(),
                     [](const RouteRule& route) { return asks_for(route.access, BoundSender::dpop); });
}

}  // namespace portcullis::lambda
