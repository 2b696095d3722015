// What a function says: every line goes to its log file, and what it says about a decision is remembered.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "portcullis/result.h"

namespace portcullis::world {

/// The line with "msg":"decision" of one invocation, and its trace, as far as they came.
struct DecisionRecord {
  std::string reason;  // empty: no decision line came
  std::string detail;
  std::vector<std::string> missing;
  std::string trace;  // the member `trace`, JSON; empty without PORTCULLIS_TRACE
};

/// Bounded: the latest 1,000 requests, 64 KiB a line, 16 MiB a file (then it starts anew).
class FunctionLog {
 public:
  /// Opens `path`, mode 0600, emptied.
  static Result<FunctionLog, std::string> open(const std::string& path);
  FunctionLog(FunctionLog&& other) noexcept;
  FunctionLog& operator=(FunctionLog&&) = delete;
  ~FunctionLog();

  /// Takes the next bytes of the function's output.
  void feed(std::string_view bytes);
  /// The function has ended: what is left of a line counts as one.
  void finish_line();
  /// @returns an empty record for an id that was not heard of
  DecisionRecord record_of(const std::string& request_id) const;

 private:
  explicit FunctionLog(int file) : file_(file) {}
  void take_line(std::string_view line);
  void remember(std::string_view line);
  DecisionRecord& record_for(const std::string& request_id);

  int file_;
  std::size_t written_ = 0;
  std::string partial_;
  std::deque<std::string> order_;  // of arrival: the oldest goes first
  std::unordered_map<std::string, DecisionRecord> records_;
};

}  // namespace portcullis::world
