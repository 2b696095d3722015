#include "edge/net/event_loop.h"

#include "edge/net/asio_settings.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "edge/net/event_loop_impl.h"

namespace portcullis::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Each kind of registration is a Watch: Asio's handlers share it, the Registration ends it. Ending is not
// destruction, because the callback that drops its own registration still runs inside the Watch, and
// the descriptor must have left the loop before the caller closes it in the next line.

struct TimerWatch {
  TimerWatch(asio::io_context& context, std::function<void()> callback) : timer(context), work(std::move(callback)) {}
  void end() {
    ended = true;
    timer.cancel();
  }
  asio::steady_timer timer;
  std::function<void()> work;
  bool ended = false;
};

struct DescriptorWatch {
  DescriptorWatch(asio::io_context& context, std::function<void()> callback)
      : descriptor(context), work(std::move(callback)) {}
  ~DescriptorWatch() { leave(); }
  void end() {
    ended = true;
    leave();
  }
  void leave() {
    if (descriptor.is_open()) descriptor.release();  // never closes it: it is the caller's
  }
  asio::posix::stream_descriptor descriptor;
  std::function<void()> work;
  bool ended = false;
};

struct SignalWatch {
  SignalWatch(asio::io_context& context, std::function<void(int)> callback)
      : signals(context), work(std::move(callback)) {}
  void end() {
    ended = true;
    error_code ignored;       // it can only fail to restore what is restored already
    signals.cancel(ignored);  // clear() alone leaves the wait pending for ever
    signals.clear(ignored);
  }
  asio::signal_set signals;
  std::function<void(int)> work;
  bool ended = false;
};

template <class Watch>
EventLoop::Registration registration_of(const std::shared_ptr<Watch>& watch) {
  return EventLoop::Registration{std::shared_ptr<void>{watch.get(), [watch](void*) { watch->end(); }}};
}

void wait_on(const std::shared_ptr<DescriptorWatch>& watch) {
  watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [watch](error_code error) {
    if (error || watch->ended) return;
    watch->work();
    if (!watch->ended) wait_on(watch);
  });
}

void wait_on(const std::shared_ptr<SignalWatch>& watch) {
  watch->signals.async_wait([watch](error_code error, int number) {
    if (error || watch->ended) return;
    watch->work(number);
    if (!watch->ended) wait_on(watch);
  });
}

}  // namespace

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  auto keep_waiting = asio::make_work_guard(impl_->context);
  impl_->context.run();
  keep_waiting.reset();      // first, for the end of the last work stops the context
  impl_->context.restart();  // afterwards, not before running: a stop() that came first must count
}

void EventLoop::stop() {
  impl_->context.stop();
}

void EventLoop::run_while(const std::function<bool()>& is_so) {
  impl_->context.restart();  // it stops by itself when nothing is left to wait for
  while (is_so() && impl_->context.run_one() > 0) {
  }
}

void EventLoop::catch_up() {
  impl_->context.restart();
  impl_->context.poll();
}

void EventLoop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

EventLoop::Registration EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> work) {
  const auto watch = std::make_shared<TimerWatch>(impl_->context, std::move(work));
  watch->timer.expires_after(delay);
  watch->timer.async_wait([watch](error_code error) {
    if (!error && !watch->ended) watch->work();
  });
  return registration_of(watch);
}

EventLoop::Registration EventLoop::when_readable(int descriptor, std::function<void()> work) {
  const auto watch = std::make_shared<DescriptorWatch>(impl_->context, std::move(work));
  error_code refused;
  watch->descriptor.assign(descriptor, refused);
  if (refused) {  // the kernel watches no more: let the owner find out by reading
    post([watch] {
      if (!watch->ended) watch->work();
    });
  } else {
    wait_on(watch);
  }
  return registration_of(watch);
}

EventLoop::Registration EventLoop::on_signals(std::initializer_list<int> signals, std::function<void(int)> work) {
  const auto watch = std::make_shared<SignalWatch>(impl_->context, std::move(work));
  for (const int number : signals) {
    error_code refused;  // only for numbers that are no signals
    watch->signals.add(number, refused);
  }
  wait_on(watch);
  return registration_of(watch);
}

}  // namespace portcullis::net
