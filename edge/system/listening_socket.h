// A Unix socket that listens, and its file.
#pragma once

#include <string>

#include "portcullis/result.h"

namespace portcullis::system {

/// Closed, and its file removed, when it goes.
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

 private:
  ListeningSocket(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
};

}  // namespace portcullis::system
