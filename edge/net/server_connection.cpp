#include "edge/net/server_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "edge/net/request_reader.h"

namespace portcullis::net {
namespace {

/// Answers to pipelined requests that wait to be sent together; beyond, the client must read first.
constexpr std::size_t most_unsent = 64 * 1024;
/// What an idle connection keeps of the room that its answers took.
constexpr std::size_t most_kept_room = 8 * 1024;
/// Of one connection, before the others get their turn.
constexpr int reads_at_once = 16;

/// One client. Hands out the requests of what it reads, collects their answers, sends them together, and again.
class Connection final : public Exchange::State,
                         public Readiness::Watcher,
                         public QueuedConnection,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServedRequests> service, int descriptor, std::string peer)
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
  void close() override;
  void ready(Change change) override;
  void finish() override;
  void answer(const Reply& reply) override;
  void leave_unanswered() override { close(); }
  bool is_about_to_read() override;

 private:
  bool is_open() const noexcept { return descriptor_ >= 0; }
  /// Whether the next request may be handed out.
  bool may_ask() const noexcept { return is_open() && !asked_ && after_ == After::goes_on; }
  void wait_for(WaitsFor what) { service_->queues.move(*this, what); }
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
  void fall_idle();

  enum class After : std::uint8_t { goes_on, closes, lingers };
  std::shared_ptr<ServedRequests> service_;
  int descriptor_;  // -1: closed
  std::string peer_;
  RequestReader reader_;
  std::string unsent_;
  std::size_t sent_ = 0;       // of what is unsent
  std::size_t discarded_ = 0;  // while it lingers
  After after_ = After::goes_on;
  bool readable_ = false;     // there may be more to read
  bool ended_ = false;        // the client sends no more
  bool asked_ = false;        // a request is handed out and not answered
  bool blocked_ = false;      // the client does not read what is unsent
  bool working_ = false;      // its answer may come while it is handed out
  bool begun_since_ = false;  // what has begun is another request than the one whose time runs
};

void Connection::open() {
  service_->queues.enter(shared_from_this());
}

void Connection::close() {
  if (!is_open()) return;
  const auto alive = shared_from_this();
  service_->queues.leave(*this);
  if (service_->readiness) service_->readiness->release(descriptor_, alive);
  if (service_->queues.count() == 0 && service_->drained) service_->loop.post(std::exchange(service_->drained, [] {}));
  ::close(std::exchange(descriptor_, -1));
}

bool Connection::is_about_to_read() {
  char octet = 0;
  return readable_ || ::recv(descriptor_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

void Connection::ready(Change change) {
  if (!is_open()) return;
  const auto alive = shared_from_this();
  readable_ = true;
  ended_ = ended_ || change == Change::end;
  const bool was_blocked = blocked_;
  if (was_blocked && !send()) return;
  if (asked_) {  // read when that is answered
    if (was_blocked) wait_for(WaitsFor::decision);
    return;
  }
  if (was_blocked && work() == Next::waits) return;
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
    if (waits_for() == WaitsFor::hanging_up) {
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
    wait_for(WaitsFor::decision);
    return Next::waits;
  }
  if (after_ != After::goes_on) return hang_up();
  if (reader_.has_begun()) {
    if (waits_for() != WaitsFor::header || begun_since_) wait_for(WaitsFor::header);
    begun_since_ = false;
    return Next::reads;
  }
  if (service_->is_draining()) {
    close();
    return Next::waits;
  }
  fall_idle();
  return Next::reads;
}

void Connection::hand_out() {
  asked_ = true;
  begun_since_ = true;
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
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  append_reply(unsent_, reply, frame, service_->date.at(now));
}

bool Connection::send() {
  while (sent_ < unsent_.size()) {
    const auto size = ::send(descriptor_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      sent_ += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!std::exchange(blocked_, true)) wait_for(WaitsFor::reader);
      return false;
    } else if (errno != EINTR) {
      close();
      return false;
    }
  }
  sent_ = 0;
  blocked_ = false;
  unsent_.clear();
  return true;
}

/// Nothing of the next request is here, and it may be long in coming.
void Connection::fall_idle() {
  reader_.rest();
  if (unsent_.capacity() > most_kept_room) unsent_.shrink_to_fit();
  wait_for(WaitsFor::request);
}

/// Closing while octets are unread would reset the connection and could take the answer with it, so: say that we are
/// done, and read until the client is too (RFC 9112 §9.6).
Connection::Next Connection::hang_up() {
  if (after_ == After::closes && !reader_.has_octets()) {
    close();
    return Next::waits;
  }
  ::shutdown(descriptor_, SHUT_WR);
  wait_for(WaitsFor::hanging_up);
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

void serve_connection(const std::shared_ptr<ServedRequests>& service, int descriptor, std::string peer) {
  const std::size_t most = service->limits.connections;
  if (service->queues.count() >= most) service->queues.make_room();
  const auto connection = std::make_shared<Connection>(service, descriptor, std::move(peer));
  if (service->queues.count() < most && service->readiness->watch(descriptor, *connection)) connection->open();
}

}  // namespace portcullis::net
