// Which limits contradict themselves, or cannot be kept. ratelimit.md §1.3.
#pragma once

#include <string_view>
#include <vector>

#include "portcullis/rules.h"

namespace portcullis {

/// Adds every problem of limits, of failed_tokens and of the routes that name them.
void check_limits(const Rules& rules, std::vector<RuleProblem>& problems);

/// The limit with this name; null: there is none.
const LimitRule* limit_named(const Rules& rules, std::string_view name) noexcept;

}  // namespace portcullis
