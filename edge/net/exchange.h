// One request of a RequestServer and the right to answer it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

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

  /// The connection, as an Exchange keeps it, even after its end.
  struct State {
    virtual ~State() = default;
    virtual void answer(const Reply& reply) = 0;
    virtual void leave_unanswered() = 0;
  };
  explicit Exchange(std::shared_ptr<State> state) noexcept;

 private:
  std::shared_ptr<State> state_;
};

/// Must not throw. A request is handed over when its header is complete; requests of one connection one after the
/// other, in order (RFC 9112 §9.3.2).
using RequestHandler = std::function<void(const ServerRequest&, Exchange)>;

}  // namespace portcullis::net
