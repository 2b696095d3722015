// The Cookie request header (RFC 6265 §4.2).
#pragma once

#include <string_view>

#include "edge/net/http_message.h"

namespace portcullis::world {

/// The value of the first cookie of this name; empty when there is none. Lives as long as the request.
std::string_view cookie(const net::HttpRequest& request, std::string_view name);

}  // namespace portcullis::world
