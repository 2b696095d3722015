// The issuer that the environment alone describes, with the names people already have. design.md §3.
#pragma once

#include <optional>
#include <vector>

#include "edge/config/config.h"

namespace portcullis::config {

struct EnvironmentIssuer {
  std::optional<IssuerRule> issuer;  // nothing: the environment names none
  std::vector<RuleProblem> problems;
  std::vector<RuleProblem> notes;
};

EnvironmentIssuer issuer_from(const Environment& environment, Purpose purpose);

/// AUTH0_ALGORITHMS and AUTH0_LEEWAY; they override what a file says. Problems are added to `problems`.
void apply_overrides(const Environment& environment, Rules& rules, std::vector<RuleProblem>& problems);

}  // namespace portcullis::config
