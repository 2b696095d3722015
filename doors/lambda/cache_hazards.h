// Routes and limits whose right answer does not last as long as the gateway keeps it. design.md §4.
#pragma once

#include <chrono>
#include <vector>

#include "portcullis/rules.h"

namespace portcullis::lambda {

/// @param cache  how long the gateway keeps an authorizer's answer
/// @returns every route and limit that needs this to be 0; nothing where it is
std::vector<RuleProblem> cache_hazards(const Rules& rules, std::chrono::seconds cache);

}  // namespace portcullis::lambda
