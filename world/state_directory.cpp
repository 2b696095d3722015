#include "world/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "edge/system/files.h"

namespace portcullis::world {

Result<StateDirectory, std::string> StateDirectory::open(const std::string& path, const std::string& name) {
  if (const auto made = system::make_private_directory(path); !made) return made.error();
  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return lock_path + ": " + std::generic_category().message(errno);
  const bool first = flock(lock, LOCK_EX | LOCK_NB) == 0;  // the kernel releases it when we end
  StateDirectory state{path, first ? "" : "-" + name, lock};
  if (const auto made = system::make_private_directory(state.logs()); !made) return made.error();
  return state;
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), mark_(std::move(other.mark_)), lock_(std::exchange(other.lock_, -1)) {}

StateDirectory::~StateDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace portcullis::world
