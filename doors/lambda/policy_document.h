// The policy that survives caching: every route this caller may call, and nothing else. design.md §4.
#pragma once

#include <string>
#include <vector>

#include "doors/lambda/method_arn.h"
#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::lambda {

/// IAM statements; resources are whole ARNs.
struct PolicyDocument {
  enum class Form : std::uint8_t {
    compiled,  // right for every route, so it may be cached
    stage,     // the whole stage: the rules are equal everywhere
    method,    // right for the method asked for only
  };
  Form form = Form::method;
  std::vector<std::string> allow;
  std::vector<std::string> deny;

  std::string json() const;
};

/// The answer for one decision that is an allow, a 403 or a 429. Of a 429 nothing is in it but its own method: whoever
/// has used up one limit is granted nothing beside.
/// @param grants  what this caller may do everywhere
PolicyDocument policy_for(const Decision& decision, const Grants& grants, const MethodArn& arn,
                          config::LambdaSettings::Policy wanted);

/// Why these settings would grant more than the rules, as a sentence; empty: they do not.
std::string fault_of_policy(config::LambdaSettings::Policy wanted, const Rules& rules);

/// API Gateway's bounds: a Resource, and the whole answer with its context.
inline constexpr std::size_t most_resource_bytes = 512;
inline constexpr std::size_t most_answer_bytes = 8000;

}  // namespace portcullis::lambda
