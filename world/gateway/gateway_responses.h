// The answers that API Gateway gives itself: gateway.md §5.1.
#pragma once

#include <cstdint>
#include <string_view>

#include "edge/net/http_message.h"

namespace portcullis::world {

/// The types of a REST API, and those answers that AWS gives without naming a type.
enum class GatewayFault : std::uint8_t {
  access_denied,
  access_denied_explicitly,  // ACCESS_DENIED by a Deny statement: only the text differs
  api_configuration_error,
  authorizer_configuration_error,
  authorizer_failure,
  bad_request_body,
  bad_request_parameters,
  expired_token,  // of an AWS signature, never of a JWT
  integration_failure,
  integration_timeout,
  invalid_api_key,
  invalid_signature,
  missing_authentication_token,  // also every unknown path or method
  quota_exceeded,
  request_too_large,
  resource_not_found,
  throttled,
  unauthorized,
  unsupported_media_type,
  waf_filtered,
  malformed_proxy_response,
  uri_too_long,
  headers_too_large,
};

int status_of(GatewayFault fault) noexcept;
/// The name of the type, for the request line: "integration_timeout".
std::string_view name_of(GatewayFault fault) noexcept;

/// Status, JSON body, x-amzn-ErrorType, x-amzn-RequestId, and `cors` on every one: without them a
/// browser shows a network error where a 401 was meant (case C027).
net::HttpResponse gateway_response(GatewayFault fault, std::string_view request_id, const net::Headers& cors);

}  // namespace portcullis::world
