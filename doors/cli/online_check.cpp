#include "doors/cli/online_check.h"

#include <algorithm>
#include <chrono>

#include "doors/cli/session.h"
#include "doors/keys/key_listing.h"
#include "doors/lambda/shared_store.h"
#include "edge/system/clock.h"
#include "edge/system/random.h"

namespace portcullis::cli {
namespace {

void judge_issuer(const IssuerRule& rule, const KeyStatus& status, OnlineCheck& result) {
  if (status.clocks_differ())
    result.warnings.push_back({rule.place, "the clock of " + status.issuer + " is " +
                                               clock_in_words(*status.clock_offset) +
                                               ": tokens expire too early or too late; set this machine's by NTP"});
  if (!std::holds_alternative<RemoteKeys>(rule.keys)) return;
  if (!status.keys) {
    result.unreachable.push_back({rule.place, "no keys of " + status.issuer + " from " + status.source + ": " +
                                                  (status.last_error.empty() ? "no answer" : status.last_error)});
    return;
  }
  const auto keys = status.keys->keys();
  for (const Algorithm algorithm : rule.expect.algorithms.items())
    if (std::none_of(keys.begin(), keys.end(), [&](const VerificationKey& key) { return key.fits(algorithm); }))
      result.warnings.push_back(
          {rule.place, "no key of " + status.issuer + " fits " + std::string{name_of(algorithm)} +
                           ": no token signed so can pass; compare 'algorithms' with what the issuer signs with"});
}

// A server that waits less is judged by that, where the file has one.
std::chrono::milliseconds patience_of(const config::Config& config) {
  return config.written.contains("serve") ? net::RedisDeadlines{}.command : lambda::SharedStore::usual.command;
}

// What a decision asks, of names that no decision has: it takes nothing, and what is remembered is gone at once. With
// more patience than a decision has, so that one that is late is told from one that is not there.
void ask_store(const config::Config& config, OnlineCheck& result) {
  if (!config.store) return;
  constexpr net::RedisDeadlines patient{.connect = std::chrono::seconds{2}, .command = std::chrono::seconds{2}};
  lambda::SharedStore store{*config.store, std::nullopt, [](const net::StoreChange&) {}, patient};
  NeedLimit limit{.cost = 0, .takes = {LimitTake{.burst = 1}}};
  NeedReplayCheck proof;
  system::fill_random(limit.owner);
  system::fill_random(limit.takes.front().key);
  system::fill_random(proof.key);
  const LimitOutcome bucket = store.ask(limit);
  const auto* failed = std::get_if<StoreFailed>(&bucket);
  const auto began = std::chrono::steady_clock::now();  // there is a connection by now
  const ReplayOutcome seen = failed ? ReplayOutcome{} : store.ask(proof);
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (!failed) failed = std::get_if<StoreFailed>(&seen);
  result.store = failed ? OnlineCheck::Store::failed : OnlineCheck::Store::answers;
  if (failed) {
    result.unreachable.push_back({place_of(config, "store"), "the store is out of reach: " + failed->why});
  } else if (const auto patience = patience_of(config); took > patience) {
    result.warnings.push_back({place_of(config, "store"),
                               "the store answered in " + std::to_string(took.count()) + " ms, and a decision waits " +
                                   std::to_string(patience.count()) +
                                   " ms, then when_store_fails holds; ask again from the machine that decides, and if "
                                   "it is as slow there, bring the two nearer together"});
  }
}

}  // namespace

OnlineCheck ask_outside(const Authorizer& authorizer, const config::Config& config) {
  lambda::QuestionDesk desk{authorizer, fetch_over_network(config.purpose), system::read_clocks};
  const auto issuers = static_cast<int>(authorizer.rules().issuers.size());
  desk.warm_up(issuers * Session::longest_fetch);
  OnlineCheck result;
  result.issuers = authorizer.key_status(system::read_clocks());
  for (std::size_t i = 0; i < result.issuers.size(); ++i)
    judge_issuer(authorizer.rules().issuers[i], result.issuers[i], result);
  ask_store(config, result);
  return result;
}

}  // namespace portcullis::cli
