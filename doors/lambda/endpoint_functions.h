// The example endpoints behind the gateway: the handlers `public` and `private`. gateway.md §7. Behind $connect they
// accept the subprotocol that brought the token (gateway.md §2.4).
#pragma once

#include <string>
#include <vector>

#include "doors/lambda/function.h"

namespace portcullis::lambda {

/// Answers everybody.
class PublicEndpoint : public Function {
 public:
  explicit PublicEndpoint(std::vector<std::string> origins) : origins_(std::move(origins)) {}
  FunctionResult handle(const Invocation& invocation) override;

 private:
  std::vector<std::string> origins_;
};

/// Stands behind the authorizer, and greets the caller it named: /orders and /admin by their subject.
class PrivateEndpoint : public Function {
 public:
  explicit PrivateEndpoint(std::vector<std::string> origins) : origins_(std::move(origins)) {}
  FunctionResult handle(const Invocation& invocation) override;

 private:
  std::vector<std::string> origins_;
};

}  // namespace portcullis::lambda
