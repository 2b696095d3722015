// A connection to a Redis: made step by step within a deadline, then octets one way and replies the other. What is
// said on it is others' matter.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/net/event_loop.h"
#include "edge/net/redis_protocol.h"
#include "edge/net/redis_settings.h"
#include "edge/net/tls_trust.h"
#include "portcullis/result.h"

namespace portcullis::net {

/// What all connections to one server need.
struct RedisServer {
  /// Reads the roots if the address wants TLS. @param roots  a file; none: the platform's
  RedisServer(RedisAddress where, std::optional<std::string> roots);

  RedisAddress address;
  Result<SslContext, std::string> trust;  // plain: an empty one. Without trust no connection comes about
};

class RedisConnection {
 public:
  enum class End : std::uint8_t {
    not_made,    // it was never ready
    closed,      // by the server or on the way to it
    unreadable,  // what came is no reply
  };
  /// Who hears of it: on the loop, never from within a call. Nothing comes after `ended`, nor once the connection is
  /// destroyed, which whoever is told may do.
  struct Events {
    std::function<void()> ready;                     // logged in: commands may be sent
    std::function<void(const RedisReply&)> replied;  // to the commands, in their order; or unasked
    std::function<void(End, const std::string& why)> ended;
  };

  /// Begins to connect.
  /// @param server  outlives the connection
  /// @param within  to be ready: the look-up of the name, each address in turn, TLS and login together
  RedisConnection(EventLoop& loop, const RedisServer& server, std::chrono::milliseconds within, Events events);
  ~RedisConnection();  // closes it
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  bool is_ready() const noexcept;
  /// Once it is ready. What is sent in the same turn of the loop goes in one packet.
  void send(std::string_view command);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace portcullis::net
