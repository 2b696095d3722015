#include "edge/system/listening_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace portcullis::system {
namespace {

std::string words(const std::string& path, int error) {
  std::string text = path + ": " + std::strerror(error);
  if (error == ENOENT) text += ": its folder does not exist; make it, or choose another path";
  if (error == EACCES) text += ": let this user write to its folder, or choose another path";
  return text;
}

bool answers(const sockaddr_un& address) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;  // unknown: leave it alone
  const bool refused =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 && errno == ECONNREFUSED;
  close(probe);
  return !refused;
}

}  // namespace

Result<ListeningSocket, std::string> ListeningSocket::open(const std::string& path, unsigned mode) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return path + ": a socket's path has at most " + std::to_string(sizeof address.sun_path - 1) + " bytes";
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) return path + ": is there and is no socket: choose another path";
    if (answers(address)) return path + ": another process listens there; stop it, or choose another path";
    unlink(path.c_str());
  }
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return words(path, errno);
  ListeningSocket made{descriptor};
  // Nobody can connect before listen(), so the mode is right from the first moment on.
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return words(path, errno);
  made.path_ = path;
  made.file_ = file_identity(path);
  if (chmod(path.c_str(), static_cast<mode_t>(mode)) < 0 || listen(descriptor, SOMAXCONN) < 0)
    return words(path, errno);
  return made;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::exchange(other.path_, {})),
      file_(std::exchange(other.file_, {})) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  return *this;
}

void ListeningSocket::refuse_newcomers() {
  remove_file();
  ::shutdown(descriptor_, SHUT_RD);  // closing it would throw out those who wait
}

void ListeningSocket::remove_file() {
  const std::string path = std::exchange(path_, {});
  if (!path.empty() && file_ && file_identity(path) == file_) unlink(path.c_str());
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  remove_file();
}

}  // namespace portcullis::system
