// check --online: what issuers and store say, beside what the configuration says.
#pragma once

#include <cstdint>
#include <vector>

#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::cli {

struct OnlineCheck {
  enum class Store : std::uint8_t { none, answers, failed };

  std::vector<KeyStatus> issuers;        // in the order of the rules, local keys too
  Store store = Store::none;             // the shared one
  std::vector<RuleProblem> unreachable;  // whose keys could not be had; the store
  std::vector<RuleProblem> warnings;     // a clock that differs, an algorithm that no key fits
};

/// Fetches the keys of every issuer, with a new authorizer's empty caches and the real clock, and asks the store about
/// a bucket and a proof that are nobody's.
OnlineCheck ask_outside(const Authorizer& authorizer, const config::Config& config);

}  // namespace portcullis::cli
