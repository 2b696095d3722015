#include "edge/net/redis_connection.h"

#include "edge/net/asio_settings.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>
#include <vector>

#include "edge/net/event_loop_impl.h"
#include "edge/net/name_lookup.h"

namespace portcullis::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

Result<SslContext, std::string> trust_for(RedisAddress::Security security, std::optional<std::string> roots) {
  if (security == RedisAddress::Security::plain) return SslContext{};
  return make_client_context({std::move(roots)});
}

}  // namespace

RedisServer::RedisServer(RedisAddress where, std::optional<std::string> roots)
    : address(std::move(where)), trust(trust_for(address.security, std::move(roots))) {}

/// Asio's handlers share it, and find out by `has_ended` when nobody is interested any more.
struct RedisConnection::Impl : std::enable_shared_from_this<RedisConnection::Impl> {
  Impl(EventLoop& event_loop, const RedisServer& redis, std::chrono::milliseconds within, Events told)
      : loop(event_loop),
        context(event_loop.impl().context),
        server(redis),
        events(std::move(told)),
        socket(context),
        step(context),
        deadline(Clock::now() + within) {}

  EventLoop& loop;
  asio::io_context& context;
  const RedisServer& server;
  Events events;
  enum class State : std::uint8_t { connecting, logging_in, ready } state = State::connecting;
  bool has_ended = false;

  tcp::socket socket;
  std::optional<ssl::stream<tcp::socket&>> tls;
  asio::steady_timer step;  // while it is being made
  const Time deadline;      // to be ready by
  std::optional<LookUpUnderWay> look_up;
  EventLoop::Registration look_up_watch;
  std::vector<SocketAddress> addresses;
  std::size_t next_address = 0;
  int attempt = 0;  // to reach an address

  RedisReplyReader reader;
  std::array<char, 16 * 1024> incoming;
  std::string outgoing, being_written;
  bool is_writing = false;
  bool is_flush_posted = false;

  // Being made, step by step.
  void begin();
  void look_up_name();
  void reach_next();
  void secure();
  void log_in();
  void become_ready();
  template <class Next>
  void within_step(Time until, Next on_timeout);

  // Octets.
  void send(std::string_view command);
  void flush();
  void read();
  void take_replies();
  void take_login_reply(const RedisReply& reply);
  template <class Operation>
  void on_stream(Operation operation) {
    if (tls)
      operation(*tls);
    else
      operation(socket);
  }

  // The end.
  void close();
  void end(End how, const std::string& why);
  void cannot_connect(const std::string& why) { end(End::not_made, why); }
};

void RedisConnection::Impl::close() {
  has_ended = true;
  step.cancel();
  look_up_watch = {};
  look_up.reset();
  error_code ignored;
  socket.close(ignored);
}

void RedisConnection::Impl::end(End how, const std::string& why) {
  close();
  events.ended(state == State::ready ? how : End::not_made, why);
}

// Being made.

template <class Next>
void RedisConnection::Impl::within_step(Time until, Next on_timeout) {
  step.expires_at(until);
  step.async_wait([this, self = shared_from_this(), on_timeout](error_code error) {
    const bool is_over = state != State::ready && step.expiry() <= Clock::now();
    if (!error && !has_ended && is_over) on_timeout();
  });
}

void RedisConnection::Impl::begin() {
  if (!server.trust) {
    return asio::post(context, [this, self = shared_from_this()] {
      if (!has_ended) cannot_connect(server.trust.error());
    });
  }
  within_step(deadline, [this] { cannot_connect("the name look-up took too long"); });
  look_up_name();
}

void RedisConnection::Impl::look_up_name() {
  look_up.emplace(server.address.host, std::to_string(server.address.port));
  const auto look = [this, self = shared_from_this()] {
    if (has_ended) return;
    auto found = look_up->outcome();
    if (!found) return;
    look_up_watch = {};
    if (!*found) return cannot_connect(found->error().why);
    addresses = *std::move(*found);
    reach_next();
  };
  if (look_up->descriptor() >= 0)
    look_up_watch = loop.when_readable(look_up->descriptor(), look);
  else
    asio::post(context, look);  // the process has no descriptor left
}

