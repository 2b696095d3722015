#include "edge/system/log_queue.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace portcullis::system {
namespace {

using ::testing::HasSubstr;

const std::string kilobyte(1024, 'x');

/// Standard error is a pipe for as long as it lives; nobody reads it unless told to.
class StandardError {
 public:
  enum class Room { some, none };
  explicit StandardError(Room room) : before_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    const std::string filling(room == Room::none ? static_cast<std::size_t>(fcntl(ends_[1], F_GETPIPE_SZ)) : 0, 'x');
    EXPECT_EQ(write(ends_[1], filling.data(), filling.size()), std::ssize(filling));
    dup2(ends_[1], STDERR_FILENO);
  }
  ~StandardError() {
    dup2(before_, STDERR_FILENO);
    for (const int descriptor : {before_, ends_[0], ends_[1]}) close(descriptor);
  }
  /// Reads until a line ends so. @returns all lines that were read
  std::vector<std::string> until(const std::string& ending) const {
    std::string text, some(64 * 1024, '\0');
    while (text.find(ending + '\n') == text.npos) {
      const auto size = read(ends_[0], some.data(), some.size());
      if (size <= 0) break;
      text.append(some, 0, static_cast<std::size_t>(size));
    }
    std::vector<std::string> lines;
    for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1)
      lines.push_back(text.substr(at, end - at));
    return lines;
  }

 private:
  int before_;
  int ends_[2] = {-1, -1};
};

/// @returns how many lines there was room for
std::size_t fill(LogQueue& queue, LogRoom room) {
  std::size_t taken = 0;
  for (const auto before = queue.dropped(); queue.dropped() == before; ++taken) queue.add(room, kilobyte);
  return taken - 1;
}

TEST(LogQueue, WritesWhatManyThreadsSayOnceAndInTheirOrder) {
  const StandardError standard_error{StandardError::Room::some};
  {
    LogQueue queue{LogForm::json};
    std::vector<std::thread> threads;
    for (const char name : {'a', 'b', 'c'})
      threads.emplace_back([&queue, name] {
        for (int i = 1000; i < 1100; ++i) queue.add(LogRoom::half, name + std::to_string(i));
      });
    for (std::thread& one : threads) one.join();
    EXPECT_EQ(queue.dropped(), 0U);
  }  // its end writes the rest
  Log{}.write(LogRoom::half, "end");
  auto lines = standard_error.until("end");
  ASSERT_EQ(lines.size(), 301U);
  std::stable_sort(lines.begin(), lines.end() - 1,
                   [](const auto& one, const auto& other) { return one[0] < other[0]; });
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end() - 1));
}

TEST(LogQueue, NeverWaitsForAReaderAndTellsHowMuchWasLostWhenHeIsBack) {
  const StandardError standard_error{StandardError::Room::none};
  LogQueue queue{LogForm::json};
  // Each room ends where the next one still has some.
  for (const LogRoom room : {LogRoom::half, LogRoom::three_quarters, LogRoom::whole})
    EXPECT_GT(fill(queue, room), 100U);
  const auto dropped = queue.dropped();
  EXPECT_EQ(dropped, 3U);
  EXPECT_EQ(fill(queue, LogRoom::whole), 0U);
  // Told where they are missing: what found room later comes later.
  const auto lines = standard_error.until("lines are missing from here on\"}");
  const auto told = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line[0] != 'x'; });
  ASSERT_NE(told, lines.end());
  EXPECT_THAT(*told, HasSubstr(R"("level":"warn","msg":"log lines lost","count":4,)"));
  queue.add(LogRoom::whole, "as usual");
  const auto rest = standard_error.until("as usual");
  EXPECT_EQ(std::count(rest.begin(), rest.end() - 1, kilobyte), std::ssize(rest) - 1);
}

TEST(LogQueue, EndsInTimeThoughNobodyReads) {
  const StandardError standard_error{StandardError::Room::some};
  const auto began = std::chrono::steady_clock::now();
  {
    LogQueue queue{LogForm::text};
    for (int i = 0; i < 200; ++i) queue.add(LogRoom::whole, kilobyte);
    queue.add(LogRoom::whole, "the last");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5 * LogQueue::longest_flush);
  EXPECT_EQ(standard_error.until("the last").size(), 201U) << "it is not cut off while the process lives";
}

TEST(LogQueueDeathTest, LosesNothingOfACrash) {
  const auto crash_by = [](int signal) {
    LogQueue queue{LogForm::json};
    queue.flush_at_crash();
    for (int i = 0; i < 50; ++i) queue.add(LogRoom::half, "line");
    queue.add(LogRoom::half, "last words");
    std::raise(signal);
  };
  for (const int signal : {SIGABRT, SIGSEGV})
    EXPECT_DEATH(crash_by(signal), "last words") << signal;  // sanitizers give it an end of their own
}

TEST(LogLines, GoThroughTheQueueOfTheirLog) {
  const StandardError standard_error{StandardError::Room::some};
  LogQueue queue{LogForm::json};
  const Log log{LogLevel::info, LogForm::json, &queue};
  log.line(LogLevel::debug, "unwanted").send();
  log.line(LogLevel::info, "wanted").send();
  log.write(LogRoom::half, "end");
  const auto lines = standard_error.until("end");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("wanted"));
}

}  // namespace
}  // namespace portcullis::system
