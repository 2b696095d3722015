// Decisions as they were written down: a decision line of a log, a line of what /decisions answers, or what verify and
// decide print as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/reason.h"
#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis::cli {

/// Foreign text; only as shown() makes it may anybody see it.
struct RecordedDecision {
  Reason reason;
  std::string detail, route;
  std::vector<std::string> missing;
  Mode mode = Mode::enforce;  // report: whatever was decided, the request was let through
};

/// What stands before the first brace (a time, a stream's name) is passed over.
/// @returns nothing for a log line of another kind; or why the line is no decision, which quotes nothing of it
Result<std::optional<RecordedDecision>, std::string> read_decision(std::string_view line);

}  // namespace portcullis::cli
