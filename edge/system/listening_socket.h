// A Unix socket that listens, and its file.
#pragma once

#include <optional>
#include <string>

#include "edge/system/file_identity.h"
#include "portcullis/result.h"

namespace portcullis::system {

/// Closed, and its file removed, when it goes; a file that somebody else has put there by then is left alone.
class ListeningSocket {
 public:
  /// Makes PATH, with this mode from the first moment on. A socket that nobody listens at any more is replaced;
  /// anything else at PATH is left alone and is an error.
  /// @returns or why not, as a sentence
  static Result<ListeningSocket, std::string> open(const std::string& path, unsigned mode);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int descriptor() const noexcept { return descriptor_; }
  /// Nobody can connect any more, and the file is gone; who waits already can still be accepted.
  void refuse_newcomers();

 private:
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  void remove_file();

  int descriptor_;
  std::string path_;  // empty: it is gone
  std::optional<FileIdentity> file_;
};

}  // namespace portcullis::system
