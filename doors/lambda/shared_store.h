// The store that machines share, for threads that may wait for it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "doors/lambda/question_desk.h"
#include "edge/config/config.h"
#include "edge/net/redis_settings.h"
#include "edge/net/redis_store.h"

namespace portcullis::lambda {

/// Safe from any thread: each asks on a connection that is its own meanwhile.
class SharedStore : public QuestionDesk::Store {
 public:
  using Changed = std::function<void(const net::StoreChange&)>;
  /// How long a decision waits.
  static constexpr net::RedisDeadlines usual{.connect = std::chrono::milliseconds{100},
                                             .command = std::chrono::milliseconds{20}};
  /// Connects to nobody yet. @param changed  told of each change once, whichever connection noticed it
  SharedStore(const config::StoreSettings& store, std::optional<std::string> roots, Changed changed,
              net::RedisDeadlines deadlines = usual);

  /// Within the deadline of a command. The first question on a connection may take that of connecting longer, unless
  /// connect() came before.
  LimitOutcome ask(const NeedLimit& question) override;
  ReplayOutcome ask(const NeedReplayCheck& question) override;
  /// Connects, for a moment when nobody waits: within the deadline of that, and not where the store was out of reach
  /// just now.
  void connect();

 private:
  using Connection = std::unique_ptr<net::WaitingRedisStore>;
  Connection borrow();
  void give_back(Connection connection);
  template <class Question>
  auto ask_on_own_connection(const Question& question);
  void heard(const net::StoreChange& change);

  const net::RedisAddress address_;
  const std::optional<std::string> roots_;
  const Changed changed_;
  const net::RedisDeadlines deadlines_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
  net::StoreChange::Now told_ = net::StoreChange::Now::answering;
};

}  // namespace portcullis::lambda
