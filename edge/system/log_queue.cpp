#include "edge/system/log_queue.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace portcullis::system {
namespace {

/// What it costs to keep a line.
std::size_t cost_of(const std::string& line) {
  constexpr std::size_t beside_its_octets = 64;
  return line.capacity() + beside_its_octets;
}

constexpr std::size_t room_bytes(LogRoom room) {
  switch (room) {
    case LogRoom::half:
      return LogQueue::most_bytes / 2;
    case LogRoom::three_quarters:
      return LogQueue::most_bytes / 4 * 3;
    case LogRoom::whole:
      return LogQueue::most_bytes;
  }
  return LogQueue::most_bytes;
}

/// @returns whether standard error took all of it. Waits for the reader.
bool write_whole(std::string_view text) {
  while (!text.empty()) {
    const auto size = ::write(STDERR_FILENO, text.data(), text.size());
    if (size >= 0) {
      text.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {  // whoever started us made it so
      pollfd writable{STDERR_FILENO, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct LogQueue::State {
  explicit State(LogForm its_form) : form(its_form) {}

  void add(LogRoom room, std::string line);
  void write_all();
  void note_lost();
  void tell_lost(std::unique_lock<std::mutex>& lock);

  const LogForm form;
  std::thread writer;
  std::mutex mutex;
  std::condition_variable changed, ended;
  std::deque<std::string> lines;
  std::uint64_t added = 0, written = 0;    // lines
  std::uint64_t lost = 0, lost_after = 0;  // not told of yet; the line that they would have followed
  bool idle = false, ending = false, done = false;
  std::atomic<std::size_t> bytes{0};  // changed under the mutex; read where a signal forbids to lock it
  std::atomic<std::uint64_t> dropped{0};
};

void LogQueue::State::add(LogRoom room, std::string line) {
  line += '\n';
  const std::size_t cost = cost_of(line);
  const std::lock_guard lock{mutex};
  const std::size_t before = bytes.load(std::memory_order_relaxed);
  if (before + cost > room_bytes(room)) return note_lost();
  bytes.store(before + cost, std::memory_order_relaxed);
  ++added;
  lines.push_back(std::move(line));
  if (std::exchange(idle, false)) changed.notify_one();
}

void LogQueue::State::note_lost() {
  if (lost++ == 0) lost_after = added;
  dropped.fetch_add(1, std::memory_order_relaxed);
}

void LogQueue::State::write_all() {
  std::unique_lock lock{mutex};
  while (true) {
    if (lines.empty()) {
      if (ending) break;
      idle = true;
      changed.wait(lock, [this] { return !lines.empty() || ending; });
      idle = false;
      continue;
    }
    const std::string line = std::move(lines.front());
    lines.pop_front();
    lock.unlock();
    const bool taken = write_whole(line);  // one write(2), so that lines of several processes do not mix
    lock.lock();
    bytes.store(bytes.load(std::memory_order_relaxed) - cost_of(line), std::memory_order_relaxed);
    ++written;
    if (!taken) {
      note_lost();
    } else if (lost > 0 && written >= lost_after) {
      tell_lost(lock);
    }
  }
  done = true;
  ended.notify_all();
}

void LogQueue::State::tell_lost(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t count = std::exchange(lost, 0);
  lock.unlock();
  LogLine line{true, form, LogLevel::warn, "log lines lost"};
  line.integer("count", static_cast<std::int64_t>(count))
      .string("note", "whoever reads this log did not keep up; lines are missing from here on");
  (void)write_whole(std::move(line).text() + '\n');
  lock.lock();
}

LogQueue::LogQueue(LogForm form) : state_(std::make_shared<State>(form)) {
  // Signals are other threads' business: this one may be held up.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  state_->writer = std::thread{[state = state_] { state->write_all(); }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogQueue::add(LogRoom room, std::string line) {
  state_->add(room, std::move(line));
}

std::uint64_t LogQueue::dropped() const noexcept {
  return state_->dropped.load(std::memory_order_relaxed);
}

namespace {

std::atomic<const std::atomic<std::size_t>*> bytes_at_crash{nullptr};
constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
std::array<struct sigaction, crashes.size()> actions_before;

// The writer goes on while this thread waits, unless it is the one that crashed: then the time passes in vain.
void wait_for_writer(int number, siginfo_t* info, void*) {
  constexpr long turn = 1'000'000;  // ns
  constexpr auto turns = LogQueue::longest_last_words / std::chrono::nanoseconds{turn};
  const auto* const bytes = bytes_at_crash.load();
  for (auto i = turns; bytes && bytes->load() > 0 && i > 0; --i) {
    const timespec one{0, turn};
    ::nanosleep(&one, nullptr);
  }
  for (std::size_t i = 0; i < crashes.size(); ++i)
    if (crashes[i] == number) ::sigaction(number, &actions_before[i], nullptr);
  if (info->si_code <= 0) ::raise(number);  // sent by somebody; else the instruction is tried again, and fails again
}

}  // namespace

void LogQueue::flush_at_crash() noexcept {
  if (bytes_at_crash.exchange(&state_->bytes)) return;
  struct sigaction waiting {};
  waiting.sa_sigaction = wait_for_writer;
  waiting.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&waiting.sa_mask);
  for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &waiting, &actions_before[i]);
}

LogQueue::~LogQueue() {
  if (bytes_at_crash.load() == &state_->bytes) {
    for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &actions_before[i], nullptr);
    bytes_at_crash.store(nullptr);
  }
  bool done = false;
  {
    std::unique_lock lock{state_->mutex};
    state_->ending = true;
    state_->changed.notify_one();
    done = state_->ended.wait_for(lock, longest_flush, [this] { return state_->done; });
  }
  if (done) {
    state_->writer.join();
  } else {
    state_->writer.detach();  // nobody reads: what is left is lost
  }
}

}  // namespace portcullis::system
