// What an authorizer is asked: gateway.md §2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "world/gateway/routed_request.h"

namespace portcullis::world {

/// The values of the authorizer's identity sources, in their order.
/// @returns nullopt when one of them is missing or empty: 401, and the function is not asked
std::optional<std::vector<std::string>> identity_values(const AuthorizerSettings& authorizer,
                                                        const RoutedRequest& request, ApiKind kind);

/// The event in the form of the API's kind: TOKEN with exactly three members, or REQUEST. Never with the body of the
/// request.
std::string authorizer_event(const AuthorizerSettings& authorizer, const RoutedRequest& request, const GatewayApi& api,
                             const std::string& method_arn);

}  // namespace portcullis::world
