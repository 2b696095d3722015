// The rules, checked and ready to decide with.
#pragma once

#include <memory>
#include <vector>

#include "core/access/failed_tokens.h"
#include "core/access/limit_check.h"
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
  std::vector<std::shared_ptr<KeyCache>> caches;     // one for each distinct source
  std::uint32_t next_source = 0;                     // no cache of these rules or those before has that number
  std::vector<std::optional<std::size_t>> cache_of;  // by issuer; nothing: local keys
  std::vector<std::shared_ptr<const KeySet>> local;  // by issuer; null: remote keys
  std::unique_ptr<SenderCheck> sender;
  std::string dpop_algorithms;  // "ES256 PS256", for challenges
  DpopOffer dpop_offer = DpopOffer::silent;
  std::shared_ptr<LimitTables> limit_tables;          // null: no limits
  std::unique_ptr<const LimitCheck> limits;           // null: no limits
  std::unique_ptr<const FailedTokens> failed_tokens;  // null: they are not counted

  /// The cache with that number; null: there is none (any more).
  KeyCache* cache_numbered(std::uint32_t source) const noexcept;
};

/// @param before  rules of this process that these follow: what is known of keys, limits and proofs is taken over;
///                null: they are the first
/// @returns every problem: unreadable routes, pairs that match the same requests, issuers that cannot be
///          told apart, algorithms that no key can have, limits that cannot be kept
Result<CompiledRules, std::vector<RuleProblem>> compile(Rules rules, const Secrets& secrets,
                                                        const CompiledRules* before);

}  // namespace portcullis
