// A Reply as it goes over the wire.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "edge/net/exchange.h"
#include "edge/net/request_framing.h"

namespace portcullis::net {

/// RFC 9110 §6.4.1. HEAD is another matter: its answer only leaves the content out.
constexpr bool may_have_content(int status) noexcept {
  return status != 204 && status != 304;
}

/// What the connection has to say beside the reply.
struct ReplyFrame {
  enum class Content : std::uint8_t { sent, left_out } content;  // left out: the answer to HEAD (RFC 9110 §9.3.2)
  enum class After : std::uint8_t { keeps, closes } after;       // what becomes of the connection
  HttpVersion client = HttpVersion::http_1_1;
};

/// The line `Date: …`, made anew once a second.
class DateLine {
 public:
  const std::string& at(std::chrono::sys_seconds now);

 private:
  std::chrono::sys_seconds made_{};
  std::string line_;
};

/// Appends the reply to `out`: a reply that cannot be sent (Reply, exchange.h) as 500.
void append_reply(std::string& out, const Reply& reply, const ReplyFrame& frame, const std::string& date_line);

}  // namespace portcullis::net
