// Lambda proxy integration: the endpoint's event and its answer, for each kind of API (gateway.md §7).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "portcullis/result.h"
#include "world/gateway/authorizer_answer.h"
#include "world/gateway/gateway_responses.h"
#include "world/gateway/routed_request.h"

namespace portcullis::world {

/// What the authorizer found, as the endpoint sees it. Without an authorizer there is none of it.
struct Authorized {
  const AuthorizerAnswer* answer;
  std::chrono::milliseconds latency;  // 0 when the answer was cached
};

std::string proxy_event(const RoutedRequest& request, const GatewayApi& api,
                        const std::optional<Authorized>& authorized);

/// Why an answer is unusable: the gateway's own answer, and a sentence for its log.
struct Malformed {
  GatewayFault fault;
  std::string sentence;
};

/// Reads `{"statusCode","headers","multiValueHeaders","body","isBase64Encoded"}`. 502 for anything
/// malformed, an unknown member, a header that is none (no CR or LF gets through); 500 for broken base64.
/// Headers that belong to the gateway come out as x-amzn-Remapped-NAME in a REST API. With payload 2.0 unknown members
/// are ignored, `cookies` become headers, and an answer without `statusCode` is the body of a 200 itself.
Result<net::HttpResponse, Malformed> proxy_response(std::string_view json, ApiKind kind);

}  // namespace portcullis::world
