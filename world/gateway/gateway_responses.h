// The answers that API Gateway gives itself: gateway.md §5.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/net/http_message.h"
#include "world/gateway/authorizer_answer.h"

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

/// Of a REST or WebSocket API: status, JSON body, x-amzn-ErrorType, x-amzn-RequestId, and `cors` on every one: without
/// them a browser shows a network error where a 401 was meant (case C027).
net::HttpResponse gateway_response(GatewayFault fault, std::string_view request_id, const net::Headers& cors);
/// Of an HTTP API: fewer words, no types, and 404 for what does not exist (gateway.md §3.3, §5.1).
net::HttpResponse http_api_response(GatewayFault fault, std::string_view request_id, const net::Headers& cors);

/// A REST API's own say about one of these answers (AWS::ApiGateway::GatewayResponse).
struct ResponseSetting {
  std::string type;  // as name_of() has it, or default_4xx, default_5xx: for the types without a setting of their own
  std::optional<int> status;
  std::vector<std::pair<std::string, std::string>> headers;  // name, and 'literal' or context.authorizer.KEY
};
/// Puts the setting that is meant for this fault into its answer. A value that the authorizer did not give, or that
/// would end its line, is left out.
/// @param authorized  may be null
void customise(GatewayFault fault, const std::vector<ResponseSetting>& settings, const AuthorizerAnswer* authorized,
               net::HttpResponse& response);

}  // namespace portcullis::world
