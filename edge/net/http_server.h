// An HTTP/1.1 server on an EventLoop. Bounded in everything; answers may come later.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "edge/net/event_loop.h"
#include "edge/net/http_message.h"
#include "edge/net/listener.h"
#include "portcullis/result.h"

namespace portcullis::net {

struct ServerLimits {
  std::size_t header_bytes = 64 * 1024;             // request line and fields; beyond: 431 and close
  std::size_t body_bytes = 10 * 1024 * 1024;        // beyond: 413 and close
  std::size_t connections = 1024;                   // beyond: accepted and closed at once
  std::chrono::milliseconds read_deadline{30'000};  // for one whole request, counted from its first byte
  std::chrono::milliseconds idle_deadline{75'000};  // between requests of one connection
  std::chrono::milliseconds write_deadline{30'000};
};

/// Sends the answer to one request: call it once, at any time, on the loop's thread. Calling it after
/// the client has gone is harmless. Dropping it unanswered closes the connection.
using Respond = std::function<void(HttpResponse)>;
/// Gets one request at a time of each connection. Must not throw.
using HttpHandler = std::function<void(HttpRequest, Respond)>;

class HttpServer {
 public:
  HttpServer(EventLoop& loop, ServerLimits limits, HttpHandler handler);
  ~HttpServer();  // closes listeners and connections
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  using ListenError = net::ListenError;
  /// Listens on a literal address ("127.0.0.1", "::1"). May be called for several addresses.
  /// @param port  0 picks a free one. @returns the port
  Result<std::uint16_t, ListenError> listen(const std::string& address, std::uint16_t port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
