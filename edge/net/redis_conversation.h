// What is asked of a Redis: many questions at once on one connection, which is made again when it is lost, each with
// its deadline. What they are about is their own matter.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edge/net/event_loop.h"
#include "edge/net/redis_connection.h"
#include "edge/net/redis_protocol.h"
#include "edge/net/redis_settings.h"
#include "edge/net/store_health.h"

namespace portcullis::net {

/// A kind of question: how it is written, how its answer is read, and who waits for it.
class RedisQuestion {
 public:
  virtual ~RedisQuestion() = default;
  /// Which try this is on the way to an answer. What was lost may have been carried out.
  enum class Try : std::uint8_t { first, after_a_loss };
  /// Appends one command to `out`. @param script  `text` after the server has said NOSCRIPT
  virtual void write(ScriptForm script, Try which, std::string& out) const = 0;
  /// Keeps the answer for tell(). @returns false: this is none
  [[nodiscard]] virtual bool read(const RedisReply& reply) = 0;
  /// Tells what was read. Either this or fail() is called, once.
  virtual void tell() = 0;
  /// Tells that there is no answer. @param why  one sentence without secrets
  virtual void fail(const std::string& why) = 0;
};

/// On one loop; everything from that loop's thread. Whoever is told may end it.
class RedisConversation : public std::enable_shared_from_this<RedisConversation> {
 public:
  RedisConversation(EventLoop& loop, RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
                    StoreHealth::Changed changed);

  /// Has it told or failed from the loop, never from within this call, at the latest when the command's deadline has
  /// passed.
  void ask(std::unique_ptr<RedisQuestion> question);
  /// Fails it in the loop's next turn, unasked.
  void refuse(std::unique_ptr<RedisQuestion> question, const std::string& why);
  /// Begins to connect, unless there is a connection or the store was out of reach just now.
  void connect_if_hopeful();
  bool is_connecting() const noexcept { return connection_ && !connection_->is_ready(); }
  /// Fails what is under way, at once. Nothing is asked afterwards.
  void end();

  /// What is asked beyond is refused.
  static constexpr std::size_t most_under_way = 10'000;

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  struct Asked {
    std::unique_ptr<RedisQuestion> question;  // null: it has been told
    Time deadline{};
    std::uint64_t number = 0;          // of its command on the connection
    std::uint8_t times_forgotten = 0;  // the script, by the server
    bool is_sent = false;              // on the connection that there is
    bool was_lost = false;             // with a connection that ended
    bool is_probe = false;
  };
  using Pending = std::shared_ptr<Asked>;

  // Connections.
  void connect();
  void ready();
  void connection_ended(RedisConnection::End how, const std::string& why);
  void not_made(const std::string& why);
  void closed(const std::string& why);
  void give_up_connection(const std::string& why, StoreHealth::Sign sign);

  // On the connection that there is.
  void send(const Pending& one);
  void take_reply(const RedisReply& reply);
  void take_error(const std::string& error);

  // What becomes of questions.
  void tell(Asked& one);
  void fail(Asked& one, const std::string& why);
  std::unique_ptr<RedisQuestion> finished(Asked& one);
  void watch_deadlines();
  void end_overdue();

  EventLoop& loop_;
  const RedisServer server_;
  const RedisDeadlines deadlines_;
  StoreHealth health_;
  bool has_ended_ = false;

  std::unique_ptr<RedisConnection> connection_;
  std::deque<Pending> sent_;    // on it, in the order of their replies
  std::uint64_t commands_ = 0;  // sent on it
  std::uint64_t script_ = 0;    // the number of the last command that brought the script along
  bool has_answered_ = false;
  std::string command_;  // the one that is being written

  std::deque<Pending> waiting_;      // for a connection
  std::deque<Pending> by_deadline_;  // all that wait for an answer, and some that have it
  std::size_t under_way_ = 0;
  EventLoop::Registration due_;  // one timer for all deadlines
  bool is_due_set_ = false;
  std::vector<std::pair<std::unique_ptr<RedisQuestion>, std::string>> refused_;  // to be told in the loop's next turn
};

}  // namespace portcullis::net
