#include "world/gateway/gateway_responses.h"

#include <array>
#include <string>

#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

struct FaultFacts {
  GatewayFault fault;
  std::string_view name;
  int status;
  std::string_view message;  // empty: null
  std::string_view error_type;
};

// clang-format off
constexpr std::array faults{
    FaultFacts{GatewayFault::access_denied, "access_denied", 403, "User is not authorized to access this resource", "AccessDeniedException"},
    FaultFacts{GatewayFault::access_denied_explicitly, "access_denied", 403, "User is not authorized to access this resource with an explicit deny", "AccessDeniedException"},
    FaultFacts{GatewayFault::api_configuration_error, "api_configuration_error", 500, "Internal server error", "InternalServerErrorException"},
    FaultFacts{GatewayFault::authorizer_configuration_error, "authorizer_configuration_error", 500, "", "AuthorizerConfigurationException"},
    FaultFacts{GatewayFault::authorizer_failure, "authorizer_failure", 500, "", "AuthorizerFailureException"},
    FaultFacts{GatewayFault::bad_request_body, "bad_request_body", 400, "Invalid request body", "BadRequestException"},
    FaultFacts{GatewayFault::bad_request_parameters, "bad_request_parameters", 400, "Missing required request parameters", "BadRequestException"},
    FaultFacts{GatewayFault::expired_token, "expired_token", 403, "Signature expired", "InvalidSignatureException"},
    FaultFacts{GatewayFault::integration_failure, "integration_failure", 504, "Network error communicating with endpoint", "InternalServerErrorException"},
    FaultFacts{GatewayFault::integration_timeout, "integration_timeout", 504, "Endpoint request timed out", "InternalServerErrorException"},
    FaultFacts{GatewayFault::invalid_api_key, "invalid_api_key", 403, "Forbidden", "ForbiddenException"},
    FaultFacts{GatewayFault::invalid_signature, "invalid_signature", 403, "The request signature we calculated does not match the signature you provided.", "InvalidSignatureException"},
    FaultFacts{GatewayFault::missing_authentication_token, "missing_authentication_token", 403, "Missing Authentication Token", "MissingAuthenticationTokenException"},
    FaultFacts{GatewayFault::quota_exceeded, "quota_exceeded", 429, "Limit Exceeded", "LimitExceededException"},
    FaultFacts{GatewayFault::request_too_large, "request_too_large", 413, "HTTP content length exceeded 10485760 bytes.", "RequestTooLargeException"},
    FaultFacts{GatewayFault::resource_not_found, "resource_not_found", 404, "Not Found", "NotFoundException"},
    FaultFacts{GatewayFault::throttled, "throttled", 429, "Too Many Requests", "TooManyRequestsException"},
    FaultFacts{GatewayFault::unauthorized, "unauthorized", 401, "Unauthorized", "UnauthorizedException"},
    FaultFacts{GatewayFault::unsupported_media_type, "unsupported_media_type", 415, "Unsupported Media Type", "BadRequestException"},
    FaultFacts{GatewayFault::waf_filtered, "waf_filtered", 403, "Forbidden", "ForbiddenException"},
    FaultFacts{GatewayFault::malformed_proxy_response, "malformed_proxy_response", 502, "Internal server error", "InternalServerErrorException"},
    FaultFacts{GatewayFault::uri_too_long, "uri_too_long", 414, "Request URI too long", "RequestURITooLongException"},  // type unsure
    FaultFacts{GatewayFault::headers_too_large, "headers_too_large", 431, "Request header fields too large", "RequestHeaderFieldsTooLargeException"},  // type unsure
};
// clang-format on

static_assert([] {
  for (std::size_t i = 0; i < faults.size(); ++i)
    if (static_cast<std::size_t>(faults[i].fault) != i) return false;
  return faults.size() == static_cast<std::size_t>(GatewayFault::headers_too_large) + 1;
}());  // every fault has its row, in order

constexpr const FaultFacts& facts_of(GatewayFault fault) noexcept {
  return faults[static_cast<std::size_t>(fault)];
}

}  // namespace

int status_of(GatewayFault fault) noexcept {
  return facts_of(fault).status;
}
std::string_view name_of(GatewayFault fault) noexcept {
  return facts_of(fault).name;
}

net::HttpResponse gateway_response(GatewayFault fault, std::string_view request_id, const net::Headers& cors) {
  const FaultFacts& row = facts_of(fault);
  JsonWriter json;
  json.begin_object().key(row.error_type == "AccessDeniedException" ? "Message" : "message");  // AWS spells it so
  if (row.message.empty())
    json.null();
  else
    json.string(row.message);
  json.end_object();
  net::HttpResponse response{row.status,
                             {{"Content-Type", "application/json"},
                              {"x-amzn-RequestId", std::string{request_id}},
                              {"x-amzn-ErrorType", std::string{row.error_type}}},
                             std::move(json).text()};
  for (const auto& [name, value] : cors) response.headers.add(name, value);
  return response;
}

}  // namespace portcullis::world
