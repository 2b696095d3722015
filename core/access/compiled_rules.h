// The rules, checked and ready to decide with.
#pragma once

#include <memory>
#include <vector>

#include "core/access/route_table.h"
#include "core/access/sender.h"
#include "core/keys/key_cache.h"
#include "core/token/token_cache.h"
#include "portcullis/authorizer.h"

namespace portcullis {

struct CompiledRules {
  Rules rules;
  RouteTable table;
  std::vector<std::shared_ptr<const MatchedRule>> matched;  // by route
  std::shared_ptr<const MatchedRule> unlisted;              // what a decision by `default` tells
  std::unique_ptr<const TokenCache> verified;
  std::vector<std::unique_ptr<KeyCache>> caches;     // one for each distinct source
  std::vector<std::optional<std::size_t>> cache_of;  // by issuer; nothing: local keys
  std::vector<std::shared_ptr<const KeySet>> local;  // by issuer; null: remote keys
  std::unique_ptr<SenderCheck> sender;
  std::string dpop_algorithms;  // "ES256 PS256", for challenges
  DpopOffer dpop_offer = DpopOffer::silent;
};

/// @returns every problem: unreadable routes, pairs that match the same requests, issuers that cannot be
///          told apart, algorithms that no key can have
Result<CompiledRules, std::vector<RuleProblem>> compile(Rules rules, const Secrets& secrets);

}  // namespace portcullis
