#include "edge/system/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace portcullis::system {

std::optional<FileIdentity> file_identity(const std::string& path) noexcept {
  struct statx found {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return std::nullopt;
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  const std::int64_t born =
      (found.stx_mask & STATX_BTIME) != 0 ? found.stx_btime.tv_sec * nanoseconds + found.stx_btime.tv_nsec : 0;
  return FileIdentity{makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino, born};
}

}  // namespace portcullis::system
