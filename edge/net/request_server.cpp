#include "edge/net/request_server.h"

#include "edge/net/asio_settings.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <list>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "edge/net/event_loop_impl.h"
#include "edge/net/reply_text.h"
#include "edge/net/request_reader.h"

namespace portcullis::net {

/// What an Exchange keeps: the connection, even after its end.
struct Exchange::State : std::enable_shared_from_this<Exchange::State> {
  virtual ~State() = default;
  virtual void answer(const Reply& reply) = 0;
  virtual void leave_unanswered() = 0;
};

Exchange::Exchange(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
Exchange::Exchange(Exchange&&) noexcept = default;
Exchange& Exchange::operator=(Exchange&& other) noexcept {
  Exchange replaced{std::exchange(state_, std::move(other.state_))};
  return *this;
}
Exchange::~Exchange() {
  if (state_) state_->leave_unanswered();
}
void Exchange::answer(const Reply& reply) && {
  if (const auto state = std::exchange(state_, nullptr)) state->answer(reply);
}

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

/// How long the last answer's reader may take to hang up before we do (RFC 9112 §9.6).
constexpr std::chrono::seconds linger_deadline{2};
/// Between two tries to accept when the process has no descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};
/// Connections taken before those that are open get their turn.
constexpr int accepted_at_once = 64;
/// Of as many, before a server that drains stops listening.
constexpr int most_last_turns = 64;
/// Answers to pipelined requests that wait to be sent together; beyond, the client must read first.
constexpr std::size_t most_unsent = 64 * 1024;

class Connection;
/// Connections for which the same time is allowed, the one that runs out first in front.
struct Queue {
  std::chrono::milliseconds allowed;
  std::list<std::shared_ptr<Connection>> waiting{};
};

/// What a server and its connections share. Outlives the server while handlers are still queued.
struct Service : std::enable_shared_from_this<Service> {
  Service(asio::io_context& loop, RequestServerLimits bounds, RequestHandler decide)
      : context(loop), limits(bounds), handler(std::move(decide)), timer(std::in_place, loop) {}

  /// Looks after the queues again when the first of them runs out.
  void watch(Clock::time_point deadline);
  void end_the_overdue();
  void forget(Connection& connection);
  bool is_draining() const noexcept { return static_cast<bool>(drained); }
  void close_the_idle();
  /// Closes everything; nothing of the loop is held afterwards, for an Exchange may outlive both.
  void end();
  const std::string& date_line();

  asio::io_context& context;
  RequestServerLimits limits;
  RequestHandler handler;
  Queue idle{limits.idle_deadline}, header{limits.header_deadline}, sending{limits.write_deadline};
  Queue lingering{linger_deadline};
  Queue deciding{std::chrono::milliseconds::max()};  // how long an answer takes is the handler's matter
  std::size_t connections = 0;
  std::function<void()> drained;  // empty: not draining
  DateLine date;

 private:
  std::optional<asio::steady_timer> timer;
  Clock::time_point watched = Clock::time_point::max();
};

/// One client. Hands out the requests of what it reads, collects their answers, sends them together, and again.
class Connection final : public Exchange::State {
 public:
  Connection(std::shared_ptr<Service> service, Socket socket, std::string peer)
      : service_(std::move(service)),
        socket_(std::move(socket)),
        peer_(std::move(peer)),
        reader_(service_->limits.header_bytes, service_->limits.fields) {}

  void open();
  void close();
  void answer(const Reply& reply) override;
  void leave_unanswered() override { close(); }
  bool has_something_to_read();
  Clock::time_point deadline() const noexcept { return since_ + queue_->allowed; }

 private:
  /// Whether the next request may be handed out.
  bool is_ready() const noexcept { return socket_ && !asked_ && after_ == After::goes_on; }
  void wait_in(Queue& queue);
  void await_input();
  void received(error_code error, std::size_t octets);
  void work();
  void hand_out();
  void refuse();
  void append(const Reply& reply);
  /// @returns whether everything is sent
  bool send();
  void hang_up();
  void discard();
  std::shared_ptr<Connection> self() { return std::static_pointer_cast<Connection>(shared_from_this()); }
  friend struct Service;

  enum class After : std::uint8_t { goes_on, closes, lingers };
  std::shared_ptr<Service> service_;
  std::optional<Socket> socket_;  // none: closed
  std::string peer_;
  RequestReader reader_;
  std::string unsent_;
  std::size_t sent_ = 0;       // of what is unsent
  std::size_t discarded_ = 0;  // while it lingers
  Queue* queue_ = nullptr;
  std::list<std::shared_ptr<Connection>>::iterator place_;
  Clock::time_point since_;
  After after_ = After::goes_on;
  bool asked_ = false;    // a request is handed out and not answered
  bool blocked_ = false;  // the client does not read what is unsent
  bool working_ = false;  // its answer may come while it is handed out
};

void Service::watch(Clock::time_point deadline) {
  if (deadline >= watched) return;
  watched = deadline;
  timer->expires_at(deadline);
  timer->async_wait([self = shared_from_this()](error_code error) {
    if (error) return;  // an earlier deadline took its place
    self->watched = Clock::time_point::max();
    self->end_the_overdue();
  });
}

void Service::end_the_overdue() {
  const auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (Queue* queue : {&idle, &header, &sending, &lingering}) {
    while (!queue->waiting.empty() && queue->waiting.front()->deadline() <= now) queue->waiting.front()->close();
    if (!queue->waiting.empty()) next = std::min(next, queue->waiting.front()->deadline());
  }
  if (next != Clock::time_point::max()) watch(next);
}

void Service::forget(Connection& connection) {
  connection.queue_->waiting.erase(connection.place_);
  connection.queue_ = nullptr;
  if (--connections == 0 && drained) asio::post(context, std::exchange(drained, [] {}));
}

void Service::close_the_idle() {
  for (auto next = idle.waiting.begin(); next != idle.waiting.end();) {
    const auto connection = *next++;  // close() takes it out
    if (!connection->has_something_to_read()) connection->close();
  }
}

void Service::end() {
  drained = nullptr;
  for (Queue* queue : {&idle, &header, &sending, &lingering, &deciding})
    while (!queue->waiting.empty()) queue->waiting.front()->close();
  timer.reset();
}

const std::string& Service::date_line() {
  return date.at(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

void Connection::open() {
  ++service_->connections;
  queue_ = &service_->idle;
  place_ = queue_->waiting.insert(queue_->waiting.end(), self());
  wait_in(service_->idle);
  await_input();
}

void Connection::close() {
  if (!socket_) return;
  const auto alive = shared_from_this();
  error_code ignored;
  socket_->close(ignored);
  socket_.reset();  // it must not outlive its loop, and an Exchange may
  service_->forget(*this);
}

bool Connection::has_something_to_read() {
  char octet = 0;
  return ::recv(socket_->native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

void Connection::wait_in(Queue& queue) {
  queue.waiting.splice(queue.waiting.end(), queue_->waiting, place_);
  queue_ = &queue;
  if (&queue == &service_->deciding) return;
  since_ = Clock::now();
  service_->watch(deadline());
}

void Connection::await_input() {
  const auto room = reader_.room();
  socket_->async_read_some(asio::buffer(room.data(), room.size()),
                           [self = self()](error_code error, std::size_t octets) { self->received(error, octets); });
}

void Connection::received(error_code error, std::size_t octets) {
  if (!socket_) return;
  if (error) return close();
  reader_.received(octets);
  work();
}

/// Answers what has been received, as far as answers come at once, and waits for the rest.
void Connection::work() {
  working_ = true;
  bool found = true;
  do {
    while (found && is_ready() && unsent_.size() < most_unsent) {
      const auto next = reader_.next();
      found = next != RequestReader::Found::nothing;
      if (next == RequestReader::Found::request) hand_out();
      if (next == RequestReader::Found::refused) refuse();
    }
  } while (socket_ && send() && found && is_ready());
  working_ = false;
  if (!socket_ || blocked_) return;
  if (asked_) return wait_in(service_->deciding);
  if (after_ != After::goes_on) return hang_up();
  if (reader_.has_begun()) {
    if (queue_ != &service_->header) wait_in(service_->header);
  } else {
    if (service_->is_draining()) return close();
    wait_in(service_->idle);
  }
  await_input();
}

void Connection::hand_out() {
  asked_ = true;
  if (reader_.lacks_body()) {
    after_ = After::lingers;
  } else if (!reader_.leaves_connection_usable()) {
    after_ = After::closes;
  }
  service_->handler({reader_.method(), reader_.target(), reader_.fields(), peer_}, Exchange{shared_from_this()});
}

/// Answers what cannot be read, and hangs up: where the next request begins is unknown (RFC 9112 §9.6).
void Connection::refuse() {
  after_ = After::lingers;
  append({reader_.refusal(), {}, {}});
}

void Connection::answer(const Reply& reply) {
  if (!socket_) return;
  append(reply);
  asked_ = false;
  if (!working_ && !blocked_) work();
}

void Connection::append(const Reply& reply) {
  if (after_ == After::goes_on && service_->is_draining() && !reader_.has_octets()) after_ = After::lingers;
  const ReplyFrame frame{
      reader_.method() == "HEAD" ? ReplyFrame::Content::left_out : ReplyFrame::Content::sent,
      after_ == After::goes_on ? ReplyFrame::After::keeps : ReplyFrame::After::closes,
      reader_.version(),
  };
  append_reply(unsent_, reply, frame, service_->date_line());
}

bool Connection::send() {
  while (sent_ < unsent_.size()) {
    const auto size =
        ::send(socket_->native_handle(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      sent_ += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!std::exchange(blocked_, true)) wait_in(service_->sending);
      socket_->async_wait(Socket::wait_write, [self = self()](error_code error) {
        if (!self->socket_) return;
        if (error) return self->close();
        if (self->send()) self->work();
      });
      return false;
    } else if (errno != EINTR) {
      close();
      return false;
    }
  }
  sent_ = 0;
  blocked_ = false;
  unsent_.clear();
  if (unsent_.capacity() > 2 * most_unsent) unsent_.shrink_to_fit();
  return true;
}

/// Closing while octets are unread would reset the connection and could take the answer with it, so: say that we are
/// done, and read until the client is too (RFC 9112 §9.6).
void Connection::hang_up() {
  if (after_ == After::closes && !reader_.has_octets()) return close();
  error_code ignored;  // the client may have gone already
  socket_->shutdown(Socket::shutdown_send, ignored);
  wait_in(service_->lingering);
  discard();
}

void Connection::discard() {
  reader_.clear();
  const auto room = reader_.room();
  socket_->async_read_some(asio::buffer(room.data(), room.size()),
                           [self = self()](error_code error, std::size_t octets) {
                             if (!self->socket_) return;
                             self->discarded_ += octets;
                             const bool enough = self->discarded_ > self->service_->limits.discarded_bytes;
                             error || enough ? self->close() : self->discard();
                           });
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  explicit operator bool() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// A socket with this address, or -1 and errno.
int bound(const sockaddr_storage& address, socklen_t size, RequestServer::Claim claim) {
  Descriptor made{::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  const auto set = [&](int level, int option) {
    return ::setsockopt(made.number(), level, option, &on, sizeof on) == 0;
  };
  if (!made || !set(SOL_SOCKET, SO_REUSEADDR)) return -1;
  if (claim == RequestServer::Claim::shared && !set(SOL_SOCKET, SO_REUSEPORT)) return -1;
  // Else "::" would take IPv4 too, and refuse a listener of ours on 0.0.0.0.
  if (address.ss_family == AF_INET6 && !set(IPPROTO_IPV6, IPV6_V6ONLY)) return -1;
  if (::bind(made.number(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return -1;
  return made.release();
}

/// A listening socket: ours, or one that the caller lends.
class Listener {
 public:
  enum class Owner : std::uint8_t { server, caller };
  Listener(EventLoop& loop, std::shared_ptr<Service> service, int descriptor, Owner owner)
      : loop_(loop), service_(std::move(service)), descriptor_(descriptor), owner_(owner) {
    watch();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    waiting_ = {};
    if (owner_ == Owner::server) ::close(descriptor_);
  }
  /// Takes those who are connected already and are not taken yet.
  void accept_all() {
    for (int turns = 0; turns < most_last_turns && accept_some();) ++turns;
  }

 private:
  void watch() {
    waiting_ = loop_.when_readable(descriptor_, [this] { accept_some(); });
  }
  bool accept_some();
  void out_of_descriptors();

  EventLoop& loop_;
  std::shared_ptr<Service> service_;
  int descriptor_;
  Owner owner_;
  EventLoop::Registration waiting_;
};

std::string address_of(const sockaddr_storage& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(peer);
    return ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  }
  if (peer.ss_family != AF_INET6) return {};
  const auto& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address))  // of a socket that the caller made
    return ::inet_ntop(AF_INET, address.s6_addr + 12, text.data(), text.size());
  return ::inet_ntop(AF_INET6, &address, text.data(), text.size());
}

/// @returns whether there may be more
bool Listener::accept_some() {
  for (int taken = 0; taken < accepted_at_once; ++taken) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        ::accept4(descriptor_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) out_of_descriptors();
      return false;
    }
    Service& service = *service_;
    if (service.connections >= service.limits.connections && !service.idle.waiting.empty())
      service.idle.waiting.front()->close();
    if (service.connections >= service.limits.connections) {
      ::close(descriptor);
      continue;
    }
    const int on = 1;
    if (peer.ss_family != AF_UNIX) ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Socket socket{service.context.get_executor()};
    error_code error;
    socket.assign({peer.ss_family, 0}, descriptor, error);
    if (error) {  // the kernel watches no more
      ::close(descriptor);
      continue;
    }
    std::make_shared<Connection>(service_, std::move(socket), address_of(peer))->open();
  }
  return true;
}

/// Whoever has nothing to ask makes room; and we wait, for the socket stays readable.
void Listener::out_of_descriptors() {
  pollfd somebody{descriptor_, POLLIN, 0};
  if (::poll(&somebody, 1, 0) != 1) return;  // the kernel says so even if nobody waits
  if (!service_->idle.waiting.empty()) service_->idle.waiting.front()->close();
  waiting_ = loop_.after(accept_pause, [this] { watch(); });
}

}  // namespace

struct RequestServer::Impl {
  EventLoop& loop;
  std::shared_ptr<Service> service;
  std::vector<std::unique_ptr<Listener>> listeners{};
};

RequestServer::RequestServer(EventLoop& loop, RequestServerLimits limits, RequestHandler handler)
    : impl_(std::make_shared<Impl>(
          Impl{loop, std::make_shared<Service>(loop.impl().context, limits, std::move(handler))})) {}

RequestServer::~RequestServer() {
  impl_->listeners.clear();
  impl_->service->end();
}

Result<std::uint16_t, RequestServer::ListenError> RequestServer::listen(const std::string& address, std::uint16_t port,
                                                                        Claim claim) {
  sockaddr_storage wanted{};
  socklen_t size = 0;
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(wanted); ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    size = sizeof v4;
  } else if (auto& v6 = reinterpret_cast<sockaddr_in6&>(wanted);
             ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    size = sizeof v6;
  } else {
    return ListenError{ListenError::Kind::other, address + ": is not an IP address"};
  }
  const auto refused = [&](int error) {
    const std::string host = wanted.ss_family == AF_INET6 ? "[" + address + "]" : address;
    return ListenError{error == EADDRINUSE ? ListenError::Kind::in_use : ListenError::Kind::other,
                       host + ":" + std::to_string(port) + ": " + std::generic_category().message(error)};
  };
  // A shared address can be shared with anybody who asks the same of the kernel; who does not ask is told.
  if (claim == Claim::whole && port != 0) {
    Descriptor trial{bound(wanted, size, Claim::whole)};
    if (!trial) return refused(errno);
  }
  Descriptor listening{bound(wanted, size, Claim::shared)};
  if (!listening || ::listen(listening.number(), SOMAXCONN) != 0 ||
      ::getsockname(listening.number(), reinterpret_cast<sockaddr*>(&wanted), &size) != 0)
    return refused(errno);
  impl_->listeners.push_back(
      std::make_unique<Listener>(impl_->loop, impl_->service, listening.release(), Listener::Owner::server));
  return ntohs(wanted.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(wanted).sin6_port
                                            : reinterpret_cast<sockaddr_in&>(wanted).sin_port);
}

Result<Done, RequestServer::ListenError> RequestServer::listen_on(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof listens;
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
    return ListenError{ListenError::Kind::other,
                       "descriptor " + std::to_string(descriptor) + ": is not a listening socket"};
  if (::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0)
    return ListenError{ListenError::Kind::other,
                       "descriptor " + std::to_string(descriptor) + ": " + std::generic_category().message(errno)};
  impl_->listeners.push_back(
      std::make_unique<Listener>(impl_->loop, impl_->service, descriptor, Listener::Owner::caller));
  return Done{};
}

void RequestServer::drain(std::function<void()> drained) {
  for (const auto& listener : impl_->listeners) listener->accept_all();
  impl_->listeners.clear();
  const auto service = impl_->service;
  service->drained = drained ? std::move(drained) : [] {};
  // Later: what has been read of a request is handed out before.
  asio::post(service->context, [service] {
    if (!service->is_draining()) return;  // it has ended meanwhile
    if (service->connections == 0) return std::exchange(service->drained, [] {})();
    service->close_the_idle();
  });
}

std::size_t RequestServer::connections() const noexcept {
  return impl_->service->connections;
}

}  // namespace portcullis::net
