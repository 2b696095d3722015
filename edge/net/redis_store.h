// What many machines share in Redis (6 or newer) or Valkey, limits and seen DPoP proofs: answers the core's NeedLimit
// (ratelimit.md §4.3) and NeedReplayCheck (RFC 9449 §11.1).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "edge/net/event_loop.h"
#include "edge/net/redis_settings.h"
#include "edge/net/store_health.h"
#include "portcullis/limit.h"
#include "portcullis/replay.h"

namespace portcullis::net {

class RedisConversation;

/// One connection, pipelined, on one loop; everything from that loop's thread. Reconnects by itself.
class RedisStore {
 public:
  using Answered = std::function<void(LimitOutcome)>;
  using ReplayAnswered = std::function<void(ReplayOutcome)>;
  RedisStore(EventLoop& loop, RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
             StoreHealth::Changed changed);
  ~RedisStore();  // what is under way is answered StoreFailed
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  /// Asks, with the store's own clock. `answered` is called once, from the loop and never from within this call, at
  /// the latest when the command's deadline has passed.
  void ask(const NeedLimit& question, Answered answered);
  /// The same about a proof. Asked again by itself after a lost connection, it is no second proof.
  void ask(const NeedReplayCheck& question, ReplayAnswered answered);
  /// Limits by the caller's clock, in microseconds from 1 on: for tests.
  void ask_at(std::int64_t now, const NeedLimit& question, Answered answered);

 private:
  friend class WaitingRedisStore;
  std::shared_ptr<RedisConversation> conversation_;
};

/// The same for who may wait: a Lambda, a command. Used by one thread at a time.
class WaitingRedisStore {
 public:
  WaitingRedisStore(RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
                    StoreHealth::Changed changed);
  WaitingRedisStore(const WaitingRedisStore&) = delete;
  WaitingRedisStore& operator=(const WaitingRedisStore&) = delete;

  /// Connects within the connect deadline if there is no connection: for a moment when nobody waits.
  void connect();
  /// Asks. The very first question may wait for the connection as long as connect(); every other one has its answer
  /// when the command's deadline has passed, connection or not.
  LimitOutcome ask(const NeedLimit& question);
  ReplayOutcome ask(const NeedReplayCheck& question);

 private:
  template <class Outcome, class Question>
  Outcome wait_for(const Question& question);
  EventLoop loop_;
  RedisStore limits_;
  bool has_asked_ = false;
};

}  // namespace portcullis::net
