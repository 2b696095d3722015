// Where a configuration and the template that deploys it disagree.
#pragma once

#include "doors/cli/proposal.h"
#include "edge/config/config.h"

namespace portcullis::cli {

struct Differences {
  std::vector<RuleProblem> errors;    // every call fails, or an answer outlives its rule
  std::vector<RuleProblem> warnings;  // somebody gets another answer than the configuration says
};

Differences compare(const config::Config& config, const deployment::Deployment& deployment, const Proposal& proposal);

}  // namespace portcullis::cli
