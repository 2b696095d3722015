#include "edge/net/request_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "edge/net/listener.h"
#include "edge/net/readiness.h"
#include "edge/net/reply_text.h"
#include "edge/net/request_reader.h"

namespace portcullis::net {

/// What an Exchange keeps: the connection, even after its end.
struct Exchange::State {
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

using Clock = std::chrono::steady_clock;

/// How long the last answer's reader may take to hang up before we do (RFC 9112 §9.6).
constexpr std::chrono::seconds linger_deadline{2};
/// Answers to pipelined requests that wait to be sent together; beyond, the client must read first.
constexpr std::size_t most_unsent = 64 * 1024;
/// Of one connection, before the others get their turn.
constexpr int reads_at_once = 16;

class Connection;
/// Connections for which the same time is allowed, the one that runs out first in front.
struct Queue {
  std::chrono::milliseconds allowed;
  std::list<std::shared_ptr<Connection>> waiting{};
};

/// What a server and its connections share. Outlives the server if an Exchange does, but holds nothing of the loop
/// then.
struct Service {
  Service(EventLoop& its_loop, RequestServerLimits bounds, RequestHandler decide)
      : loop(its_loop), limits(bounds), handler(std::move(decide)), readiness(std::in_place, its_loop) {}

  /// Takes a new connection, if need be in place of one that is idle.
  void admit(const std::shared_ptr<Service>& self, int descriptor, std::string peer);
  void close_longest_idle();
  /// Looks after the queues again when the first of them runs out.
  void watch(Clock::time_point deadline);
  void end_the_overdue();
  void forget(Connection& connection);
  bool is_draining() const noexcept { return static_cast<bool>(drained); }
  void close_the_idle();
  void end();
  const std::string& date_line();

  EventLoop& loop;
  RequestServerLimits limits;
  RequestHandler handler;
  std::optional<Readiness> readiness;
  Queue idle{limits.idle_deadline}, header{limits.header_deadline}, sending{limits.write_deadline};
  Queue lingering{linger_deadline};
  Queue deciding{std::chrono::milliseconds::max()};  // how long an answer takes is the handler's matter
  std::size_t connections = 0;
  std::function<void()> drained;  // empty: not draining
  DateLine date;
  EventLoop::Registration timer;
  Clock::time_point watched = Clock::time_point::max();
};

/// One client. Hands out the requests of what it reads, collects their answers, sends them together, and again.
class Connection final : public Exchange::State,
                         public Readiness::Watcher,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Service> service, int descriptor, std::string peer)
      : service_(std::move(service)),
        descriptor_(descriptor),
        peer_(std::move(peer)),
        reader_(service_->limits.header_bytes, service_->limits.fields) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override {
    if (is_open()) ::close(descriptor_);
  }

  void open();
  void close();
  void ready(Change change) override;
  void finish() override;
  void answer(const Reply& reply) override;
  void leave_unanswered() override { close(); }
  bool has_something_to_read();
  Clock::time_point deadline() const noexcept { return since_ + queue_->allowed; }

 private:
  bool is_open() const noexcept { return descriptor_ >= 0; }
  /// Whether the next request may be handed out.
  bool may_ask() const noexcept { return is_open() && !asked_ && after_ == After::goes_on; }
  bool lingers() const noexcept { return queue_ == &service_->lingering; }
  void wait_in(Queue& queue);
  void read();
  enum class Next : std::uint8_t { reads, waits };
  void take_requests();
  Next work();
  Next discard(std::size_t octets);
  Next hang_up();
  void hand_out();
  void refuse();
  void append(const Reply& reply);
  /// @returns whether everything is sent
  bool send();
  friend struct Service;

  enum class After : std::uint8_t { goes_on, closes, lingers };
  std::shared_ptr<Service> service_;
  int descriptor_;  // -1: closed
  std::string peer_;
  RequestReader reader_;
  std::string unsent_;
  std::size_t sent_ = 0;       // of what is unsent
  std::size_t discarded_ = 0;  // while it lingers
  Queue* queue_ = nullptr;
  std::list<std::shared_ptr<Connection>>::iterator place_;
  Clock::time_point since_;
  After after_ = After::goes_on;
  bool readable_ = false;  // there may be more to read
  bool ended_ = false;     // the client sends no more
  bool asked_ = false;     // a request is handed out and not answered
  bool blocked_ = false;   // the client does not read what is unsent
  bool working_ = false;   // its answer may come while it is handed out
};

void Service::admit(const std::shared_ptr<Service>& self, int descriptor, std::string peer) {
  if (connections >= limits.connections) close_longest_idle();
  const auto connection = std::make_shared<Connection>(self, descriptor, std::move(peer));
  if (connections < limits.connections && readiness->watch(descriptor, *connection)) connection->open();
}

void Service::close_longest_idle() {
  if (!idle.waiting.empty()) idle.waiting.front()->close();
}

