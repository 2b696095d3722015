// Whether a path still leads to the same file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portcullis::system {

/// Of the file itself, not of what is written in it: another one after a rename over the path or after a symbolic link
/// on the way was changed, the same one after writing in place.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t born = 0;  // nanoseconds; tells a new file from the old one whose number it got
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Of the file that `path` leads to, links followed; nullopt: there is none now.
std::optional<FileIdentity> file_identity(const std::string& path) noexcept;

}  // namespace portcullis::system
