#include "edge/net/redis_store.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "edge/net/redis_conversation.h"
#include "edge/net/redis_protocol.h"

namespace portcullis::net {
namespace {

class LimitQuestion final : public RedisQuestion {
 public:
  /// @param now  microseconds; 0: the server's clock
  LimitQuestion(const NeedLimit& question, std::int64_t now, RedisStore::Answered answered)
      : question_(question), now_(now), answered_(std::move(answered)) {}

  void write(ScriptForm script, Try, std::string& out) const override { write_question(question_, now_, script, out); }
  bool read(const RedisReply& reply) override {
    states_ = states_of(question_, reply);
    return states_.has_value();
  }
  void tell() override { answered_(*std::move(states_)); }
  void fail(const std::string& why) override { answered_(StoreFailed{why}); }

 private:
  const NeedLimit question_;
  const std::int64_t now_;
  const RedisStore::Answered answered_;
  std::optional<LimitStates> states_;
};

/// What tells one question about a proof from every other one.
std::string new_mark() {
  std::array<char, 16> octets;
  if (getentropy(octets.data(), octets.size()) != 0) std::abort();
  return {octets.data(), octets.size()};
}

class ReplayQuestion final : public RedisQuestion {
 public:
  ReplayQuestion(const NeedReplayCheck& question, RedisStore::ReplayAnswered answered)
      : question_(question), mark_(new_mark()), answered_(std::move(answered)) {}

  void write(ScriptForm, Try which, std::string& out) const override {
    write_question(question_, mark_, which == Try::first ? ReplayForm::first : ReplayForm::repeated, out);
  }
  bool read(const RedisReply& reply) override {
    verdict_ = verdict_of(reply);
    return verdict_.has_value();
  }
  void tell() override { answered_(*verdict_); }
  void fail(const std::string& why) override { answered_(StoreFailed{why}); }

 private:
  const NeedReplayCheck question_;
  const std::string mark_;
  const RedisStore::ReplayAnswered answered_;
  std::optional<ReplayVerdict> verdict_;
};

}  // namespace

RedisStore::RedisStore(EventLoop& loop, RedisAddress address, RedisDeadlines deadlines,
                       std::optional<std::string> roots, StoreHealth::Changed changed)
    : conversation_(std::make_shared<RedisConversation>(loop, std::move(address), deadlines, std::move(roots),
                                                        std::move(changed))) {
  conversation_->connect_if_hopeful();
}

RedisStore::~RedisStore() {
  conversation_->end();
}

void RedisStore::ask(const NeedLimit& question, Answered answered) {
  ask_at(0, question, std::move(answered));
}

void RedisStore::ask_at(std::int64_t now, const NeedLimit& question, Answered answered) {
  auto asked = std::make_unique<LimitQuestion>(question, now, std::move(answered));
  if (const auto wrong = fault_of(question); !wrong.empty()) return conversation_->refuse(std::move(asked), wrong);
  conversation_->ask(std::move(asked));
}

void RedisStore::ask(const NeedReplayCheck& question, ReplayAnswered answered) {
  conversation_->ask(std::make_unique<ReplayQuestion>(question, std::move(answered)));
}

WaitingRedisStore::WaitingRedisStore(RedisAddress address, RedisDeadlines deadlines, std::optional<std::string> roots,
                                     StoreHealth::Changed changed)
    : limits_(loop_, std::move(address), deadlines, std::move(roots), std::move(changed)) {}

void WaitingRedisStore::connect() {
  RedisConversation& conversation = *limits_.conversation_;
  loop_.catch_up();  // with what happened since it last ran: a server that hung up, say
  conversation.connect_if_hopeful();
  loop_.run_while([&] { return conversation.is_connecting(); });
}

template <class Outcome, class Question>
Outcome WaitingRedisStore::wait_for(const Question& question) {
  if (!std::exchange(has_asked_, true)) connect();
  loop_.catch_up();
  const auto outcome = std::make_shared<std::optional<Outcome>>();
  limits_.ask(question, [outcome](Outcome told) { *outcome = std::move(told); });
  loop_.run_while([&] { return !outcome->has_value(); });
  return *std::exchange(*outcome, std::nullopt);
}

LimitOutcome WaitingRedisStore::ask(const NeedLimit& question) {
  return wait_for<LimitOutcome>(question);
}

ReplayOutcome WaitingRedisStore::ask(const NeedReplayCheck& question) {
  return wait_for<ReplayOutcome>(question);
}

}  // namespace portcullis::net
