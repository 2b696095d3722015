// Limits in Redis (6 or newer) or Valkey, for many machines: answers the core's NeedLimit. ratelimit.md §4.3.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "edge/net/event_loop.h"
#include "edge/net/tls_trust.h"
#include "portcullis/limit.h"

namespace portcullis::net {

struct RedisAddress {
  std::string host;
  std::uint16_t port = 6379;
  enum class Security : std::uint8_t { plain, tls } security = Security::plain;
  std::string user;      // ACL user (Redis 6); empty: the default one
  std::string password;  // empty: none. Never in a message
};

struct RedisDeadlines {
  std::chrono::milliseconds connect{100};
  std::chrono::milliseconds command{5};  // 20 in a Lambda
  // After so many failures in a row within a second nothing is asked any more; once a second one question tries again.
  int failures = 3;
  std::chrono::milliseconds pause{1000};
};

/// Told once for each change: out of reach (with why), or answering again.
struct StoreChange {
  enum class Now : std::uint8_t { failing, answering } now;
  std::string why;  // one sentence without secrets
};

/// One connection, pipelined, on one loop; everything from that loop's thread. Reconnects by itself.
class RedisLimits {
 public:
  using Answered = std::function<void(LimitOutcome)>;
  RedisLimits(EventLoop& loop, RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
              std::function<void(const StoreChange&)> changed);
  ~RedisLimits();  // what is under way is answered StoreFailed
  RedisLimits(const RedisLimits&) = delete;
  RedisLimits& operator=(const RedisLimits&) = delete;

  /// Asks, with the store's own clock. `answered` is called once, from the loop and never from within this call, at
  /// the latest when the command's deadline has passed.
  void ask(const NeedLimit& question, Answered answered);
  /// The same by the caller's clock, in microseconds from 1 on: for tests.
  void ask_at(std::int64_t now, const NeedLimit& question, Answered answered);

  /// So many questions are under way at most; what is asked beyond is answered StoreFailed.
  static constexpr std::size_t most_under_way = 10'000;

 private:
  friend class WaitingRedisLimits;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// The same for who may wait: a Lambda, a command. Used by one thread at a time.
class WaitingRedisLimits {
 public:
  WaitingRedisLimits(RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
                     std::function<void(const StoreChange&)> changed);
  ~WaitingRedisLimits();
  WaitingRedisLimits(const WaitingRedisLimits&) = delete;
  WaitingRedisLimits& operator=(const WaitingRedisLimits&) = delete;

  /// Connects within the connect deadline if there is no connection: for a moment when nobody waits.
  void connect();
  /// Asks. The very first question may wait for the connection as long as connect(); every other one has its answer
  /// when the command's deadline has passed, connection or not.
  LimitOutcome ask(const NeedLimit& question);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
