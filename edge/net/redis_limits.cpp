#include "edge/net/redis_limits.h"

#include "edge/net/asio_settings.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "edge/net/circuit_breaker.h"
#include "edge/net/event_loop_impl.h"
#include "edge/net/name_lookup.h"
#include "edge/net/redis_protocol.h"
#include "edge/net/tls_trust.h"

namespace portcullis::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct PendingQuestion {
  NeedLimit question;
  RedisLimits::Answered answered;  // empty: it has been
  std::int64_t now = 0;            // 0: the server's clock
  Time deadline{};
  std::uint64_t number = 0;    // of its command on the connection
  std::uint8_t forgotten = 0;  // how often the server had not got the script
  bool is_sent = false;        // on the connection that there is
  bool was_lost = false;       // with a connection that ended
  bool is_probe = false;
};
using Pending = std::shared_ptr<PendingQuestion>;

/// One connection from its first packet on. Handlers of an earlier one find that it is no longer the current one.
struct Connection {
  explicit Connection(asio::io_context& context) : socket(context), step(context) {}
  tcp::socket socket;
  std::optional<ssl::stream<tcp::socket&>> tls;
  asio::steady_timer step;  // while it is being made
  Time deadline{};          // to be ready by
  std::vector<SocketAddress> addresses{};
  std::size_t next_address = 0;
  int attempt = 0;  // to reach an address
  enum class State : std::uint8_t { connecting, logging_in, ready } state = State::connecting;
  RedisReplyReader reader{};
  std::array<char, 16 * 1024> incoming{};
  std::string outgoing{}, being_written{};
  bool is_writing = false;
  bool has_answered = false;
  std::uint64_t commands = 0;  // sent
  std::uint64_t script = 0;    // the number of the last command that brought the script along
};

/// Whether a failure shows that nothing can be had from the store, or may be over in the next moment.
enum class Sign : std::uint8_t { certain, passing };

}  // namespace

struct RedisLimits::Impl : std::enable_shared_from_this<RedisLimits::Impl> {
  Impl(EventLoop& event_loop, RedisAddress where, RedisDeadlines limits, std::function<void(const StoreChange&)> tell)
      : loop(event_loop),
        context(event_loop.impl().context),
        address(std::move(where)),
        deadlines(limits),
        changed(std::move(tell)),
        breaker(limits.failures, limits.pause),
        due(context) {}

  EventLoop& loop;
  asio::io_context& context;
  RedisAddress address;
  RedisDeadlines deadlines;
  std::function<void(const StoreChange&)> changed;
  std::optional<ssl::context> trust;
  std::string trust_fault;  // why there is none

  CircuitBreaker breaker;
  bool is_failing = false;  // as it was told
  std::string last_fault;
  bool has_ended = false;

  std::shared_ptr<Connection> connection;
  std::optional<LookUpUnderWay> look_up;
  EventLoop::Registration look_up_watch;

  std::deque<Pending> by_deadline;  // all that wait for an answer, and some that have it
  std::deque<Pending> waiting;      // for a connection
  std::deque<Pending> sent;         // in the order of their replies
  std::size_t under_way = 0;
  asio::steady_timer due;
  bool is_due_set = false;
  std::deque<std::pair<Answered, LimitOutcome>> ready;  // to be told in the loop's next turn
  bool is_flush_posted = false;

  void ask(std::int64_t now, const NeedLimit& question, Answered answered);
  void end();

  // Connecting, step by step.
  void connect();
  void look_up_name();
  void reach_next();
  void secure();
  void log_in();
  void become_ready();
  void cannot_connect(const std::string& cause);
  template <class Next>
  void within_step(Time until, Next on_timeout);

  // Talking.
  void send(const Pending& one);
  void flush();
  void read();
  void take_replies();
  void take_reply(const RedisReply& reply);
  void take_error(Pending one, const std::string& error);
  template <class Operation>
  void on_stream(Operation operation) {
    if (connection->tls)
      operation(*connection->tls);
    else
      operation(connection->socket);
  }
  bool is_current(const std::shared_ptr<Connection>& one) const { return !has_ended && connection == one; }

