// One event loop that answers proxies. Nothing here waits: a decision that asks is laid aside, and the loop goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "doors/serve/decision_counters.h"
#include "doors/serve/decision_record.h"
#include "doors/serve/key_desk.h"
#include "doors/serve/reply.h"
#include "edge/net/event_loop.h"
#include "edge/net/redis_store.h"
#include "edge/net/request_server.h"
#include "edge/system/log.h"

namespace portcullis::serve {

/// What all workers have in common. Lives longer than they.
struct Shared {
  system::Log log;
  const Secrets& secrets;
  KeyDesk& desk;
  DecisionRing& ring;
  net::RequestServerLimits limits{};
};

/// Made, started and ended by one thread; what it says otherwise may be called from any.
class Worker {
 public:
  Worker(const Shared& shared, StatePtr state);
  ~Worker();  // stop()s
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before start(). @returns the port, or why not
  Result<std::uint16_t, std::string> listen(const std::string& address, std::uint16_t port,
                                            net::RequestServer::Claim claim);
  /// Before start(); the socket is the caller's and stays open.
  Result<Done, std::string> listen_on(int descriptor);
  void start();

  /// Decides by this from now on; what is under way ends as it began. Any thread. `done` runs on the loop's thread.
  void renew(StatePtr state, std::function<void()> done);
  /// Takes no new connections and ends those that fall idle; then `drained`, on the loop's thread. Any thread.
  void drain(std::function<void()> drained);
  /// Ends the loop; what is under way is not answered.
  void stop();

  /// Whether the loop has come round within the last seconds. Any thread.
  bool responsive(Now now) const noexcept;
  const DecisionCounters& counters() const noexcept { return counters_; }
  std::size_t connections() const noexcept { return connections_.load(std::memory_order_relaxed); }
  std::size_t waiting() const noexcept { return waiting_for_metrics_.load(std::memory_order_relaxed); }

  /// A request that waits for keys is answered by then, before the proxy gives up.
  static constexpr std::chrono::milliseconds longest_wait{2'500};

 private:
  struct Asking;
  using AskingPtr = std::unique_ptr<Asking>;
  using AskingId = std::uint64_t;
  using Fetch = std::tuple<const ServingState*, std::uint32_t, std::uint64_t>;  // whose, source, attempt

  void take(const net::ServerRequest& asked, net::Exchange exchange);
  void go_on(AskingPtr asking, Step step);
  void suspend(AskingPtr asking, Asked asked);
  template <class Outcome, class Question>
  void ask_store(const Question& question, AskingId id);
  void resume(AskingId id, const Answer& answer);
  void keys_told(const Fetch& fetch);
  void settle(Asking& asking, Decision decision);
  void run(const StatePtr& state, std::vector<Errand> errands);
  static Step without_keys(Asking& asking);
  void expire();
  void watch_deadlines();
  void beat();
  void connect_store();
  void note_store(const net::StoreChange& change);
  void try_store();
  AskingPtr free_one();

  const Shared shared_;
  net::EventLoop loop_;
  StatePtr state_;
  std::unique_ptr<net::RedisStore> store_;
  std::shared_ptr<StoreWatch> store_watch_;  // of that store
  bool store_fails_ = false;                 // as the watch was told
  DecisionCounters counters_;
  DecisionRecord record_;
  ReplySpace space_;
  std::vector<AskingPtr> free_;
  std::unordered_map<AskingId, AskingPtr> waiting_;
  std::map<Fetch, std::vector<AskingId>> for_keys_;
  std::deque<std::pair<std::int64_t, AskingId>> deadlines_;  // monotonic, in order
  AskingId next_id_ = 1;
  net::EventLoop::Registration deadline_timer_, beat_timer_;
  bool deadlines_watched_ = false;
  std::atomic<std::int64_t> beat_{0};
  std::atomic<std::size_t> connections_{0}, waiting_for_metrics_{0};
  std::unique_ptr<net::RequestServer> server_;  // goes first: its exchanges end with it
  std::thread thread_;
};

}  // namespace portcullis::serve
