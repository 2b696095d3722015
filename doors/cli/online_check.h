// check --online: what the issuers say, beside what the configuration says.
#pragma once

#include <vector>

#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::cli {

struct OnlineCheck {
  std::vector<KeyStatus> issuers;        // in the order of the rules, local keys too
  std::vector<RuleProblem> unreachable;  // whose keys could not be had
  std::vector<RuleProblem> warnings;     // a clock that differs, an algorithm that no key fits
};

/// Fetches the keys of every issuer, with a new authorizer's empty caches and the real clock.
OnlineCheck ask_issuers(const Authorizer& authorizer, config::Purpose purpose);

}  // namespace portcullis::cli
