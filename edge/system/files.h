// Reading and writing files with a bound and a clear sentence when it fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "portcullis/result.h"

namespace portcullis::system {

/// Why a file could not be read, as a sentence that begins with its path.
struct FileError {
  std::string message;
};

/// The whole file, if it is a regular file (or pipe) of at most `most` bytes.
/// @returns "PATH: is a directory", "PATH: No such file or directory", "PATH: larger than N bytes" …
Result<std::string, FileError> read_file(const std::string& path, std::size_t most);
/// All of standard input, at most `most` bytes.
Result<std::string, FileError> read_standard_input(std::size_t most);

/// Writes the file whole or not at all (temporary file, fsync, rename), with this mode.
Result<Done, std::string> write_file(const std::string& path, std::string_view content, unsigned mode);
/// Makes a directory and its parents, itself with mode 0700. Refuses one that others may write to.
Result<Done, std::string> make_private_directory(const std::string& path);

/// Writes all of `text` to a descriptor. @returns the system's words when it cannot.
Result<Done, std::string> write_all(int descriptor, std::string_view text);

}  // namespace portcullis::system
