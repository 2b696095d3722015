#include "edge/system/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "edge/system/clock.h"
#include "edge/system/log_queue.h"

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

void hand_over(LogQueue* queue, LogRoom room, std::string line) {
  if (queue) return queue->add(room, std::move(line));
  line += '\n';
  // One write, so that lines of several threads and processes do not mix. A log that cannot take the
  // line must not stop the service: there is nowhere left to say so.
  while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace

LogRoom room_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::error:
    case LogLevel::warn:
      return LogRoom::whole;
    case LogLevel::info:
      return LogRoom::three_quarters;
    case LogLevel::debug:
      return LogRoom::half;
  }
  return LogRoom::half;
}

std::optional<LogLevel> log_level_named(std::string_view name) noexcept {
  for (const auto& row : levels)
    if (row.configured == name) return row.level;
  return std::nullopt;
}

LogForm log_form_of_standard_error() noexcept {
  return isatty(STDERR_FILENO) == 1 ? LogForm::text : LogForm::json;
}

LogLine::LogLine(bool wanted, LogForm form, LogLevel level, std::string_view message, LogQueue* queue)
    : wanted_(wanted), form_(form), level_(level), queue_(queue) {
  if (!wanted_) return;
  const auto& names = levels[static_cast<std::size_t>(level)];
  const std::string time = rfc3339(read_clocks().wall);
  switch (form_) {
    case LogForm::lambda:
      writer_.begin_object().key("timestamp").string(time).key("level").string(names.written);
      writer_.key("msg").string(message);
      return;
    case LogForm::json:
      writer_.begin_object().key("ts").string(time).key("level").string(names.configured).key("msg").string(message);
      return;
    case LogForm::text:
      constexpr std::size_t level_width = 6;
      std::string padded{names.configured};
      padded.resize(level_width, ' ');
      words_.append(time).append(" ").append(padded).append(message);
  }
}

void LogLine::add(std::string_view name, std::string_view json) {
  if (form_ == LogForm::text) {
    words_.append(" ").append(name).append("=").append(json);
  } else {
    writer_.key(name).raw(json);
  }
}

LogLine& LogLine::string(std::string_view name, std::string_view value) {
  if (!wanted_) return *this;
  if (form_ != LogForm::text) {
    writer_.key(name).string(value);
    return *this;
  }
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '=';
  });
  if (plain) {
    add(name, value);
  } else {
    JsonWriter quoted;  // what could be taken for another name, or for a line's end
    add(name, quoted.string(value).text());
  }
  return *this;
}

LogLine& LogLine::integer(std::string_view name, std::int64_t value) {
  if (wanted_) add(name, std::to_string(value));
  return *this;
}

LogLine& LogLine::boolean(std::string_view name, bool value) {
  if (wanted_) add(name, value ? "true" : "false");
  return *this;
}

LogLine& LogLine::raw(std::string_view name, std::string_view json) {
  if (wanted_) add(name, json);
  return *this;
}

std::string LogLine::text() && {
  if (!std::exchange(wanted_, false)) return {};  // a line is told once
  if (form_ == LogForm::text) return std::move(words_);
  return std::move(writer_.end_object()).text();
}

void LogLine::send() {
  if (wanted_) hand_over(queue_, room_of(level_), std::move(*this).text());
}

void Log::write(LogRoom room, std::string line) const {
  hand_over(queue_, room, std::move(line));
}

}  // namespace portcullis::system
