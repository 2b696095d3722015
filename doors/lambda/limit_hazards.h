// Where a limit counts less than every call, or each instance for itself, and by how much. design.md §4, §7.
#pragma once

#include <vector>

#include "edge/config/config.h"

namespace portcullis::lambda {

/// What a limit leaves uncounted behind every door: callers without a token.
std::vector<RuleProblem> limit_warnings(const config::Config& config);
/// What a limit leaves uncounted behind a gateway that keeps answers: whatever it answers by itself.
std::vector<RuleProblem> limit_warnings_of_cache(const config::Config& config);
/// What a Lambda function cannot do for limits: count for other instances, and see addresses in TOKEN events.
std::vector<RuleProblem> limit_warnings_of_function(const config::Config& config);

/// Whether something is counted by address.
bool counts_addresses(const Rules& rules);

}  // namespace portcullis::lambda
