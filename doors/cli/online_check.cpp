#include "doors/cli/online_check.h"

#include <algorithm>

#include "doors/keys/key_listing.h"
#include "doors/cli/session.h"
#include "edge/system/clock.h"

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

}  // namespace

OnlineCheck ask_issuers(const Authorizer& authorizer, config::Purpose purpose) {
  lambda::QuestionDesk desk{authorizer, fetch_over_network(purpose), system::read_clocks};
  const auto issuers = static_cast<int>(authorizer.rules().issuers.size());
  desk.warm_up(issuers * Session::longest_fetch);
  OnlineCheck result;
  result.issuers = authorizer.key_status(system::read_clocks());
  for (std::size_t i = 0; i < result.issuers.size(); ++i)
    judge_issuer(authorizer.rules().issuers[i], result.issuers[i], result);
  return result;
}

}  // namespace portcullis::cli