  // Ends of questions and of connections.
  void drop_connection();
  void lose_connection();
  void give_up_connection(const std::string& why, Sign sign);
  void settle(PendingQuestion& one, LimitOutcome outcome);
  void later(Answered answered, LimitOutcome outcome);
  void watch_deadlines();
  void end_overdue();
  void failed(const std::string& why, Sign sign);
  void succeeded();

  std::string fault(const std::string& cause) const {
    const bool bracketed = address.host.find(':') != std::string::npos;
    return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port) + ": " + cause;
  }
};

// Asking.

void RedisLimits::Impl::ask(std::int64_t now, const NeedLimit& question, Answered answered) {
  if (auto wrong = fault_of(question); !wrong.empty()) return later(std::move(answered), StoreFailed{std::move(wrong)});
  const Time current = Clock::now();
  if (under_way >= most_under_way)
    return later(std::move(answered), StoreFailed{fault("too many questions are under way")});
  const auto admission = breaker.admit(current);
  if (admission == CircuitBreaker::Admission::refuse) return later(std::move(answered), StoreFailed{last_fault});

  const auto one = std::make_shared<PendingQuestion>();
  one->question = question;
  one->answered = std::move(answered);
  one->now = now;
  one->deadline = current + deadlines.command;
  one->is_probe = admission == CircuitBreaker::Admission::probe;
  ++under_way;
  by_deadline.push_back(one);
  watch_deadlines();
  if (connection && connection->state == Connection::State::ready) return send(one);
  waiting.push_back(one);
  if (!connection) connect();
}

void RedisLimits::Impl::later(Answered answered, LimitOutcome outcome) {
  ready.emplace_back(std::move(answered), std::move(outcome));
  if (ready.size() > 1) return;
  asio::post(context, [self = shared_from_this()] {
    auto told = std::exchange(self->ready, {});
    for (auto& [tell, what] : told) tell(std::move(what));
  });
}

void RedisLimits::Impl::settle(PendingQuestion& one, LimitOutcome outcome) {
  if (!one.answered) return;
  --under_way;
  if (one.is_probe) breaker.undecided(Clock::now());  // nothing, if it has decided something
  std::exchange(one.answered, nullptr)(std::move(outcome));
}

void RedisLimits::Impl::end() {
  has_ended = true;
  look_up_watch = {};
  due.cancel();
  if (connection) drop_connection();
  const auto left = std::exchange(by_deadline, {});
  const auto told = std::exchange(ready, {});
  waiting.clear();
  for (const Pending& one : left) settle(*one, StoreFailed{fault("nobody asks any more")});
  for (const auto& [tell, what] : told) tell(what);
}

// What becomes of the store in our eyes.

void RedisLimits::Impl::failed(const std::string& why, Sign sign) {
  breaker.failed(Clock::now());
  last_fault = fault(why);
  if (is_failing || (sign == Sign::passing && !breaker.failed_often())) return;
  is_failing = true;
  if (changed) changed({StoreChange::Now::failing, last_fault});
}

void RedisLimits::Impl::succeeded() {
  breaker.succeeded();
  if (!std::exchange(is_failing, false)) return;
  if (changed) changed({StoreChange::Now::answering, fault("the store answers again")});
}

// One timer for all deadlines, set for the earliest; questions with an answer are passed over when it rings.

void RedisLimits::Impl::watch_deadlines() {
  while (!by_deadline.empty() && !by_deadline.front()->answered) by_deadline.pop_front();
  if (is_due_set || by_deadline.empty()) return;
  is_due_set = true;
  due.expires_at(by_deadline.front()->deadline);
  due.async_wait([self = shared_from_this()](error_code error) {
    self->is_due_set = false;
    if (!error && !self->has_ended) self->end_overdue();
  });
}

void RedisLimits::Impl::end_overdue() {
  const Time now = Clock::now();
  bool was_asked = false;
  std::vector<Pending> overdue;
  for (; !by_deadline.empty(); by_deadline.pop_front()) {
    const Pending& one = by_deadline.front();
    if (!one->answered) continue;
    if (one->deadline > now) break;
    was_asked = was_asked || one->is_sent;
    overdue.push_back(one);
  }
  std::erase_if(waiting, [&](const Pending& one) { return one->deadline <= now; });
  // A reply that comes late must not answer the next question: with the question goes its connection.
  if (was_asked) give_up_connection("no answer in time", Sign::passing);
  for (const Pending& one : overdue) settle(*one, StoreFailed{fault("no connection in time")});
  if (!has_ended) watch_deadlines();
}

