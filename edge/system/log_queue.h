// Log lines on their way to standard error, so that a reader who stalls holds up nobody who logs. For a server; whoever
// may wait writes them itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "edge/system/log.h"

namespace portcullis::system {

/// One thread writes what any others add, in order. What does not fit is dropped and counted; a line says how many
/// there were, at the place where they are missing, when the reader is back.
class LogQueue {
 public:
  /// @param form  of the line that says how many lines were dropped
  explicit LogQueue(LogForm form);
  /// Writes what is left, for `longest_flush` at most.
  ~LogQueue();
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  /// Never waits for the reader. From any thread.
  void add(LogRoom room, std::string line);
  /// Lines that found no room, or that standard error did not take. From any thread.
  std::uint64_t dropped() const noexcept;
  /// From now on a process that crashes (SIGSEGV, SIGABRT, …) first writes what is left, for `longest_last_words` at
  /// most. For one queue of the process.
  void flush_at_crash() noexcept;

  static constexpr std::size_t most_bytes = 1024 * 1024;  // of lines that wait, with what keeping them costs
  static constexpr std::chrono::milliseconds longest_flush{1'000}, longest_last_words{200};

 private:
  struct State;
  std::shared_ptr<State> state_;  // the writer's, too: it may be held up for ever
};

}  // namespace portcullis::system
