#include "doors/lambda/question_desk.h"

#include <algorithm>

namespace portcullis::lambda {

using std::chrono::milliseconds;

namespace {

class Deadline {
 public:
  explicit Deadline(milliseconds budget) : at_(std::chrono::steady_clock::now() + budget) {}
  milliseconds left() const {
    const auto left = std::chrono::floor<milliseconds>(at_ - std::chrono::steady_clock::now());
    return std::max(left, milliseconds{0});
  }

 private:
  std::chrono::steady_clock::time_point at_;
};

}  // namespace

QuestionDesk::QuestionDesk(const Authorizer& authorizer, Fetch fetch, Clock clock, Store* store)
    : authorizer_(authorizer), fetch_(std::move(fetch)), clock_(std::move(clock)), store_(store) {}

void QuestionDesk::resolve(const NeedKeys& wanted, milliseconds budget) {
  const std::uint64_t attempt = wanted.ticket.attempt;
  {
    std::unique_lock lock{mutex_};
    Source& source = sources_[wanted.ticket.source];
    if (source.begun >= attempt) {  // somebody else fetches, or has fetched, for this ticket
      done_.wait_for(lock, budget, [&] { return source.finished >= attempt; });
      return;
    }
    source.begun = attempt;
  }
  const FetchOutcome outcome = fetch_wanted(wanted, fetch_, budget);
  authorizer_.learn(wanted.ticket, outcome, clock_());
  {
    const std::lock_guard lock{mutex_};
    sources_[wanted.ticket.source].finished = attempt;
  }
  done_.notify_all();
}

template <class Outcome, class Need>
Outcome QuestionDesk::ask_store(const Need& wanted, milliseconds budget) const {
  if (store_ == nullptr) return StoreFailed{"there is no store"};
  if (budget <= milliseconds{0}) return StoreFailed{"there was no time left to ask the store"};
  return store_->ask(wanted);
}

Answer QuestionDesk::answer_to(const Question& question, milliseconds budget) {
  if (const auto* limit = std::get_if<NeedLimit>(&question)) return ask_store<LimitOutcome>(*limit, budget);
  if (const auto* proof = std::get_if<NeedReplayCheck>(&question)) return ask_store<ReplayOutcome>(*proof, budget);
  resolve(std::get<NeedKeys>(question), budget);
  return FetchOutcome{};  // learn() was told what came
}

Settled QuestionDesk::settle(Step step, milliseconds budget) {
  const Deadline deadline{budget};  // one for the whole decision
  while (auto* asked = std::get_if<Asked>(&step)) {
    const Answer answer = answer_to(asked->question, deadline.left());
    step = authorizer_.resume(std::move(asked->pending), answer, clock_());
  }
  return std::get<Settled>(std::move(step));
}

void QuestionDesk::run(const std::vector<Errand>& errands, milliseconds budget) {
  const Deadline deadline{budget};
  for (const Errand& errand : errands) {
    if (deadline.left() <= milliseconds{0}) return;
    if (const auto* keys = std::get_if<NeedKeys>(&errand)) {
      resolve(*keys, deadline.left());
    } else {
      const auto& charge = std::get<ChargeFailure>(errand);
      authorizer_.learn(charge, ask_store<LimitOutcome>(charge.charge, deadline.left()), clock_());
    }
  }
}

void QuestionDesk::warm_up(milliseconds budget) {
  const Deadline deadline{budget};
  for (const NeedKeys& wanted : authorizer_.warm_up(clock_()))
    if (deadline.left() > milliseconds{0}) resolve(wanted, deadline.left());
}

}  // namespace portcullis::lambda
