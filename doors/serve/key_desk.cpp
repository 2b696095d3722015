#include "doors/serve/key_desk.h"

#include <algorithm>
#include <system_error>

namespace portcullis::serve {

KeyDesk::KeyDesk(FetchFor fetch_for, Clock clock, Observed observed)
    : fetch_for_(std::move(fetch_for)), clock_(std::move(clock)), observed_(std::move(observed)) {}

KeyDesk::~KeyDesk() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  come_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (const Job& job : jobs_) {  // what waits holds its state, which holds what waits
    const std::lock_guard lock{job.state->fetches.mutex};
    job.state->fetches.sources.clear();
  }
}

void KeyDesk::fetch(const StatePtr& state, const NeedKeys& wanted, std::function<void()> told) {
  {
    const std::lock_guard lock{state->fetches.mutex};
    FetchBook::Source& source = state->fetches.sources[wanted.ticket.source];
    if (source.finished < wanted.ticket.attempt) {
      if (told) source.waiting.push_back(std::move(told));
      told = nullptr;
      if (source.begun >= wanted.ticket.attempt) return;  // under way
      source.begun = wanted.ticket.attempt;
    }
  }
  if (told) return told();  // it came between the question and now
  const std::lock_guard lock{mutex_};
  if (ending_) return;
  jobs_.push_back({state, wanted});
  if (jobs_.size() > idle_ && threads_.size() < most_threads) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // No more threads for this process: those that there are, or the next try, take the job.
    }
  }
  come_.notify_one();
}

void KeyDesk::work() {
  std::unique_lock lock{mutex_};
  while (!ending_) {
    if (jobs_.empty()) {
      ++idle_;
      come_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      --idle_;
      continue;
    }
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    settle(job);
    lock.lock();
  }
}

void KeyDesk::settle(const Job& job) {
  const FetchOutcome outcome = fetch_wanted(job.wanted, fetch_for_(*job.state), longest_key_fetch);
  job.state->authorizer.learn(job.wanted.ticket, outcome, clock_());
  if (observed_) observed_(*job.state, job.wanted, outcome);
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock{job.state->fetches.mutex};
    FetchBook::Source& source = job.state->fetches.sources[job.wanted.ticket.source];
    source.finished = std::max(source.finished, job.wanted.ticket.attempt);
    waiting.swap(source.waiting);
  }
  for (const auto& told : waiting) told();
}

}  // namespace portcullis::serve
