// An HTTP/1.1 server for requests that are decided by their header: nothing is copied, answers may come later, and
// a body is thrown away unread. HttpServer is for requests whose body matters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/net/event_loop.h"
#include "edge/net/exchange.h"
#include "edge/net/listener.h"
#include "edge/net/request_server_limits.h"
#include "portcullis/result.h"

namespace portcullis::net {

/// Runs on one loop; several servers on several loops may share an address (SO_REUSEPORT) or a Unix socket. Its
/// handler must not destroy it.
class RequestServer {
 public:
  RequestServer(EventLoop& loop, RequestServerLimits limits, RequestHandler handler);
  ~RequestServer();
  RequestServer(const RequestServer&) = delete;
  RequestServer& operator=(const RequestServer&) = delete;

  using ListenError = net::ListenError;
  using Claim = AddressClaim;
  /// A literal address. @param port 0 picks a free one. @returns the port
  Result<std::uint16_t, ListenError> listen(const std::string& address, std::uint16_t port, Claim claim = Claim::whole);
  /// Takes connections of a listening socket (TCP or Unix) that the caller owns and keeps open until the server is
  /// gone. Makes it non-blocking, because several loops may take from it.
  Result<Done, ListenError> listen_on(int descriptor);

  /// Takes no new connections, answers what was asked, closes connections as they fall idle, then calls `drained`
  /// (on the loop, never from within this call).
  void drain(std::function<void()> drained);
  std::size_t connections() const noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace portcullis::net
