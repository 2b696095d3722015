// A server's connections by what each waits for, and how long it may: deadlines, room for new ones, the end of all.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "edge/net/event_loop.h"
#include "edge/net/request_server_limits.h"

namespace portcullis::net {

/// What a connection waits for.
enum class WaitsFor : std::uint8_t {
  request,     // idle: nothing of the next one has come
  header,      // it has begun
  decision,    // how long that takes is the handler's matter
  reader,      // the client does not take what is sent
  hanging_up,  // the client is to, after the last answer
};

/// One of them. Shared, because it may end while it is at work.
class QueuedConnection {
 public:
  virtual ~QueuedConnection() = default;
  /// Ends it, if it has not ended: it leaves the queues.
  virtual void close() = 0;
  /// Whether it has something to read, though it waits for a request.
  virtual bool is_about_to_read() = 0;

 protected:
  WaitsFor waits_for() const noexcept { return waits_for_; }

 private:
  friend class ConnectionQueues;
  WaitsFor waits_for_ = WaitsFor::request;
  std::chrono::steady_clock::time_point since_;
  std::list<std::shared_ptr<QueuedConnection>>::iterator place_;
};

/// Every connection is in exactly one queue from enter() to leave(). The same time is allowed to all of one queue, so
/// the front is always the next to run out. Moving costs one clock reading and no allocation.
class ConnectionQueues {
 public:
  ConnectionQueues(EventLoop& loop, const RequestServerLimits& limits);
  ConnectionQueues(const ConnectionQueues&) = delete;
  ConnectionQueues& operator=(const ConnectionQueues&) = delete;

  /// To wait for a request.
  void enter(std::shared_ptr<QueuedConnection> connection);
  /// From the queue where it is to the end of this one (which may be the same).
  void move(QueuedConnection& connection, WaitsFor what);
  /// Whoever calls holds it.
  void leave(QueuedConnection& connection);
  std::size_t count() const noexcept { return count_; }

  /// Closes the one that has been idle longest; where nobody is, the one whose request is not complete for longest:
  /// whoever sends theirs at once is not kept out by those who never do.
  void make_room();
  /// Closes those that wait for a request of which nothing has come.
  void close_the_idle();
  /// Closes all, and needs the loop no more.
  void close_all();

 private:
  using Clock = std::chrono::steady_clock;
  struct Queue {
    std::chrono::milliseconds allowed;  // max: for ever
    std::list<std::shared_ptr<QueuedConnection>> waiting{};
    Clock::time_point deadline() const { return waiting.front()->since_ + allowed; }
  };
  Queue& of(WaitsFor what) noexcept { return queues_[static_cast<std::size_t>(what)]; }
  /// Looks after the queues when this time has come.
  void watch(Clock::time_point deadline);
  void close_the_overdue();

  EventLoop& loop_;
  std::array<Queue, 5> queues_;
  std::size_t count_ = 0;
  EventLoop::Registration timer_;
  Clock::time_point watched_ = Clock::time_point::max();
};

}  // namespace portcullis::net
