// What a Lambda authorizer cannot do for tokens that are bound to their sender. tokens.md §5.10.
#pragma once

#include <vector>

#include "edge/config/config.h"

namespace portcullis::lambda {

/// Settings under which no caller with a DPoP token could ever get in: refused at the start.
std::vector<RuleProblem> sender_faults(const config::Config& config);

/// Worth knowing before a token is bound to its sender.
std::vector<RuleProblem> sender_warnings(const config::Config& config);
/// What a Lambda function cannot do for them: know of proofs that other instances have seen.
std::vector<RuleProblem> sender_warnings_of_function(const config::Config& config);

/// Whether a route lets in nobody without a DPoP proof.
bool demands_dpop(const Rules& rules);

}  // namespace portcullis::lambda
