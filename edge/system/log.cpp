#include "edge/system/log.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "edge/system/clock.h"

namespace portcullis::system {
namespace {

struct LevelNames {
  LogLevel level;
  std::string_view configured;
  std::string_view written;
};
constexpr std::array levels{
    LevelNames{LogLevel::error, "error", "ERROR"},
    LevelNames{LogLevel::warn, "warn", "WARN"},
    LevelNames{LogLevel::info, "info", "INFO"},
    LevelNames{LogLevel::debug, "debug", "DEBUG"},
};
static_assert([] {
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (static_cast<std::size_t>(levels[i].level) != i) return false;
  return levels.size() == static_cast<std::size_t>(LogLevel::debug) + 1;
}());  // every level has its row, in order

}  // namespace

std::optional<LogLevel> log_level_named(std::string_view name) noexcept {
  for (const auto& row : levels)
    if (row.configured == name) return row.level;
  return std::nullopt;
}

LogLine::LogLine(bool wanted, LogLevel level, std::string_view message) : wanted_(wanted) {
  if (!wanted_) return;
  writer_.begin_object()
      .key("timestamp")
      .string(rfc3339(read_clocks().wall))
      .key("level")
      .string(levels[static_cast<std::size_t>(level)].written)
      .key("msg")
      .string(message);
}

LogLine& LogLine::string(std::string_view name, std::string_view value) {
  if (wanted_) writer_.key(name).string(value);
  return *this;
}

LogLine& LogLine::integer(std::string_view name, std::int64_t value) {
  if (wanted_) writer_.key(name).integer(value);
  return *this;
}

LogLine& LogLine::boolean(std::string_view name, bool value) {
  if (wanted_) writer_.key(name).boolean(value);
  return *this;
}

LogLine& LogLine::raw(std::string_view name, std::string_view json) {
  if (wanted_) writer_.key(name).raw(json);
  return *this;
}

void LogLine::send() {
  if (!std::exchange(wanted_, false)) return;  // a line is sent once
  const std::string line = writer_.end_object().text() + '\n';
  // One write, so that lines of several threads and processes do not mix. A log that cannot take the
  // line must not stop the service: there is nowhere left to say so.
  while (write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace portcullis::system
