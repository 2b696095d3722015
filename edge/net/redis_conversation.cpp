#include "edge/net/redis_conversation.h"

#include <algorithm>
#include <utility>

namespace portcullis::net {
namespace {

/// A server that says NOSCRIPT to the text itself, or loses it again at once, is not asked for ever.
constexpr int most_forgotten = 4;

}  // namespace

RedisConversation::RedisConversation(EventLoop& loop, RedisAddress address, RedisDeadlines deadlines,
                                     std::optional<std::string> roots, StoreHealth::Changed changed)
    : loop_(loop),
      server_(std::move(address), std::move(roots)),
      deadlines_(deadlines),
      health_({deadlines.failures, deadlines.pause}, server_.address.name(), std::move(changed)) {}

// Asking.

void RedisConversation::ask(std::unique_ptr<RedisQuestion> question) {
  const Time now = Clock::now();
  if (under_way_ >= most_under_way)
    return refuse(std::move(question), health_.fault("too many questions are under way"));
  const auto admission = health_.admit(now);
  if (admission == StoreHealth::Admission::refuse) return refuse(std::move(question), health_.last_fault());

  const auto one = std::make_shared<Asked>();
  one->question = std::move(question);
  one->deadline = now + deadlines_.command;
  one->is_probe = admission == StoreHealth::Admission::probe;
  ++under_way_;
  by_deadline_.push_back(one);
  watch_deadlines();
  if (connection_ && connection_->is_ready()) return send(one);
  waiting_.push_back(one);
  if (!connection_) connect();
}

void RedisConversation::refuse(std::unique_ptr<RedisQuestion> question, const std::string& why) {
  refused_.emplace_back(std::move(question), why);
  if (refused_.size() > 1) return;
  loop_.post([self = shared_from_this()] {
    for (const auto& [refused, cause] : std::exchange(self->refused_, {})) refused->fail(cause);
  });
}

void RedisConversation::end() {
  has_ended_ = true;
  due_ = {};
  connection_.reset();
  sent_.clear();
  waiting_.clear();
  const auto left = std::exchange(by_deadline_, {});
  const auto refused = std::exchange(refused_, {});
  for (const Pending& one : left) fail(*one, health_.fault("nobody asks any more"));
  for (const auto& [question, why] : refused) question->fail(why);
}

// What becomes of questions.

std::unique_ptr<RedisQuestion> RedisConversation::finished(Asked& one) {
  if (!one.question) return nullptr;
  --under_way_;
  if (one.is_probe) health_.undecided(Clock::now());  // nothing, if it has decided something
  return std::move(one.question);
}

void RedisConversation::tell(Asked& one) {
  if (const auto question = finished(one)) question->tell();
}

void RedisConversation::fail(Asked& one, const std::string& why) {
  if (const auto question = finished(one)) question->fail(why);
}

// One timer for all deadlines, set for the earliest; questions with an answer are passed over when it rings.

void RedisConversation::watch_deadlines() {
  while (!by_deadline_.empty() && !by_deadline_.front()->question) by_deadline_.pop_front();
  if (is_due_set_ || by_deadline_.empty()) return;
  is_due_set_ = true;
  due_ = loop_.after(by_deadline_.front()->deadline - Clock::now(), [self = shared_from_this()] {
    self->is_due_set_ = false;
    self->end_overdue();
  });
}

void RedisConversation::end_overdue() {
  const Time now = Clock::now();
  bool was_asked = false;
  std::vector<Pending> overdue;
  for (; !by_deadline_.empty(); by_deadline_.pop_front()) {
    const Pending& one = by_deadline_.front();
    if (!one->question) continue;
    if (one->deadline > now) break;
    was_asked = was_asked || one->is_sent;
    overdue.push_back(one);
  }
  std::erase_if(waiting_, [&](const Pending& one) { return one->deadline <= now; });
  // A reply that comes late must not answer the next question: with the question goes its connection.
  if (was_asked) give_up_connection("no answer in time", StoreHealth::Sign::passing);
  for (const Pending& one : overdue) fail(*one, health_.fault("no connection in time"));
  if (!has_ended_) watch_deadlines();
}

// Connections.

void RedisConversation::connect_if_hopeful() {
  if (!connection_ && !health_.refuses(Clock::now())) connect();
}

void RedisConversation::connect() {
  commands_ = script_ = 0;
  has_answered_ = false;
  const auto self = shared_from_this();
  connection_ = std::make_unique<RedisConnection>(
      loop_, server_, deadlines_.connect,
      RedisConnection::Events{
          [self] { self->ready(); },
          [self](const RedisReply& reply) { self->take_reply(reply); },
          [self](RedisConnection::End how, const std::string& why) { self->connection_ended(how, why); },
      });
}

void RedisConversation::ready() {
  health_.hope(Clock::now());
  for (const Pending& one : std::exchange(waiting_, {}))
    if (one->question) send(one);
}

void RedisConversation::connection_ended(RedisConnection::End how, const std::string& why) {
  switch (how) {
    case RedisConnection::End::not_made:
      return not_made(why);
    case RedisConnection::End::closed:
      return closed(why);
    case RedisConnection::End::unreadable:
      return give_up_connection(why, StoreHealth::Sign::certain);
  }
}

void RedisConversation::not_made(const std::string& why) {
  connection_.reset();
  const auto lost = std::exchange(waiting_, {});
  health_.failed(Clock::now(), why, StoreHealth::Sign::certain);
  for (const Pending& one : lost) fail(*one, health_.fault(why));
}

/// Nobody is to blame yet: what was asked on it is asked once more. A connection that was of use is replaced at once,
/// so that the next question need not wait for it.
void RedisConversation::closed(const std::string& why) {
  connection_.reset();
  auto lost = std::exchange(sent_, {});
  std::vector<Pending> twice;
  std::deque<Pending> again;
  for (Pending& one : lost) {
    if (!one->question) continue;
    one->is_sent = false;
    if (std::exchange(one->was_lost, true))
      twice.push_back(std::move(one));
    else
      again.push_back(std::move(one));
  }
  waiting_.insert(waiting_.begin(), again.begin(), again.end());
  if (!waiting_.empty() || has_answered_) connect();
  if (twice.empty()) return;
  health_.failed(Clock::now(), why, StoreHealth::Sign::passing);
  for (const Pending& one : twice) fail(*one, health_.fault(why));
}

void RedisConversation::give_up_connection(const std::string& why, StoreHealth::Sign sign) {
  connection_.reset();
  const auto lost = std::exchange(sent_, {});
  health_.failed(Clock::now(), why, sign);
  for (const Pending& one : lost) fail(*one, health_.fault(why));
  if (!has_ended_ && !connection_ && !waiting_.empty()) connect();
}

// On the connection that there is.

void RedisConversation::send(const Pending& one) {
  one->number = ++commands_;
  // After a NOSCRIPT the script goes along once; those behind it find it there.
  const auto script = one->times_forgotten > 0 && script_ == 0 ? ScriptForm::text : ScriptForm::hash;
  if (script == ScriptForm::text) script_ = one->number;
  command_.clear();
  one->question->write(script, one->was_lost ? RedisQuestion::Try::after_a_loss : RedisQuestion::Try::first, command_);
  connection_->send(command_);
  one->is_sent = true;
  sent_.push_back(one);
}

void RedisConversation::take_reply(const RedisReply& reply) {
  if (sent_.empty()) {
    const bool refuses = reply.kind == RedisReply::Kind::error;  // to speak at all
    return give_up_connection(refuses ? refusal_of(reply.text).why : "an answer came that nobody had asked for",
                              StoreHealth::Sign::certain);
  }
  if (reply.kind == RedisReply::Kind::error) return take_error(reply.text);
  if (!sent_.front()->question->read(reply))
    return give_up_connection("the answer is not one to this question", StoreHealth::Sign::certain);
  const Pending one = std::move(sent_.front());
  sent_.pop_front();
  has_answered_ = true;
  health_.succeeded();
  tell(*one);
}

void RedisConversation::take_error(const std::string& error) {
  const RedisRefusal refusal = refusal_of(error);
  if (refusal.remedy == RedisRefusal::Remedy::connect_again)
    return give_up_connection(refusal.why, StoreHealth::Sign::certain);
  const Pending one = std::move(sent_.front());
  sent_.pop_front();
  if (refusal.remedy == RedisRefusal::Remedy::ask_with_script && ++one->times_forgotten < most_forgotten) {
    if (script_ < one->number) script_ = 0;  // it has not been sent since
    return send(one);
  }
  health_.failed(Clock::now(), refusal.why, StoreHealth::Sign::certain);
  fail(*one, health_.fault(refusal.why));
}

}  // namespace portcullis::net
