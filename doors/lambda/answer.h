// Decisions in API Gateway's language. gateway.md §3.
#pragma once

#include <string>
#include <string_view>

#include "doors/lambda/event.h"
#include "doors/lambda/policy_document.h"

namespace portcullis::lambda {

/// Whether a policy allows the very method that was asked for.
enum class OwnMethod : std::uint8_t { refused, allowed };

/// What a function hands back to the Lambda service.
struct FunctionResult {
  enum class Kind : std::uint8_t { success, error };
  Kind kind;
  std::string body;                           // JSON: the result, or {"errorMessage","errorType","stackTrace":[]}
  std::string error_type;                     // for the header Lambda-Runtime-Function-Error-Type; empty for a success
  OwnMethod own_method = OwnMethod::refused;  // of an authorizer's policy
};

/// A function error. Only the exact message "Unauthorized" becomes a 401 at the gateway.
FunctionResult function_error(std::string_view message, std::string_view type);
FunctionResult unauthorized();
/// An event, request or result that cannot be answered: 500 at the gateway.
FunctionResult internal_error(std::string_view why);

/// REST and WebSocket: allow and 403: a policy; 400 and 401: Unauthorized, or, with `deny: context`, a policy that
/// denies (told_refusal.h); 429: such a policy, or Unauthorized where a gateway would keep it; 5xx: another error.
/// HTTP API: 5xx: an error; everything else a policy or, with payload 2.0 and `http_api: simple`, yes or no,
/// since there every error is a 500 to the client (gateway.md §3.3).
FunctionResult answer(const Decision& decision, const Grants& grants, const MethodArn& arn, EventForm form,
                      const config::LambdaSettings& settings);

}  // namespace portcullis::lambda
