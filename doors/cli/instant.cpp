#include "doors/cli/instant.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace portcullis::cli {
namespace {

using std::chrono::milliseconds;

constexpr double last_second = 253402300799;  // 9999-12-31T23:59:59Z

// A number of exactly `width` digits at the start of `text`, which is then cut off.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
  int value = 0;
  if (text.size() < width) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc{} || end != text.data() + width || text.front() == '-') return std::nullopt;
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return milliseconds{0};
  std::int64_t value = 0;
  std::int64_t unit = 100;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value += (text[digits] - '0') * unit;
    unit /= 10;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return milliseconds{value};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return std::chrono::minutes{0};
  const bool behind = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_number(text, 2);
  const bool colon = take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return behind ? -offset : offset;
}

// RFC 3339 §5.6.
std::optional<WallTime> parse_rfc3339(std::string_view text) {
  std::array<int, 6> fields{};
  constexpr std::array<char, 5> separators{'-', '-', 'T', ':', ':'};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto number = take_number(text, i == 0 ? 4 : 2);
    if (!number) return std::nullopt;
    fields[i] = *number;
    if (i < separators.size() && !take(text, separators[i])) return std::nullopt;
  }
  const auto fraction = take_fraction(text);
  const auto offset = fraction ? take_offset(text) : std::nullopt;
  if (!offset || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{fields[0]},
                                         std::chrono::month{static_cast<unsigned>(fields[1])},
                                         std::chrono::day{static_cast<unsigned>(fields[2])}};
  if (!date.ok() || fields[3] > 23 || fields[4] > 59 || fields[5] > 60) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{fields[3]} + std::chrono::minutes{fields[4]} +
         std::chrono::seconds{fields[5]} + *fraction - *offset;
}

}  // namespace

std::optional<WallTime> parse_instant(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > last_second) return std::nullopt;
    return WallTime{milliseconds{static_cast<std::int64_t>(std::floor(seconds * 1000))}};
  }
  return parse_rfc3339(text);
}

Now at(WallTime wall) {
  // Nanoseconds have no room for every year that can be written: limits stand still from 2262 on.
  constexpr auto last = std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds::max());
  const auto since = std::clamp(wall.time_since_epoch(), std::chrono::milliseconds{0}, last);
  return {wall, MonoTime{std::chrono::nanoseconds{since}.count()}};
}

}  // namespace portcullis::cli
