// Which of many descriptors have something to read, or take more: the kernel's own list, looked at once for all.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "edge/net/event_loop.h"

namespace portcullis::net {

/// For servers with many connections: one registration in the loop, no system call for a connection that waits.
/// Tells of changes only (EPOLLET): whoever is told reads until there is no more, or asks to be told again.
class Readiness {
 public:
  /// One that watches a descriptor. Shared, because it may end while it is about to be told.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    enum class Change : std::uint8_t { some, end };  // end: the other side sends no more
    /// There is more to read, or more can be written.
    virtual void ready(Change change) = 0;
    /// All who are told in this turn have been: for whoever asked by to_finish().
    virtual void finish() = 0;
  };

  explicit Readiness(EventLoop& loop);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// Until it is released. @returns false when the kernel watches no more
  [[nodiscard]] bool watch(int descriptor, Watcher& watcher);
  /// Before the descriptor is closed. It may be told once more in this turn, and is kept until then.
  void release(int descriptor, std::shared_ptr<Watcher> watcher);
  /// While somebody is told: has finish() of this one called when all are, and returns true. Answers then leave
  /// together: to wake a client that sleeps costs more than to answer it.
  bool to_finish(Watcher& watcher);
  /// Tells this one again, after the others.
  void again(std::shared_ptr<Watcher> watcher);

 private:
  void tell();
  EventLoop& loop_;
  int list_;
  EventLoop::Registration registered_, later_;
  std::vector<std::shared_ptr<Watcher>> released_, again_;
  std::vector<Watcher*> unfinished_;  // whoever is released meanwhile is kept among released_
  enum class Turn : std::uint8_t { none, telling, finishing } turn_ = Turn::none;
};

}  // namespace portcullis::net
