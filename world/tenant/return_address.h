// Where the answer to an authorization request goes, and how (RFC 6749 §4.1.2; OAuth 2.0 response modes).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/net/http_message.h"
#include "world/encoding/form.h"

namespace portcullis::world {

enum class ResponseMode : std::uint8_t { query, fragment, web_message };
std::optional<ResponseMode> response_mode(std::string_view name);

/// Made only for a redirect URI that the client has registered.
struct ReturnAddress {
  std::string redirect_uri;
  ResponseMode mode = ResponseMode::query;
  std::optional<std::string> state;  // given back as it came (RFC 6749 §4.1.2)
};

/// "http://localhost:3000" of an address below it.
std::string origin_of(std::string_view url);

/// A redirect, or the page that posts a message to the window which waits for it.
net::HttpResponse send_back(const ReturnAddress& to, Fields answer);

}  // namespace portcullis::world
