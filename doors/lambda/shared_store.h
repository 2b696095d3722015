// The store that machines share, for threads that may wait for it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "doors/lambda/question_desk.h"
#include "edge/config/config.h"
#include "edge/net/redis_store.h"

namespace portcullis::lambda {

/// Safe from any thread: each asks on a connection that is its own meanwhile.
class SharedStore : public QuestionDesk::Store {
 public:
  using Changed = std::function<void(const net::StoreChange&)>;
  /// Connects to nobody yet. @param changed  told of each change once, whichever connection noticed it
  SharedStore(const config::StoreSettings& store, std::optional<std::string> roots, Changed changed);

  /// Within 20 ms. The first question on a connection may take 100 ms more, unless connect() came before.
  LimitOutcome ask(const NeedLimit& question) override;
  ReplayOutcome ask(const NeedReplayCheck& question) override;
  /// Connects, for a moment when nobody waits: within 100 ms, and not where the store was out of reach just now.
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
  std::mutex mutex_;
  std::vector<Connection> idle_;
  net::StoreChange::Now told_ = net::StoreChange::Now::answering;
};

}  // namespace portcullis::lambda
