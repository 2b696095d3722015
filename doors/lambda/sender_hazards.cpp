#include "doors/lambda/sender_hazards.h"

namespace portcullis::lambda {
namespace {

Place place_of(const config::Config& config, std::string_view setting) {
  const auto written = config.written.find(setting);
  return written == config.written.end() ? config.file : written->second.place;
}

}  // namespace

// API Gateway answers a 401 by itself, with headers that are the same for everybody.
std::vector<RuleProblem> sender_faults(const config::Config& config) {
  if (config.rules.dpop.nonce == DpopNonce::off) return {};
  return {{place_of(config, "dpop.nonce"),
           "dpop.nonce: required does not work behind API Gateway: an authorizer cannot send the header DPoP-Nonce, so "
           "no client would ever learn the nonce; write off"}};
}

std::vector<RuleProblem> sender_warnings(const config::Config& config) {
  if (config.rules.dpop.offer == DpopOffer::silent || config.lambda.cache.count() == 0) return {};
  return {{place_of(config, "dpop"),
           "with a cache the gateway lets a copied DPoP token through without a proof, on the route it was used on, "
           "until the answer is forgotten; set the authorizer's TTL to 0 and write lambda: { cache: 0 }"}};
}

}  // namespace portcullis::lambda
