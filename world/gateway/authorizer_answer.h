// What an authorizer function answers, read and checked: gateway.md §3.1, §3.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portcullis/result.h"
#include "world/gateway/policy_evaluation.h"

namespace portcullis::world {

struct AuthorizerAnswer {
  std::string principal;
  Policy policy;
  std::optional<bool> authorized;  // a simple answer, in the place of principal and policy
  /// As the integration sees it: strings whatever the scalar was, nullopt for null (gateway.md §3.5).
  std::vector<std::pair<std::string, std::optional<std::string>>> context;
  std::string context_json;  // payload 2.0 keeps the types: a JSON object, or null
  std::string usage_identifier_key;
  std::string decided_for;  // the id of the request it was asked about; whoever asked fills it in
};

/// What may stand in an answer: a policy with a context of scalars (REST, WebSocket, payload 1.0) or of any JSON
/// (payload 2.0), or yes or no (payload 2.0 with simple responses).
enum class AnswerForm : std::uint8_t { policy, policy_with_any_context, simple };

/// May this caller invoke `method_arn`? A simple answer is the same for every method.
Verdict evaluate(const AuthorizerAnswer& answer, std::string_view method_arn);

/// @returns  why the gateway would answer 500, as a sentence for its log: not JSON, no principalId, a malformed policy,
///           an array or object in the context, another form than is configured
Result<AuthorizerAnswer, std::string> parse_authorizer_answer(std::string_view json, AnswerForm form);

}  // namespace portcullis::world
