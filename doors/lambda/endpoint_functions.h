// The example endpoints behind the gateway: the handlers `public` and `private`. gateway.md §7. Behind $connect they
// accept the subprotocol that brought the token (gateway.md §2.4).
#pragma once

#include <string>
#include <vector>

#include "doors/lambda/function.h"

namespace portcullis::lambda {

/// Which pages may read an endpoint's answer, and which of its header fields besides those the gateway adds.
struct Pages {
  std::vector<std::string> origins;  // exact ones, or "*"
  std::vector<std::string> exposed{};
};

/// Answers everybody.
class PublicEndpoint : public Function {
 public:
  explicit PublicEndpoint(Pages pages) : pages_(std::move(pages)) {}
  FunctionResult handle(const Invocation& invocation) override;

 private:
  Pages pages_;
};

/// Stands behind the authorizer, and greets the caller it named: /orders and /admin by their subject.
class PrivateEndpoint : public Function {
 public:
  explicit PrivateEndpoint(Pages pages) : pages_(std::move(pages)) {}
  FunctionResult handle(const Invocation& invocation) override;

 private:
  Pages pages_;
};

}  // namespace portcullis::lambda
