// What the admin listener answers, and whom. design.md §7.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "edge/net/exchange.h"

namespace portcullis::serve {

/// One answer with its body.
struct AdminReply {
  int status = 200;
  std::string_view type = "application/json";
  std::string body;
  std::string_view allow{};  // of a 405
  enum class When : std::uint8_t {
    now,
    with_keys
  } when = When::now;  // with_keys: the body is /keys, after the fetches
};

/// What it shows and does; each is called on the loop that serves it.
struct AdminActions {
  std::function<std::string()> metrics, decisions, keys;
  std::function<AdminReply()> health, readiness;
  std::function<AdminReply()> reload;
  /// A change that was asked for, before it is made.
  std::function<void(std::string_view action, std::string_view peer)> log;
};

/// Whether a peer may ask at all, and for changes.
struct AdminAccess {
  std::string token;  // empty: none
  enum class Reach : std::uint8_t {
    unix_socket,  // the mode of its file let the peer in
    loopback,
    beyond,  // only with a token
  } reach = Reach::loopback;
};

AdminReply answer_admin(const net::ServerRequest& asked, const AdminAccess& access, const AdminActions& actions);

}  // namespace portcullis::serve
