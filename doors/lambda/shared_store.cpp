#include "doors/lambda/shared_store.h"

namespace portcullis::lambda {
namespace {

net::RedisAddress address_of(const config::StoreSettings& store) {
  using Security = net::RedisAddress::Security;
  const bool secret = store.security == config::StoreSettings::Security::tls;
  return {store.host, store.port, secret ? Security::tls : Security::plain, store.user, store.password};
}

}  // namespace

SharedStore::SharedStore(const config::StoreSettings& store, std::optional<std::string> roots, Changed changed,
                         net::RedisDeadlines deadlines)
    : address_(address_of(store)), roots_(std::move(roots)), changed_(std::move(changed)), deadlines_(deadlines) {}

SharedStore::Connection SharedStore::borrow() {
  {
    const std::lock_guard lock{mutex_};
    if (!idle_.empty()) {
      Connection last = std::move(idle_.back());
      idle_.pop_back();
      return last;
    }
  }
  return std::make_unique<net::WaitingRedisStore>(address_, deadlines_, roots_,
                                                  [this](const net::StoreChange& change) { heard(change); });
}

void SharedStore::give_back(Connection connection) {
  const std::lock_guard lock{mutex_};
  idle_.push_back(std::move(connection));
}

template <class Question>
auto SharedStore::ask_on_own_connection(const Question& question) {
  Connection connection = borrow();
  auto outcome = connection->ask(question);
  give_back(std::move(connection));
  return outcome;
}

LimitOutcome SharedStore::ask(const NeedLimit& question) {
  return ask_on_own_connection(question);
}

ReplayOutcome SharedStore::ask(const NeedReplayCheck& question) {
  return ask_on_own_connection(question);
}

void SharedStore::connect() {
  Connection connection = borrow();
  connection->connect();
  give_back(std::move(connection));
}

void SharedStore::heard(const net::StoreChange& change) {
  {
    const std::lock_guard lock{mutex_};
    if (told_ == change.now) return;
    told_ = change.now;
  }
  changed_(change);
}

}  // namespace portcullis::lambda
