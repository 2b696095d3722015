// Carries questions from the core to the outside world and answers back, on threads that may wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "doors/keys/metadata_fetch.h"
#include "portcullis/authorizer.h"

namespace portcullis::lambda {

/// Fetches once a ticket, however many wait for it. Safe from any thread.
class QuestionDesk {
 public:
  using Fetch = KeyFetch;
  using Clock = std::function<Now()>;
  /// What machines share; it has its own deadline. Asked from any thread.
  class Store {
   public:
    virtual ~Store() = default;
    virtual LimitOutcome ask(const NeedLimit& question) = 0;
    virtual ReplayOutcome ask(const NeedReplayCheck& question) = 0;
  };
  /// @param store  null: there is none
  QuestionDesk(const Authorizer& authorizer, Fetch fetch, Clock clock, Store* store = nullptr);

  /// Answers every question until the decision is settled, all in at most `budget`; its errands are left
  /// to the caller.
  Settled settle(Step step, std::chrono::milliseconds budget);
  /// Runs errands, all in at most `budget`: nobody waits for them, so their failure only shows in key_status().
  /// Keys that there is no time for are handed out again when their ticket counts as lost.
  void run(const std::vector<Errand>& errands, std::chrono::milliseconds budget);
  /// Fetches what could be fetched before the first request, all in at most `budget`. What there is no time for
  /// waits for that request.
  void warm_up(std::chrono::milliseconds budget);

 private:
  void resolve(const NeedKeys& wanted, std::chrono::milliseconds budget);
  Answer answer_to(const Question& question, std::chrono::milliseconds budget);
  template <class Outcome, class Need>
  Outcome ask_store(const Need& wanted, std::chrono::milliseconds budget) const;

  const Authorizer& authorizer_;
  Fetch fetch_;
  Clock clock_;
  Store* store_;
  std::mutex mutex_;
  std::condition_variable done_;
  struct Source {
    std::uint64_t begun = 0, finished = 0;  // attempts
  };
  std::map<std::uint32_t, Source> sources_;
};

}  // namespace portcullis::lambda
