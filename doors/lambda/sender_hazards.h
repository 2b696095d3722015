// What a Lambda authorizer cannot do for tokens that are bound to their sender. tokens.md §5.10.
#pragma once

#include <vector>

#include "edge/config/config.h"

namespace portcullis::lambda {

/// Settings under which no caller with a DPoP token could ever get in: refused at the start.
std::vector<RuleProblem> sender_faults(const config::Config& config);

/// Worth knowing before a token is bound to its sender.
std::vector<RuleProblem> sender_warnings(const config::Config& config);

}  // namespace portcullis::lambda
