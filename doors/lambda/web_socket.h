// What is judged once, when a WebSocket is opened: the token that a browser can send, and the page that asks.
// gateway.md §2.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/authorizer.h"

namespace portcullis::lambda {

/// The subprotocol behind which a client offers its token: `Sec-WebSocket-Protocol: portcullis.bearer, TOKEN`. The
/// function behind $connect answers with this alone, never with the token.
inline constexpr std::string_view bearer_subprotocol = "portcullis.bearer";

/// Values as of an Authorization header, one for each time the subprotocol is offered.
/// @param lines  the values of Sec-WebSocket-Protocol
std::vector<std::string> bearer_credentials(const std::vector<std::string>& lines);

/// No browser asks a server whether a page may open a WebSocket, as it would with CORS. So what would be allowed is
/// `forbidden` where a page asks that is not among the allowed origins.
/// @param trace  may be null
void judge_pages(const std::vector<std::string>& pages, const std::vector<std::string>& allowed, Decision& decision,
                 Trace* trace);

}  // namespace portcullis::lambda
