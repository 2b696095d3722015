#include "world/gateway/cors.h"

#include <algorithm>

#include "edge/net/field_syntax.h"

namespace portcullis::world {
namespace {

// "*" would not cover Authorization (Fetch standard), so the names are listed
constexpr std::string_view allowed_headers =
    "authorization,content-type,dpop,x-amz-date,x-api-key,x-amz-security-token";
// x-amzn-*: why an answer is what it is, for the page and for whoever looks for it in the logs
constexpr std::string_view exposed_headers =
    "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, DPoP-Nonce, X-Request-Id, x-amzn-RequestId, "
    "x-amzn-ErrorType";
constexpr std::string_view every_method = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT";

bool lists(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

/// Access-Control-Allow-Origin and Vary, the part that all answers share.
net::Headers allow_origin(const CorsRules& rules, const net::HttpRequest& request) {
  net::Headers headers;
  const std::string_view origin = request.headers.first("Origin");
  if (lists(rules.origins, "*")) {
    headers.add("Access-Control-Allow-Origin", "*");
    return headers;
  }
  headers.add("Vary", "Origin");  // also where it is refused: the answer depends on it
  if (!origin.empty() && lists(rules.origins, origin)) headers.add("Access-Control-Allow-Origin", std::string{origin});
  return headers;
}

std::string method_list(const std::vector<std::string>& methods) {
  if (lists(methods, "ANY")) return std::string{every_method};
  std::string text = "OPTIONS";
  for (const std::string& method : methods)
    if (method != "OPTIONS") text += ',' + method;
  return text;
}

}  // namespace

bool is_preflight(const net::HttpRequest& request) {
  return request.method == "OPTIONS" && request.headers.has("Origin") &&
         request.headers.has("Access-Control-Request-Method");
}

net::HttpResponse preflight_response(const CorsRules& rules, const net::HttpRequest& request,
                                     const std::vector<std::string>& methods) {
  net::HttpResponse response{204, allow_origin(rules, request), {}};
  if (!response.headers.has("Access-Control-Allow-Origin")) return response;
  response.headers.add("Access-Control-Allow-Methods", method_list(methods));
  response.headers.add("Access-Control-Allow-Headers", std::string{allowed_headers});
  response.headers.add("Access-Control-Max-Age", "600");
  return response;
}

net::Headers cors_headers(const CorsRules& rules, const net::HttpRequest& request) {
  net::Headers headers = allow_origin(rules, request);
  if (headers.has("Access-Control-Allow-Origin"))
    headers.add("Access-Control-Expose-Headers", std::string{exposed_headers});
  return headers;
}

net::Headers with_cors(const net::Headers& answered, const net::Headers& cors) {
  constexpr std::string_view prefix = "access-control-";
  net::Headers headers;
  for (const auto& [name, value] : answered)
    if (!net::equal_ignoring_case(std::string_view{name}.substr(0, prefix.size()), prefix)) headers.add(name, value);
  for (const auto& [name, value] : cors) headers.add(name, value);
  return headers;
}

}  // namespace portcullis::world
