// The opening handshake of a WebSocket, from the server's side: RFC 6455 §4.2.
#pragma once

#include <string_view>

#include "edge/net/http_message.h"

namespace portcullis::world {

enum class Handshake : std::uint8_t {
  good,
  none,           // an ordinary request
  other_version,  // of the protocol
  malformed,
};
Handshake handshake_of(const net::HttpRequest& request);

/// Why there is no WebSocket: 426 with what would be one, or 400.
net::HttpResponse handshake_refusal(Handshake handshake);

/// 101, and behind it what the stand-in has to say on the connection: that it serves the handshake only, and closes it.
/// @param subprotocol  that the function behind $connect accepted; empty when none
net::HttpResponse handshake_answer(const net::HttpRequest& request, std::string_view subprotocol);

}  // namespace portcullis::world
