#include "edge/system/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace portcullis::system {

void hold_standard_streams() noexcept {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number is taken, which is this one. For the other direction only: who uses it is told, by EBADF.
    (void)::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace portcullis::system
