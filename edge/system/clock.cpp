#include "edge/system/clock.h"

#include <algorithm>
#include <chrono>

namespace portcullis::system {
namespace {

void append_digits(std::string& text, unsigned value, int width) {
  char digits[10];
  for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  text.append(digits, static_cast<std::size_t>(width));
}

}  // namespace

Now read_clocks() noexcept {
  using namespace std::chrono;
  return {floor<milliseconds>(system_clock::now()), read_monotonic()};
}

MonoTime read_monotonic() noexcept {
  using namespace std::chrono;
  return {duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count()};
}

std::string rfc3339(WallTime time) {
  using namespace std::chrono;
  // RFC 3339 §5.6 has four digits for the year: an instant beyond them becomes the nearest that fits.
  constexpr WallTime first = sys_days{year{0} / January / 1};
  constexpr WallTime last = sys_days{year{10000} / January / 1} - milliseconds{1};
  time = std::clamp(time, first, last);
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<milliseconds> clock{time - day};

  std::string text;
  text.reserve(24);
  append_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  append_digits(text += '-', static_cast<unsigned>(date.month()), 2);
  append_digits(text += '-', static_cast<unsigned>(date.day()), 2);
  append_digits(text += 'T', static_cast<unsigned>(clock.hours().count()), 2);
  append_digits(text += ':', static_cast<unsigned>(clock.minutes().count()), 2);
  append_digits(text += ':', static_cast<unsigned>(clock.seconds().count()), 2);
  append_digits(text += '.', static_cast<unsigned>(clock.subseconds().count()), 3);
  return text += 'Z';
}

}  // namespace portcullis::system