/// Each address gets its share of the time that is left, so that one that swallows packets does not cost the others
/// their turn.
void RedisConnection::Impl::reach_next() {
  const auto left = static_cast<Clock::rep>(addresses.size() - next_address);
  const SocketAddress& target = addresses[next_address++];
  tcp::endpoint endpoint;
  endpoint.resize(target.length);
  std::memcpy(endpoint.data(), &target.storage, target.length);
  const auto done = [this, this_attempt = ++attempt, is_last = left == 1](error_code error) {
    if (has_ended || attempt != this_attempt) return;
    if (!error) error = socket.set_option(tcp::no_delay(true), error);
    if (!error) return secure();
    error_code ignored;
    socket.close(ignored);
    if (!is_last) return reach_next();
    cannot_connect(error == asio::error::timed_out ? "no connection in time" : error.message());
  };
  const Time now = Clock::now();
  within_step(now + (deadline - now) / left, [done] { done(asio::error::timed_out); });
  socket.async_connect(endpoint, [self = shared_from_this(), done](error_code error) { done(error); });
}

void RedisConnection::Impl::secure() {
  if (server.address.security == RedisAddress::Security::plain) return log_in();
  within_step(deadline, [this] { cannot_connect("no TLS handshake in time"); });
  SSL* const session = SSL_new(server.trust->get());
  if (session == nullptr) return cannot_connect("no memory for TLS");
  tls.emplace(socket, session);  // which owns it from here on
  if (const auto demanded = expect_host(session, server.address.host); !demanded)
    return cannot_connect(demanded.error());
  tls->async_handshake(ssl::stream_base::client, [this, self = shared_from_this()](error_code error) {
    if (has_ended) return;
    if (!error) return log_in();
    const auto doubt = verification_fault(tls->native_handle());
    cannot_connect(doubt.empty() ? "the TLS handshake failed (" + error.message() + ")" : doubt);
  });
}

void RedisConnection::Impl::log_in() {
  read();
  const RedisAddress& address = server.address;
  if (address.user.empty() && address.password.empty()) return become_ready();
  state = State::logging_in;
  within_step(deadline, [this] { cannot_connect("no answer to the login in time"); });
  write_login(address.user, address.password, outgoing);
  flush();
}

void RedisConnection::Impl::take_login_reply(const RedisReply& reply) {
  if (reply.kind == RedisReply::Kind::status) return become_ready();
  cannot_connect(reply.kind == RedisReply::Kind::error ? refusal_of(reply.text).why
                                                       : "the answer to the login is none");
}

void RedisConnection::Impl::become_ready() {
  state = State::ready;
  step.cancel();
  events.ready();
}

// Octets.

void RedisConnection::Impl::send(std::string_view command) {
  outgoing += command;
  if (std::exchange(is_flush_posted, true)) return;
  asio::post(context, [this, self = shared_from_this()] {
    is_flush_posted = false;
    if (!has_ended) flush();
  });
}

void RedisConnection::Impl::flush() {
  if (is_writing || outgoing.empty()) return;
  is_writing = true;
  being_written.swap(outgoing);
  outgoing.clear();
  on_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(being_written),
                      [this, self = shared_from_this()](error_code error, std::size_t) {
                        is_writing = false;
                        // Of an error the reader tells, after whatever the server had to say before it hung up.
                        if (!error && !has_ended) flush();
                      });
  });
}

void RedisConnection::Impl::read() {
  on_stream([this](auto& stream) {
    stream.async_read_some(asio::buffer(incoming),
                           [this, self = shared_from_this()](error_code error, std::size_t length) {
                             if (has_ended) return;
                             if (error) return end(End::closed, "the connection closed before an answer came");
                             if (!reader.feed({incoming.data(), length}))
                               return end(End::unreadable, "the answer is larger than any to this question");
                             take_replies();
                             if (!has_ended) read();
                           });
  });
}

void RedisConnection::Impl::take_replies() {
  while (!has_ended) {
    switch (reader.next()) {
      case RedisReplyReader::Next::need_more:
        return;
      case RedisReplyReader::Next::not_redis:
        return end(End::unreadable, "what came is not the protocol of Redis");
      case RedisReplyReader::Next::reply:
        if (state == State::logging_in)
          take_login_reply(reader.reply());
        else
          events.replied(reader.reply());
        break;
    }
  }
}

RedisConnection::RedisConnection(EventLoop& loop, const RedisServer& server, std::chrono::milliseconds within,
                                 Events events)
    : impl_(std::make_shared<Impl>(loop, server, within, std::move(events))) {
  impl_->begin();
}

RedisConnection::~RedisConnection() {
  impl_->close();
}

bool RedisConnection::is_ready() const noexcept {
  return impl_->state == Impl::State::ready;
}

void RedisConnection::send(std::string_view command) {
  impl_->send(command);
}

}  // namespace portcullis::net
