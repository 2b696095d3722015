#include "edge/system/clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace portcullis::system {
namespace {

using std::chrono::milliseconds;

TEST(Rfc3339, WritesUtcWithMillisecondsAndFourDigitYears) {
  struct Row {
    const char* why;
    std::int64_t milliseconds_since_1970;
    const char* text;
  };
  for (const Row& row : {
           Row{"the epoch", 0, "1970-01-01T00:00:00.000Z"},
           Row{"every field padded", 1'767'323'045'006, "2026-01-02T03:04:05.006Z"},
           Row{"a leap day", 1'709'210'096'789, "2024-02-29T12:34:56.789Z"},
           Row{"before the epoch", -1, "1969-12-31T23:59:59.999Z"},
           Row{"the last that fits", 253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
           Row{"beyond four digits", 253'402'300'800'000, "9999-12-31T23:59:59.999Z"},
       }) {
    SCOPED_TRACE(row.why);
    EXPECT_EQ(rfc3339(WallTime{milliseconds{row.milliseconds_since_1970}}), row.text);
  }
}

TEST(Clocks, NeitherStepsBackBetweenTwoReadings) {
  const auto first = read_clocks();
  const auto second = read_clocks();
  EXPECT_LE(first.mono.nanoseconds, second.mono.nanoseconds);
  EXPECT_GT(first.wall.time_since_epoch(), std::chrono::years{50});
}

}  // namespace
}  // namespace portcullis::system
