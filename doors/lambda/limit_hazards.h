// Where a limit counts less than every call, or each instance for itself, and by how much. design.md §4, §7.
#pragma once

#include <vector>

#include "edge/config/config.h"

namespace portcullis::lambda {

/// Worth knowing of limits, whatever door is used; nothing where there are none.
std::vector<RuleProblem> limit_warnings(const config::Config& config);

}  // namespace portcullis::lambda
