// An HTTP/1.1 server for requests that are decided by their header: nothing is copied, answers may come later, and
// a body is thrown away unread. HttpServer is for requests whose body matters.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "edge/net/event_loop.h"
#include "portcullis/result.h"

namespace portcullis::net {

struct FieldView {
  std::string_view name, value;
};

/// Views into the connection's buffer; they live until the Exchange is answered or dropped.
struct ServerRequest {
  std::string_view method, target;    // as sent
  std::span<const FieldView> fields;  // in the order received, duplicates kept, values without blanks around them
  std::string_view peer;              // address of the other end without port (IPv4 as such); empty: a Unix socket
};

/// What is sent. Content-Length, Connection and Date are the server's own.
struct Reply {
  int status = 200;
  std::span<const FieldView> fields{};  // no CR, LF or NUL in them: such a reply is sent as 500 without fields
  std::string_view body{};              // left out for HEAD (its length is told)
};

/// The right to answer one request, at any time, on the loop's thread. Dropping it unanswered closes the connection.
class Exchange {
 public:
  Exchange(Exchange&&) noexcept;
  Exchange& operator=(Exchange&&) noexcept;
  ~Exchange();
  /// Once. Harmless after the client has gone. Copies what it is given.
  void answer(const Reply& reply) &&;

  struct State;
  explicit Exchange(std::shared_ptr<State> state) noexcept;

 private:
  std::shared_ptr<State> state_;
};

struct RequestServerLimits {
  std::size_t header_bytes = 64 * 1024;     // request line and fields; beyond: 431 and close
  std::size_t fields = 128;                 // beyond: 431 and close
  std::size_t connections = 16'384;         // beyond: the one that has been idle longest is closed, else the new one
  std::size_t discarded_bytes = 64 * 1024;  // of a body, after the answer; beyond: closed
  std::chrono::milliseconds header_deadline{10'000};  // from the first octet of a request to the end of its header
  std::chrono::milliseconds idle_deadline{75'000};
  std::chrono::milliseconds write_deadline{10'000};
};

/// Must not throw. A request is handed over when its header is complete; requests of one connection one after the
/// other, in order (RFC 9112 §9.3.2).
using RequestHandler = std::function<void(const ServerRequest&, Exchange)>;

/// Runs on one loop; several servers on several loops may share an address (SO_REUSEPORT) or a Unix socket. Its
/// handler must not destroy it.
class RequestServer {
 public:
  RequestServer(EventLoop& loop, RequestServerLimits limits, RequestHandler handler);
  ~RequestServer();
  RequestServer(const RequestServer&) = delete;
  RequestServer& operator=(const RequestServer&) = delete;

  struct ListenError {
    enum class Kind : std::uint8_t { in_use, other } kind;
    std::string message;
  };
  /// `whole`: in_use when anybody listens there. `shared`: beside the other loops of this process, which the kernel
  /// spreads connections over; the first of them claims the address, the others join it.
  enum class Claim : std::uint8_t { whole, shared };
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
