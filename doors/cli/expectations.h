// A file of requests and the decisions they should get: what `portcullis test` reads.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "doors/cli/owned_request.h"
#include "edge/config/config.h"
#include "portcullis/time.h"

namespace portcullis::cli {

struct Expectation {
  Place place;
  std::string line;  // "GET /orders/1"
  OwnedRequest request;
  std::optional<WallTime> at;
  std::optional<Reason> reason;  // nothing: any decision that allows

  bool is_met_by(const Decision& decision) const { return reason ? decision.reason == *reason : decision.passes(); }
};

/// @returns every problem, each with its place; nothing half-read
Result<std::vector<Expectation>, std::vector<RuleProblem>> read_expectations(const std::string& file,
                                                                             const config::Environment& environment);

}  // namespace portcullis::cli
