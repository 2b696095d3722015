// Log lines: one JSON object a line on standard error, one write(2) each.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "portcullis/json_writer.h"

namespace portcullis::system {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

/// "error", "warn", "info", "debug"; nullopt for anything else.
std::optional<LogLevel> log_level_named(std::string_view name) noexcept;

/// A line under construction. Values are escaped, so nothing from outside starts a new line. Never put
/// a token, key or secret into one.
///   log.line(LogLevel::info, "start").string("issuer", issuer).integer("keys", 2).send();
class LogLine {
 public:
  LogLine(bool wanted, LogLevel level, std::string_view message);
  LogLine& string(std::string_view name, std::string_view value);
  LogLine& integer(std::string_view name, std::int64_t value);
  LogLine& boolean(std::string_view name, bool value);
  LogLine& raw(std::string_view name, std::string_view json);
  void send();

 private:
  bool wanted_;
  JsonWriter writer_;
};

/// Which lines are wanted. Copyable; safe from any thread (each line is one write).
class Log {
 public:
  explicit Log(LogLevel at_most = LogLevel::info) noexcept : at_most_(at_most) {}
  LogLine line(LogLevel level, std::string_view message) const { return LogLine{level <= at_most_, level, message}; }
  bool wants(LogLevel level) const noexcept { return level <= at_most_; }

 private:
  LogLevel at_most_;
};

}  // namespace portcullis::system
