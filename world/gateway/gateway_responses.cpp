#include "world/gateway/gateway_responses.h"

#include <algorithm>
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

const ResponseSetting* setting_for(GatewayFault fault, const std::vector<ResponseSetting>& settings) {
  const std::string_view fallback = status_of(fault) >= 500 ? "default_5xx" : "default_4xx";
  for (const std::string_view type : {name_of(fault), fallback})
    if (const auto found = std::ranges::find(settings, type, &ResponseSetting::type); found != settings.end())
      return &*found;
  return nullptr;
}

std::optional<std::string> value_of(std::string_view mapping, const AuthorizerAnswer* authorized) {
  constexpr std::string_view context = "context.authorizer.";
  if (mapping.size() >= 2 && mapping.starts_with('\'') && mapping.ends_with('\''))
    return std::string{mapping.substr(1, mapping.size() - 2)};
  if (!authorized || !mapping.starts_with(context)) return std::nullopt;
  for (const auto& [name, value] : authorized->context)
    if (name == mapping.substr(context.size())) return value;
  return std::nullopt;
}

bool stays_on_its_line(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

struct HttpApiWords {
  int status;
  std::string_view message;
};

HttpApiWords http_api_words(GatewayFault fault) {
  switch (fault) {
    case GatewayFault::unauthorized:
      return {401, "Unauthorized"};
    case GatewayFault::access_denied:
    case GatewayFault::access_denied_explicitly:
    case GatewayFault::waf_filtered:
      return {403, "Forbidden"};
    case GatewayFault::missing_authentication_token:
    case GatewayFault::resource_not_found:
      return {404, "Not Found"};
    case GatewayFault::request_too_large:
      return {413, "Request Entity Too Large"};
    case GatewayFault::uri_too_long:
      return {414, "URI Too Long"};
    case GatewayFault::throttled:
    case GatewayFault::quota_exceeded:
      return {429, "Too Many Requests"};
    case GatewayFault::headers_too_large:
      return {431, "Request Header Fields Too Large"};
    case GatewayFault::integration_timeout:
      return {503, "Service Unavailable"};
    case GatewayFault::api_configuration_error:
    case GatewayFault::authorizer_configuration_error:
    case GatewayFault::authorizer_failure:
    case GatewayFault::bad_request_body:
    case GatewayFault::bad_request_parameters:
    case GatewayFault::expired_token:
    case GatewayFault::integration_failure:
    case GatewayFault::invalid_api_key:
    case GatewayFault::invalid_signature:
    case GatewayFault::unsupported_media_type:
    case GatewayFault::malformed_proxy_response:
      break;
  }
  return {500, "Internal Server Error"};
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

net::HttpResponse http_api_response(GatewayFault fault, std::string_view request_id, const net::Headers& cors) {
  const HttpApiWords words = http_api_words(fault);
  JsonWriter json;
  json.begin_object().key("message").string(words.message).end_object();
  net::HttpResponse response{words.status,
                             {{"Content-Type", "application/json"}, {"apigw-requestid", std::string{request_id}}},
                             std::move(json).text()};
  for (const auto& [name, value] : cors) response.headers.add(name, value);
  return response;
}

void customise(GatewayFault fault, const std::vector<ResponseSetting>& settings, const AuthorizerAnswer* authorized,
               net::HttpResponse& response) {
  const ResponseSetting* setting = setting_for(fault, settings);
  if (!setting) return;
  response.status = setting->status.value_or(response.status);
  for (const auto& [name, mapping] : setting->headers)
    if (auto value = value_of(mapping, authorized); value && stays_on_its_line(*value))
      response.headers.add(name, *std::move(value));
}

}  // namespace portcullis::world
