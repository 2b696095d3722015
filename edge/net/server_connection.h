// One client of a RequestServer: its requests are found, handed out and answered. server_connection.cpp
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "edge/net/connection_queues.h"
#include "edge/net/event_loop.h"
#include "edge/net/exchange.h"
#include "edge/net/readiness.h"
#include "edge/net/reply_text.h"
#include "edge/net/request_server_limits.h"

namespace portcullis::net {

/// What a server and its connections share. Outlives the server if an Exchange does, but holds nothing of the loop
/// then.
struct ServedRequests {
  ServedRequests(EventLoop& its_loop, const RequestServerLimits& bounds, RequestHandler decide)
      : loop(its_loop),
        limits(bounds),
        handler(std::move(decide)),
        readiness(std::in_place, its_loop),
        queues(its_loop, bounds) {}

  bool is_draining() const noexcept { return static_cast<bool>(drained); }

  EventLoop& loop;
  const RequestServerLimits limits;
  const RequestHandler handler;
  std::optional<Readiness> readiness;
  ConnectionQueues queues;
  std::function<void()> drained;  // empty: not draining
  DateLine date;
};

/// Serves a connection that was accepted, if need be in place of one that is idle; closes it where there is no room.
/// @param descriptor  is the connection's from here on
/// @param peer        its address; empty: a Unix socket
void serve_connection(const std::shared_ptr<ServedRequests>& service, int descriptor, std::string peer);

}  // namespace portcullis::net
