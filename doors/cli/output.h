// Standard output, and the one line that says why a command could not do its work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/rules.h"

namespace portcullis::cli {

/// Writes to standard output. When nobody reads it any more (a closed pipe), says so on standard error
/// and ends the process with exit_undecided: what was asked could not be told.
void print(std::string_view text);
/// print() with a line end.
void print_line(std::string_view text);

/// "portcullis: MESSAGE" on standard error. @returns exit_usage, for `return complain(…)`
int complain(std::string_view message);
/// One line each, "PLACE: MESSAGE". @returns exit_usage
int complain(const std::vector<RuleProblem>& problems);

}  // namespace portcullis::cli
