#include "edge/net/event_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

namespace portcullis::net {
namespace {

using namespace std::chrono_literals;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  int read_end() const { return ends_[0]; }
  void put(char c) { EXPECT_EQ(write(ends_[1], &c, 1), 1); }
  char take() {
    char c = '\0';
    return read(ends_[0], &c, 1) == 1 ? c : '\0';
  }
  void close_end(int which) {
    if (ends_[which] >= 0) close(std::exchange(ends_[which], -1));
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(EventLoop, RunsTimersInTheOrderOfTheirDelays) {
  EventLoop loop;
  std::string order;
  const auto later = loop.after(20ms, [&] {
    order += 'b';
    loop.stop();
  });
  const auto sooner = loop.after(1ms, [&] { order += 'a'; });
  loop.run();
  EXPECT_EQ(order, "ab");
}

TEST(EventLoop, RunsWhileSomethingIsSoOrForWhatIsDueOnly) {
  EventLoop loop;
  int ran = 0;
  const auto count = [&] { ++ran; };
  const auto later = loop.after(1h, count);
  loop.post(count);
  loop.stop();  // which ends run() only
  loop.catch_up();
  EXPECT_EQ(ran, 1);
  loop.catch_up();
  EXPECT_EQ(ran, 1) << "waits for nothing";
  const auto soon = loop.after(1us, count), sooner = loop.after(0ns, count);
  loop.run_while([&] { return ran < 2; });
  EXPECT_EQ(ran, 2) << "no further than wanted";
  loop.run_while([&] { return ran < 3; });
  EXPECT_EQ(ran, 3);
  EventLoop with_nothing_to_do;
  with_nothing_to_do.run_while([] { return true; });
}

TEST(EventLoop, NeverRunsWhatWasCancelled) {
  EventLoop loop;
  Pipe pipe;
  pipe.put('x');
  bool ran = false;
  const auto touch = [&] { ran = true; };
  {
    const auto timer = loop.after(0ms, touch);
    const auto watch = loop.when_readable(pipe.read_end(), touch);
    const auto signals = loop.on_signals({SIGUSR1}, [&](int) { ran = true; });
    raise(SIGUSR1);
  }
  const auto end = loop.after(10ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(EventLoop, CancelsWhatIsDueInTheSameTurn) {
  EventLoop loop;
  std::optional<EventLoop::Registration> first;
  std::optional<EventLoop::Registration> second;
  int ran = 0;
  const auto run = [&](auto& other) {
    return [&] {
      ++ran;
      other.reset();
    };
  };
  first = loop.after(0ms, run(second));
  second = loop.after(0ms, run(first));
  std::this_thread::yield();
  const auto end = loop.after(10ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(ran, 1);
}

TEST(EventLoop, WatchesADescriptorAgainAndAgainUntilItsEnd) {
  EventLoop loop;
  Pipe pipe;
  std::string seen;
  pipe.put('a');
  const auto watch = loop.when_readable(pipe.read_end(), [&] {
    const char c = pipe.take();
    if (c == '\0') return loop.stop();
    seen += c;
    c == 'a' ? pipe.put('b') : pipe.close_end(1);
  });
  loop.run();
  EXPECT_EQ(seen, "ab");
}

TEST(EventLoop, LetsACallbackDropItsOwnRegistrationAndCloseTheDescriptor) {
  EventLoop loop;
  auto first = std::make_unique<Pipe>();
  std::optional<EventLoop::Registration> watch;
  std::unique_ptr<Pipe> second;
  std::optional<EventLoop::Registration> again;
  watch = loop.when_readable(first->read_end(), [&] {
    watch.reset();
    first.reset();
    second = std::make_unique<Pipe>();  // with the same descriptors
    again = loop.when_readable(second->read_end(), [&] { loop.stop(); });
    second->put('x');
  });
  first->put('x');
  loop.run();
  EXPECT_FALSE(watch);
}

TEST(EventLoop, TellsWhichSignalCameEachTime) {
  EventLoop loop;
  std::string seen;
  const auto signals = loop.on_signals({SIGUSR1, SIGUSR2}, [&](int number) {
    seen += number == SIGUSR1 ? '1' : '2';
    number == SIGUSR1 ? static_cast<void>(raise(SIGUSR2)) : loop.stop();
  });
  raise(SIGUSR1);
  loop.run();
  EXPECT_EQ(seen, "12");
}

TEST(EventLoop, TakesPostsFromOtherThreadsAndAStopThatCameFirst) {
  EventLoop loop;
  loop.stop();
  loop.run();  // returns
  std::thread::id where;
  std::thread other{[&] {
    loop.post([&] {
      where = std::this_thread::get_id();
      loop.stop();
    });
  }};
  loop.run();
  other.join();
  EXPECT_EQ(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace portcullis::net
