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
  /// As the integration sees it: strings whatever the scalar was, nullopt for null (gateway.md §3.5).
  std::vector<std::pair<std::string, std::optional<std::string>>> context;
  std::string usage_identifier_key;
  std::string decided_for;  // the id of the request it was asked about; whoever asked fills it in
};

/// @returns  why a REST API would answer 500, as a sentence for the gateway's log: not JSON, no
///           principalId, a malformed policy, an array or object in the context
Result<AuthorizerAnswer, std::string> parse_authorizer_answer(std::string_view json);

}  // namespace portcullis::world
