#include "world/gateway/explanation.h"

#include <algorithm>
#include <array>

#include "portcullis/reason.h"
#include "world/gateway/request_report.h"

namespace portcullis::world {
namespace {

struct Word {
  std::string_view code;
  Explanation explanation;
};

// clang-format off
constexpr std::array gateway_words{
    Word{"access_denied", {"The authorizer's policy does not allow this method and path.", "If it should: compare the policy with the rules. A cached policy must hold every route that the caller may call."}},
    Word{"api_configuration_error", {"The gateway could not call the endpoint's function, or not read its answer.", "Look into the function's log, in the folder that the terminal names."}},
    Word{"auth_server_unavailable", {"portcullis serve, which the proxy asks, did not answer.", "Look into serve.log, in the folder that the terminal names."}},
    Word{"authorizer_configuration_error", {"The authorizer function failed, or its answer is no policy.", "Look into the authorizer's log, in the folder that the terminal names."}},
    Word{"backend_unavailable", {"The function behind the proxy failed.", "Look into the function's log, in the folder that the terminal names."}},
    Word{"headers_too_large", {"The request line and the headers are larger than 10,240 bytes together.", "Send fewer or smaller headers; a large token is usually the cause."}},
    Word{"invalid_api_key", {"The authorizer named no API key of a usage plan.", "Set lambda.default_api_key to the key of a plan that is bound to this stage."}},
    Word{"integration_timeout", {"The endpoint's function did not answer in time.", "Look into the function's log, in the folder that the terminal names."}},
    Word{"malformed_proxy_response", {"The endpoint's function failed, or its answer is no proxy response.", "Look into the function's log, in the folder that the terminal names."}},
    Word{"no_handshake", {"The request opens no WebSocket, or not as RFC 6455 wants it.", "Connect with a WebSocket client, to ws:// and this address."}},
    Word{"preflight", {"The browser asked whether the page may send its request, and the gateway answered by itself.", "Nothing."}},
    Word{"quota_exceeded", {"The usage plan's quota of this period is used up.", "Wait for the next period, or ask for a larger plan."}},
    Word{"request_too_large", {"The request's body is larger than 10 MiB.", "Send less at once."}},
    Word{"resource_not_found", {"The request is allowed, and nothing is behind the proxy at this path and method.", "Compare both with what the terminal offers."}},
    Word{"throttled", {"More requests came than the usage plan or the stage admits.", "Wait a moment and try again, less often."}},
    Word{"unauthorized", {"The authorizer refused the caller and gave no reason.", "Look into the authorizer's log, in the folder that the terminal names."}},
    Word{"uri_too_long", {"The path is too long to be put to an authorizer.", "Use a shorter path."}},
};
// clang-format on

constexpr Explanation unknown_path{
    "This path or method does not exist in the API.",
    "Compare method, stage and path with what the terminal offers. The gateway says Missing Authentication Token then, "
    "as AWS does."};
constexpr Explanation failed_function{"A function failed, so the request could not be answered.",
                                      "Look into the function's log, in the folder that the terminal names."};
constexpr Explanation refused{"The request was refused.", "Look into the logs, in the folder that the terminal names."};

}  // namespace

Explanation explanation_of(const RequestReport& report) {
  if (report.asked == RequestReport::Asked::no && report.reason == "no_route") return unknown_path;
  if (const auto reason = reason_with_code(report.reason)) return {facts(*reason).sentence, facts(*reason).advice};
  const auto* own = std::ranges::find(gateway_words, std::string_view{report.reason}, &Word::code);
  if (own != gateway_words.end()) return own->explanation;
  return report.status >= 500 ? failed_function : refused;
}

}  // namespace portcullis::world
