// One call of a function and what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "world/functions/function_log.h"

namespace portcullis::world {

struct InvocationResult {
  enum class Kind : std::uint8_t {
    answered,        // `payload` is the function's answer
    function_error,  // it reported an error, ended, or ran out of time: `error_type`, `error_message`
    gave_up,         // no answer while the caller was willing to wait
    refused,         // not called: unknown function, queue full, event too large
  };
  Kind kind = Kind::refused;
  std::string payload;
  std::string error_type;
  std::string error_message;  // API Gateway looks at this one alone: gateway.md §3.3
  std::string request_id;     // of the invocation
  DecisionRecord decision;
};

using Invoked = std::function<void(InvocationResult)>;
/// Calls the function of this name with this event.
using Invoke = std::function<void(const std::string& function, std::string event, Invoked)>;

}  // namespace portcullis::world