// Connections.

void RedisLimits::Impl::drop_connection() {
  const auto gone = std::exchange(connection, nullptr);
  gone->step.cancel();
  look_up_watch = {};
  look_up.reset();
  error_code ignored;
  gone->socket.close(ignored);
}

/// It ended, and nobody is to blame yet: what was asked on it is asked once more. One that was of use is replaced at
/// once, so that the next question need not wait for it.
void RedisLimits::Impl::lose_connection() {
  const bool was_of_use = connection->has_answered;
  drop_connection();
  auto lost = std::exchange(sent, {});
  std::vector<Pending> twice;
  std::deque<Pending> again;
  for (Pending& one : lost) {
    if (!one->answered) continue;
    one->is_sent = false;
    if (std::exchange(one->was_lost, true))
      twice.push_back(std::move(one));
    else
      again.push_back(std::move(one));
  }
  waiting.insert(waiting.begin(), again.begin(), again.end());
  if (!waiting.empty() || was_of_use) connect();
  if (twice.empty()) return;
  failed("the connection closed before an answer came", Sign::passing);
  for (const Pending& one : twice) settle(*one, StoreFailed{last_fault});
}

void RedisLimits::Impl::give_up_connection(const std::string& why, Sign sign) {
  if (connection->state != Connection::State::ready) return cannot_connect(why);
  drop_connection();
  const auto lost = std::exchange(sent, {});
  failed(why, sign);
  for (const Pending& one : lost) settle(*one, StoreFailed{fault(why)});
  if (!has_ended && !connection && !waiting.empty()) connect();
}

void RedisLimits::Impl::cannot_connect(const std::string& cause) {
  drop_connection();
  const auto lost = std::exchange(waiting, {});
  failed(cause, Sign::certain);
  for (const Pending& one : lost) settle(*one, StoreFailed{fault(cause)});
}

template <class Next>
void RedisLimits::Impl::within_step(Time until, Next on_timeout) {
  connection->step.expires_at(until);
  connection->step.async_wait([self = shared_from_this(), one = connection, on_timeout](error_code error) {
    const bool is_over = one->state != Connection::State::ready && one->step.expiry() <= Clock::now();
    if (!error && self->is_current(one) && is_over) on_timeout();
  });
}

void RedisLimits::Impl::connect() {
  if (address.security == RedisAddress::Security::tls && !trust) {
    connection = std::make_shared<Connection>(context);
    asio::post(context, [self = shared_from_this(), one = connection] {
      if (self->is_current(one)) self->cannot_connect(self->trust_fault);
    });
    return;
  }
  connection = std::make_shared<Connection>(context);
  connection->deadline = Clock::now() + deadlines.connect;
  within_step(connection->deadline, [this] { cannot_connect("the name look-up took too long"); });
  look_up_name();
}

void RedisLimits::Impl::look_up_name() {
  look_up.emplace(address.host, std::to_string(address.port));
  const auto look = [this, self = shared_from_this()] {  // who is told may drop us
    auto found = look_up->outcome();
    if (!found) return;
    look_up_watch = {};
    if (!*found) return cannot_connect(found->error().why);
    connection->addresses = *std::move(*found);
    reach_next();
  };
  if (look_up->descriptor() >= 0) {
    look_up_watch = loop.when_readable(look_up->descriptor(), look);
  } else {
    asio::post(context, [self = shared_from_this(), one = connection, look] {  // the process has no descriptor left
      if (self->is_current(one)) look();
    });
  }
}

/// Each address gets its share of the time that is left, so that one that swallows packets does not cost the others
/// their turn.
void RedisLimits::Impl::reach_next() {
  const auto left = static_cast<Clock::rep>(connection->addresses.size() - connection->next_address);
  const SocketAddress& target = connection->addresses[connection->next_address++];
  tcp::endpoint endpoint;
  endpoint.resize(target.length);
  std::memcpy(endpoint.data(), &target.storage, target.length);
  const auto done = [this, one = connection, attempt = ++connection->attempt, is_last = left == 1](error_code error) {
    if (!is_current(one) || one->attempt != attempt) return;
    if (!error) error = one->socket.set_option(tcp::no_delay(true), error);
    if (!error) return secure();
    error_code ignored;
    one->socket.close(ignored);
    if (!is_last) return reach_next();
    cannot_connect(error == asio::error::timed_out ? "no connection in time" : error.message());
  };
  const Time now = Clock::now();
  within_step(now + (connection->deadline - now) / left, [done] { done(asio::error::timed_out); });
  connection->socket.async_connect(endpoint, [self = shared_from_this(), done](error_code error) { done(error); });
}

