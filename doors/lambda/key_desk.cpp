#include "doors/lambda/key_desk.h"

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

KeyDesk::KeyDesk(const Authorizer& authorizer, Fetch fetch, Clock clock)
    : authorizer_(authorizer), fetch_(std::move(fetch)), clock_(std::move(clock)) {}

void KeyDesk::resolve(const NeedKeys& wanted, milliseconds budget) {
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

Settled KeyDesk::settle(Step step, milliseconds budget) {
  const Deadline deadline{budget};  // one for the whole decision
  while (auto* asked = std::get_if<Asked>(&step)) {
    resolve(std::get<NeedKeys>(asked->question), deadline.left());
    step = authorizer_.resume(std::move(asked->pending), FetchOutcome{}, clock_());
  }
  return std::get<Settled>(std::move(step));
}

void KeyDesk::run(const std::vector<Errand>& errands, milliseconds budget) {
  const Deadline deadline{budget};
  for (const Errand& errand : errands)
    if (deadline.left() > milliseconds{0}) resolve(std::get<NeedKeys>(errand), deadline.left());
}

void KeyDesk::warm_up(milliseconds budget) {
  const Deadline deadline{budget};
  for (const NeedKeys& wanted : authorizer_.warm_up(clock_()))
    if (deadline.left() > milliseconds{0}) resolve(wanted, deadline.left());
}

}  // namespace portcullis::lambda
