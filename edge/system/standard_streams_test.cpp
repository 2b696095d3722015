#include "edge/system/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace portcullis::system {
namespace {

bool is_open(int number) {
  return fcntl(number, F_GETFD) >= 0;
}

TEST(StandardStreamsDeathTest, AreNobodyElsesThoughTheyWereClosed) {
  for (unsigned closed = 0; closed < 8; ++closed) {
    const auto was_closed = [closed](int number) { return (closed >> number & 1U) != 0; };
    const auto hold = [&] {
      for (int number = 0; number < 3; ++number)
        if (was_closed(number)) close(number);
      hold_standard_streams();
      const bool all = is_open(0) && is_open(1) && is_open(2);
      const bool is_not_ours = open("/dev/null", O_RDWR) > 2;
      bool fails = true;
      char octet = 0;
      for (int number = 0; number < 3; ++number) {
        if (!was_closed(number)) continue;
        errno = 0;
        const auto size = number == 0 ? read(0, &octet, 1) : write(number, &octet, 1);
        fails = fails && size < 0 && errno == EBADF;
      }
      _exit(all && is_not_ours && fails ? 0 : 1);
    };
    EXPECT_EXIT(hold(), testing::ExitedWithCode(0), "") << closed;
  }
}

}  // namespace
}  // namespace portcullis::system
