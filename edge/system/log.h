// Log lines: one a line on standard error, one write(2) each; by whoever logs, or by the thread of a LogQueue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "portcullis/json_writer.h"

namespace portcullis::system {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

/// "error", "warn", "info", "debug"; nullopt for anything else.
std::optional<LogLevel> log_level_named(std::string_view name) noexcept;

/// How a line looks.
enum class LogForm : std::uint8_t {
  lambda,  // a JSON object as CloudWatch expects it: timestamp, level in capitals
  json,    // a JSON object: ts, level
  text,    // for eyes: time, level, message, name=value
};
/// text where standard error is a terminal, else json.
LogForm log_form_of_standard_error() noexcept;

class LogQueue;

/// How much of a LogQueue a line may fill, so that what an operator must not miss finds room where decisions have taken
/// theirs.
enum class LogRoom : std::uint8_t {
  half,            // allowed decisions, `debug`
  three_quarters,  // refused decisions, `info`
  whole,           // what else is a warning or an error
};
/// Of a line that is no decision.
LogRoom room_of(LogLevel level) noexcept;

/// A line under construction. Values are escaped, so nothing from outside starts a new line. Never put
/// a token, key or secret into one.
///   log.line(LogLevel::info, "start").string("issuer", issuer).integer("keys", 2).send();
class LogLine {
 public:
  LogLine(bool wanted, LogForm form, LogLevel level, std::string_view message, LogQueue* queue = nullptr);
  LogLine& string(std::string_view name, std::string_view value);
  LogLine& integer(std::string_view name, std::int64_t value);
  LogLine& boolean(std::string_view name, bool value);
  LogLine& raw(std::string_view name, std::string_view json);
  void send();
  /// What send() would write, without the line's end; empty if the line was not wanted. It is not sent then.
  std::string text() &&;

 private:
  void add(std::string_view name, std::string_view json);
  bool wanted_;
  LogForm form_;
  LogLevel level_;
  LogQueue* queue_;
  JsonWriter writer_;  // lambda, json
  std::string words_;  // text
};

/// Which lines are wanted, and where they go. Copyable; safe from any thread.
class Log {
 public:
  /// @param queue  outlives the log and its copies; none: who logs writes, and waits for the reader
  explicit Log(LogLevel at_most = LogLevel::info, LogForm form = LogForm::lambda, LogQueue* queue = nullptr) noexcept
      : at_most_(at_most), form_(form), queue_(queue) {}
  LogLine line(LogLevel level, std::string_view message) const {
    return LogLine{level <= at_most_, form_, level, message, queue_};
  }
  bool wants(LogLevel level) const noexcept { return level <= at_most_; }
  LogForm form() const noexcept { return form_; }
  /// Sends a line that LogLine::text() gave.
  void write(LogRoom room, std::string line) const;

 private:
  LogLevel at_most_;
  LogForm form_;
  LogQueue* queue_;
};

}  // namespace portcullis::system