void RedisLimits::Impl::secure() {
  if (address.security == RedisAddress::Security::plain) return log_in();
  within_step(connection->deadline, [this] { cannot_connect("no TLS handshake in time"); });
  auto& tls = connection->tls.emplace(connection->socket, *trust);
  if (const auto demanded = expect_host(tls.native_handle(), address.host); !demanded)
    return cannot_connect(demanded.error());
  tls.async_handshake(ssl::stream_base::client, [self = shared_from_this(), one = connection](error_code error) {
    if (!self->is_current(one)) return;
    if (!error) return self->log_in();
    const auto doubt = verification_fault(one->tls->native_handle());
    self->cannot_connect(doubt.empty() ? "the TLS handshake failed (" + error.message() + ")" : doubt);
  });
}

void RedisLimits::Impl::log_in() {
  read();
  if (address.user.empty() && address.password.empty()) return become_ready();
  connection->state = Connection::State::logging_in;
  within_step(connection->deadline, [this] { cannot_connect("no answer to the login in time"); });
  write_login(address.user, address.password, connection->outgoing);
  flush();
}

void RedisLimits::Impl::become_ready() {
  connection->state = Connection::State::ready;
  connection->step.cancel();
  breaker.hope(Clock::now());
  for (const Pending& one : std::exchange(waiting, {}))
    if (one->answered) send(one);
}

// The conversation.

void RedisLimits::Impl::send(const Pending& one) {
  one->number = ++connection->commands;
  // After a NOSCRIPT the script goes along once; those behind it find it there.
  const auto form = one->forgotten > 0 && connection->script == 0 ? ScriptForm::text : ScriptForm::hash;
  if (form == ScriptForm::text) connection->script = one->number;
  write_question(one->question, one->now, form, connection->outgoing);
  one->is_sent = true;
  sent.push_back(one);
  if (std::exchange(is_flush_posted, true)) return;
  asio::post(context, [self = shared_from_this()] {  // what is asked in the same turn of the loop goes in one packet
    self->is_flush_posted = false;
    if (!self->has_ended && self->connection) self->flush();
  });
}

void RedisLimits::Impl::flush() {
  if (connection->is_writing || connection->outgoing.empty()) return;
  connection->is_writing = true;
  connection->being_written.swap(connection->outgoing);
  connection->outgoing.clear();
  on_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(connection->being_written),
                      [self = shared_from_this(), one = connection](error_code error, std::size_t) {
                        one->is_writing = false;
                        // Of an error the reader tells, after whatever the server had to say before it hung up.
                        if (!error && self->is_current(one)) self->flush();
                      });
  });
}

void RedisLimits::Impl::read() {
  on_stream([this](auto& stream) {
    stream.async_read_some(asio::buffer(connection->incoming), [self = shared_from_this(), one = connection](
                                                                   error_code error, std::size_t length) {
      if (!self->is_current(one)) return;
      if (error) {
        if (one->state == Connection::State::ready) return self->lose_connection();
        return self->cannot_connect("the connection closed before an answer came");
      }
      if (!one->reader.feed({one->incoming.data(), length}))
        return self->give_up_connection("the answer is larger than any to this question", Sign::certain);
      self->take_replies();
      if (self->is_current(one)) self->read();
    });
  });
}

void RedisLimits::Impl::take_replies() {
  const auto one = connection;
  while (is_current(one)) {
    switch (one->reader.next()) {
      case RedisReplyReader::Next::need_more:
        return;
      case RedisReplyReader::Next::not_redis:
        return give_up_connection("what came is not the protocol of Redis", Sign::certain);
      case RedisReplyReader::Next::reply:
        take_reply(one->reader.reply());
        break;
    }
  }
}

