// The Lambda service in small: functions by name.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "world/functions/lambda_function.h"

namespace portcullis::world {

/// Single-threaded. Destroying it kills the children.
class LambdaService {
 public:
  explicit LambdaService(net::EventLoop& loop) : loop_(loop) {}

  /// Adds a function and starts its process. A process that does not start is no failure here: the calls hear of it.
  Result<Done, std::string> add(FunctionSettings settings);
  void invoke(const std::string& function, std::string event, Invoked done);

 private:
  net::EventLoop& loop_;
  std::map<std::string, std::unique_ptr<LambdaFunction>> functions_;
};

}  // namespace portcullis::world
