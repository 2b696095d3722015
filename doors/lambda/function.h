// What the runtime loop runs: one function, chosen by _HANDLER.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "doors/lambda/answer.h"

namespace portcullis::lambda {

/// One invocation as the service announced it.
struct Invocation {
  std::string request_id;
  std::string event;
  std::chrono::milliseconds budget{0};  // until the deadline, less a margin
};

/// Handles invocations, several at once when the service allows it. Must not throw.
class Function {
 public:
  virtual ~Function() = default;
  /// Before the first invocation, with time to spare; failure is not fatal.
  virtual void warm_up() {}
  virtual FunctionResult handle(const Invocation& invocation) = 0;
  /// After an answer was delivered and before the next event is asked for.
  virtual void after_answer() {}
};

}  // namespace portcullis::lambda
