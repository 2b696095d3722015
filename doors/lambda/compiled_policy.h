// The rules of one caller as IAM patterns that are right for every path.
#pragma once

#include <optional>

#include "doors/lambda/method_arn.h"
#include "doors/lambda/policy_document.h"
#include "portcullis/authorizer.h"

namespace portcullis::lambda {

/// @returns nullopt where patterns cannot tell apart what is the caller's and what is not. Sizes are the
///          caller's business
std::optional<PolicyDocument> compiled_policy(const Grants& grants, const MethodArn& arn);

/// The whole stage, but the path forms that a decision refuses.
PolicyDocument stage_policy(const MethodArn& arn);

}  // namespace portcullis::lambda
