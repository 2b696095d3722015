// Fetches keys for the event loops, which may not wait, on threads that may.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "doors/keys/metadata_fetch.h"
#include "doors/serve/serving_state.h"

namespace portcullis::serve {

/// Safe from any thread.
class KeyDesk {
 public:
  using Clock = std::function<Now()>;
  /// Told of every fetch, on the thread that made it.
  using Observed = std::function<void(const ServingState&, const NeedKeys&, const FetchOutcome&)>;
  /// How keys are fetched for a configuration.
  using FetchFor = std::function<KeyFetch(const ServingState&)>;
  KeyDesk(FetchFor fetch_for, Clock clock, Observed observed);
  /// Waits for the fetches under way, at most longest_key_fetch; who waits for another is not told any more.
  ~KeyDesk();

  /// Fetches once a ticket, however many ask; tells the authorizer and then `told`, which must not wait, on any thread
  /// (this one too, if the answer is there already).
  void fetch(const StatePtr& state, const NeedKeys& wanted, std::function<void()> told);

  /// So many issuers out of reach can be waited for at once.
  static constexpr std::size_t most_threads = 4;

 private:
  struct Job {
    StatePtr state;
    NeedKeys wanted;
  };
  void work();
  void settle(const Job& job);

  const FetchFor fetch_for_;
  const Clock clock_;
  const Observed observed_;
  std::mutex mutex_;
  std::condition_variable come_;
  std::deque<Job> jobs_;
  bool ending_ = false;
  std::size_t idle_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace portcullis::serve