void Service::watch(Clock::time_point deadline) {
  if (deadline >= watched) return;
  watched = deadline;
  const auto delay = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  timer = loop.after(std::max(delay, std::chrono::milliseconds{0}), [this] {
    watched = Clock::time_point::max();
    end_the_overdue();
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
  const auto held = *connection.place_;
  connection.queue_->waiting.erase(connection.place_);
  connection.queue_ = nullptr;
  if (readiness) readiness->release(connection.descriptor_, held);
  if (--connections == 0 && drained) loop.post(std::exchange(drained, [] {}));
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
  timer = {};
  readiness.reset();
}

const std::string& Service::date_line() {
  return date.at(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

void Connection::open() {
  ++service_->connections;
  queue_ = &service_->idle;
  place_ = queue_->waiting.insert(queue_->waiting.end(), shared_from_this());
  wait_in(service_->idle);
}

void Connection::close() {
  if (!is_open()) return;
  const auto alive = shared_from_this();
  service_->forget(*this);
  ::close(std::exchange(descriptor_, -1));
}

bool Connection::has_something_to_read() {
  char octet = 0;
  return readable_ || ::recv(descriptor_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

void Connection::wait_in(Queue& queue) {
  queue.waiting.splice(queue.waiting.end(), queue_->waiting, place_);
  queue_ = &queue;
  if (&queue == &service_->deciding) return;
  since_ = Clock::now();
  service_->watch(deadline());
}

void Connection::ready(Change change) {
  if (!is_open()) return;
  const auto alive = shared_from_this();
  readable_ = true;
  ended_ = ended_ || change == Change::end;
  if (asked_) return;  // read when that is answered
  if (blocked_ && (!send() || work() == Next::waits)) return;
  read();
}

void Connection::finish() {
  if (!is_open()) return;
  const auto alive = shared_from_this();
  if (work() == Next::reads) read();
}

void Connection::read() {
  for (int turn = 0; readable_; ++turn) {
    if (turn == reads_at_once) return service_->readiness->again(shared_from_this());
    const auto room = reader_.room();
    const auto size = ::recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    readable_ = size > 0 && (ended_ || static_cast<std::size_t>(size) == room.size());
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (size <= 0) return close();
    reader_.received(static_cast<std::size_t>(size));
    if (lingers()) {
      if (discard(static_cast<std::size_t>(size)) == Next::waits) return;
      continue;
    }
    take_requests();
    if (!is_open() || service_->readiness->to_finish(*this) || work() == Next::waits) return;
  }
}

/// Hands out what has been received, as long as answers come at once.
void Connection::take_requests() {
  working_ = true;
  for (bool found = true; found && may_ask() && unsent_.size() < most_unsent;) {
    const auto next = reader_.next();
    found = next != RequestReader::Found::nothing;
    if (next == RequestReader::Found::request) hand_out();
    if (next == RequestReader::Found::refused) refuse();
  }
  working_ = false;
}

/// Sends the answers that there are, and goes on with what they left.
Connection::Next Connection::work() {
  do {
    if (is_open()) take_requests();
  } while (is_open() && !unsent_.empty() && send());
  if (!is_open() || blocked_) return Next::waits;
  if (asked_) {
    wait_in(service_->deciding);
    return Next::waits;
  }
  if (after_ != After::goes_on) return hang_up();
  if (reader_.has_begun()) {
    if (queue_ != &service_->header) wait_in(service_->header);
    return Next::reads;
  }
  if (service_->is_draining()) {
    close();
    return Next::waits;
  }
  wait_in(service_->idle);
  return Next::reads;
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
  if (!is_open()) return;
  append(reply);
  asked_ = false;
  if (working_ || blocked_) return;
  if (work() == Next::reads) read();
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
    const auto size = ::send(descriptor_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      sent_ += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!std::exchange(blocked_, true)) wait_in(service_->sending);
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
Connection::Next Connection::hang_up() {
  if (after_ == After::closes && !reader_.has_octets()) {
    close();
    return Next::waits;
  }
  ::shutdown(descriptor_, SHUT_WR);
  wait_in(service_->lingering);
  return discard(0);
}

Connection::Next Connection::discard(std::size_t octets) {
  reader_.clear();
  discarded_ += octets;
  if (discarded_ <= service_->limits.discarded_bytes) return Next::reads;
  close();
  return Next::waits;
}

}  // namespace

struct RequestServer::Impl {
  EventLoop& loop;
  std::shared_ptr<Service> service;
  std::vector<std::unique_ptr<Listener>> listeners{};

  void take_from(int descriptor, Listener::Owner owner) {
    Listener::Callbacks callbacks{
        [this](int accepted, std::string peer) { service->admit(service, accepted, std::move(peer)); },
        [this] { service->close_longest_idle(); },
    };
    listeners.push_back(std::make_unique<Listener>(loop, descriptor, owner, std::move(callbacks)));
  }
};

RequestServer::RequestServer(EventLoop& loop, RequestServerLimits limits, RequestHandler handler)
    : impl_(std::make_shared<Impl>(Impl{loop, std::make_shared<Service>(loop, limits, std::move(handler))})) {}

RequestServer::~RequestServer() {
  impl_->listeners.clear();
  impl_->service->end();
}

Result<std::uint16_t, RequestServer::ListenError> RequestServer::listen(const std::string& address, std::uint16_t port,
                                                                        Claim claim) {
  const auto listening = listening_socket(address, port, claim);
  if (!listening) return listening.error();
  impl_->take_from(listening->descriptor, Listener::Owner::listener);
  return listening->port;
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
  impl_->take_from(descriptor, Listener::Owner::caller);
  return Done{};
}

void RequestServer::drain(std::function<void()> drained) {
  for (const auto& listener : impl_->listeners) listener->accept_all();
  impl_->listeners.clear();
  const auto service = impl_->service;
  service->drained = drained ? std::move(drained) : [] {};
  // Later: what has been read of a request is handed out before.
  service->loop.post([service] {
    if (!service->is_draining()) return;  // it has ended meanwhile
    if (service->connections == 0) return std::exchange(service->drained, [] {})();
    service->close_the_idle();
  });
}

std::size_t RequestServer::connections() const noexcept {
  return impl_->service->connections;
}

}  // namespace portcullis::net
