// Where a request ends, and whom it is for: what two readers could see differently is refused.
#pragma once

#include <cstdint>
#include <optional>

#include "edge/net/http_message.h"

namespace portcullis::net {

enum class HttpVersion : std::uint8_t { http_1_0, http_1_1 };

/// The status to refuse a request with, if its header fields leave open where it ends or which host it
/// is for: 400, or 501 for a transfer coding we do not know. Nothing: it may be read on.
/// @see RFC 9112 §3.2, §6.1, §6.3; a proxy that reads it otherwise is smuggled past (RFC 9112 §11.2)
std::optional<int> framing_refusal(HttpVersion version, const Headers& headers);

}  // namespace portcullis::net
