#include "edge/system/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

namespace portcullis::system {
namespace {

std::string words_of(int error) {
  return std::generic_category().message(error);
}
std::string sentence(const std::string& path, int error) {
  return path + ": " + words_of(error);
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }
  /// @returns false when the kernel could not keep what was written (close(2))
  bool close() noexcept { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

Result<std::string, FileError> read_descriptor(int descriptor, const std::string& name, std::size_t most) {
  std::string content;
  std::array<char, 16 * 1024> piece;
  for (;;) {
    const ssize_t got = read(descriptor, piece.data(), piece.size());
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError{sentence(name, errno)};
    content.append(piece.data(), static_cast<std::size_t>(got));
    if (content.size() > most) return FileError{name + ": larger than " + std::to_string(most) + " bytes"};
  }
}

/// Makes the rename itself last: it is an entry of the directory (fsync(2)).
void sync_directory_of(const std::string& path) noexcept {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened{open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened.number() >= 0) fsync(opened.number());  // not every file system can: the content is safe already
}

/// @returns what went wrong with the temporary file, or nothing
std::optional<std::string> fill(Descriptor& file, std::string_view content, unsigned mode) {
  if (fchmod(file.number(), mode) != 0) return words_of(errno);
  if (auto written = write_all(file.number(), content); !written) return written.error();
  if (fsync(file.number()) != 0 || !file.close()) return words_of(errno);
  return std::nullopt;
}

}  // namespace

Result<std::string, FileError> read_file(const std::string& path, std::size_t most) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (file.number() < 0) return FileError{sentence(path, errno)};
  struct stat facts {};
  if (fstat(file.number(), &facts) != 0) return FileError{sentence(path, errno)};
  if (S_ISDIR(facts.st_mode)) return FileError{path + ": is a directory"};
  if (!S_ISREG(facts.st_mode) && !S_ISFIFO(facts.st_mode)) return FileError{path + ": is not a regular file"};
  return read_descriptor(file.number(), path, most);
}

Result<std::string, FileError> read_standard_input(std::size_t most) {
  return read_descriptor(STDIN_FILENO, "standard input", most);
}

Result<Done, std::string> write_file(const std::string& path, std::string_view content, unsigned mode) {
  std::string temporary = path + ".XXXXXX";  // same directory: rename(2) does not cross file systems
  Descriptor file{mkostemp(temporary.data(), O_CLOEXEC)};
  if (file.number() < 0) return sentence(path, errno);
  auto problem = fill(file, content, mode);
  if (!problem && std::rename(temporary.c_str(), path.c_str()) != 0) problem = words_of(errno);
  if (problem) {
    unlink(temporary.c_str());
    return path + ": " + *problem;
  }
  sync_directory_of(path);
  return Done{};
}

Result<Done, std::string> make_private_directory(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (path.find_first_not_of('/', slash) == std::string::npos) break;  // slashes at the end
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) return sentence(parent, errno);
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return sentence(path, errno);

  // It may have been there before: what counts is what is there now. A link's target is another's choice.
  const Descriptor directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (directory.number() < 0) return sentence(path, errno);
  struct stat facts {};
  if (fstat(directory.number(), &facts) != 0) return sentence(path, errno);
  if (facts.st_uid != geteuid()) return path + ": belongs to another user";
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) return path + ": others may write to it (chmod 700 it)";
  return Done{};
}

Result<Done, std::string> write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = write(descriptor, text.data(), text.size());
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EAGAIN) {  // standard output may be non-blocking by another's doing: it shares a terminal
      pollfd writable{descriptor, POLLOUT, 0};
      poll(&writable, 1, -1);
      continue;
    }
    if (errno != EINTR) return words_of(errno);
  }
  return Done{};
}

}  // namespace portcullis::system
