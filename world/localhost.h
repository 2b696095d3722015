// Listening where only this machine can reach: on 127.0.0.1 and ::1 with one port.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/net/http_server.h"

namespace portcullis::world {

struct ListenAddress {
  enum class Need : std::uint8_t { required, if_available };
  std::string literal;
  Need need;
};

/// Loopback, and `beyond` as well where one is given. "localhost" and loopback literals add nothing.
std::vector<ListenAddress> listen_addresses(const std::optional<std::string>& beyond);

struct Listening {
  std::unique_ptr<net::HttpServer> server;
  std::uint16_t port;
};

/// Listens on all of `addresses` with one port. A port that is taken on any of them (a stranger on ::1
/// would get what is meant for us) gives way to a free one, so look at the port that came out.
Result<Listening, std::string> listen_on(net::EventLoop& loop, net::ServerLimits limits,
                                         const net::HttpHandler& handler, const std::vector<ListenAddress>& addresses,
                                         std::uint16_t wanted);

}  // namespace portcullis::world