void RedisLimits::Impl::take_reply(const RedisReply& reply) {
  if (connection->state == Connection::State::logging_in) {
    if (reply.kind == RedisReply::Kind::status) return become_ready();
    return cannot_connect(reply.kind == RedisReply::Kind::error ? refusal_of(reply.text).why
                                                                : "the answer to the login is none");
  }
  if (sent.empty()) {
    const bool refuses = reply.kind == RedisReply::Kind::error;  // to speak at all
    return give_up_connection(refuses ? refusal_of(reply.text).why : "an answer came that nobody had asked for",
                              Sign::certain);
  }
  Pending one = std::move(sent.front());
  sent.pop_front();
  if (reply.kind == RedisReply::Kind::error) return take_error(std::move(one), reply.text);
  auto states = states_of(one->question, reply);
  if (!states) {
    sent.push_front(std::move(one));  // goes with the connection
    return give_up_connection("the answer is not one to this question", Sign::certain);
  }
  connection->has_answered = true;
  succeeded();
  settle(*one, *std::move(states));
}

void RedisLimits::Impl::take_error(Pending one, const std::string& error) {
  const RedisRefusal refusal = refusal_of(error);
  if (refusal.remedy == RedisRefusal::Remedy::ask_with_script && ++one->forgotten < 4) {
    if (connection->script < one->number) connection->script = 0;  // it has not been sent since
    return send(one);
  }
  if (refusal.remedy == RedisRefusal::Remedy::connect_again) {
    sent.push_front(std::move(one));
    return give_up_connection(refusal.why, Sign::certain);
  }
  failed(refusal.why, Sign::certain);
  settle(*one, StoreFailed{fault(refusal.why)});
}

RedisLimits::RedisLimits(EventLoop& loop, RedisAddress address, RedisDeadlines deadlines,
                         std::optional<std::string> roots, std::function<void(const StoreChange&)> changed)
    : impl_(std::make_shared<Impl>(loop, std::move(address), deadlines, std::move(changed))) {
  if (impl_->address.security == RedisAddress::Security::tls) {
    auto made = make_client_context({std::move(roots)});
    if (made)
      impl_->trust.emplace((*std::move(made)).release());
    else
      impl_->trust_fault = made.error();
  }
  impl_->connect();
}

RedisLimits::~RedisLimits() {
  impl_->end();
}

void RedisLimits::ask(const NeedLimit& question, Answered answered) {
  impl_->ask(0, question, std::move(answered));
}

void RedisLimits::ask_at(std::int64_t now, const NeedLimit& question, Answered answered) {
  impl_->ask(now, question, std::move(answered));
}

struct WaitingRedisLimits::Impl {
  Impl(RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
       std::function<void(const StoreChange&)> changed)
      : limits(loop, std::move(address), deadlines, std::move(roots), std::move(changed)) {}

  EventLoop loop;
  RedisLimits limits;
  bool has_asked = false;

  /// Runs the loop until `is_done`. What happened since it last ran (a server that hung up, say) comes first.
  template <class Condition>
  void run_until(Condition is_done) {
    asio::io_context& context = loop.impl().context;
    context.restart();
    while (!is_done() && context.run_one() > 0) {
    }
  }
  void catch_up() {
    loop.impl().context.restart();
    loop.impl().context.poll();
  }
};

WaitingRedisLimits::WaitingRedisLimits(RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
                                       std::function<void(const StoreChange&)> changed)
    : impl_(std::make_unique<Impl>(std::move(address), deadlines, std::move(roots), std::move(changed))) {}
WaitingRedisLimits::~WaitingRedisLimits() = default;

void WaitingRedisLimits::connect() {
  RedisLimits::Impl& store = *impl_->limits.impl_;
  impl_->catch_up();
  if (!store.connection && !store.breaker.refuses(Clock::now())) store.connect();
  impl_->run_until([&] { return !store.connection || store.connection->state == Connection::State::ready; });
}

LimitOutcome WaitingRedisLimits::ask(const NeedLimit& question) {
  if (!std::exchange(impl_->has_asked, true)) connect();
  impl_->catch_up();
  const auto outcome = std::make_shared<std::optional<LimitOutcome>>();
  impl_->limits.ask(question, [outcome](LimitOutcome told) { *outcome = std::move(told); });
  impl_->run_until([&] { return outcome->has_value(); });
  return *std::exchange(*outcome, std::nullopt);
}

}  // namespace portcullis::net
