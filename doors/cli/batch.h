// One JSON object a line in, one result a line out, never stopping at a bad line. design.md §2.
#pragma once

#include <functional>
#include <string>

#include "doors/cli/session.h"
#include "portcullis/json.h"

namespace portcullis::cli {

/// Judges one line's object; @returns the result line, or why the line is not what is expected
using BatchLine = std::function<Result<JsonWriter, std::string>(const Json& line)>;

/// Reads standard input to its end. "at" of a line moves the session's clock for that line.
/// @returns the exit code
int run_batch(Session& session, const BatchLine& judge);

}  // namespace portcullis::cli
