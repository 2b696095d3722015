// One thread's loop: timers, file descriptors, signals. The servers below run on it.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>

namespace portcullis::net {

/// Single-threaded: everything but stop() and post() must be called from the thread that runs it
/// (or before it runs). Callbacks must not throw.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until stop() is called.
  void run();
  void stop();
  /// Runs as long as this is so and there is something to wait for; it is looked at before each piece of work. stop()
  /// does not end it. For whoever has a loop of their own to wait on, instead of run().
  void run_while(const std::function<bool()>& is_so);
  /// Runs what is due and waits for nothing. Instead of run(), too.
  void catch_up();
  /// Runs `work` soon on the loop's thread. From any thread.
  void post(std::function<void()> work);

  /// Cancels what it stands for when destroyed. Must not outlive the loop.
  class Registration {
   public:
    Registration() = default;
    explicit Registration(std::shared_ptr<void> alive) : alive_(std::move(alive)) {}

   private:
    std::shared_ptr<void> alive_;
  };

  /// Runs `work` once, after `delay`, unless the registration is gone by then.
  [[nodiscard]] Registration after(std::chrono::nanoseconds delay, std::function<void()> work);
  /// Runs `work` whenever `descriptor` has something to read (a pipe with data or closed, a pidfd
  /// whose process ended). Does not own the descriptor: drop the registration before closing it.
  [[nodiscard]] Registration when_readable(int descriptor, std::function<void()> work);
  /// Runs `work` with the signal's number on each of these signals.
  [[nodiscard]] Registration on_signals(std::initializer_list<int> signals, std::function<void(int)> work);

  struct Impl;
  Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
