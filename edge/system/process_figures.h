// What this process takes of the machine, from /proc/self: a hardened service sees no more of /proc.
#pragma once

#include <cstdint>

namespace portcullis::system {

/// What cannot be read is 0.
struct ProcessFigures {
  double cpu_seconds = 0;  // user and system
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t open_descriptors = 0, most_descriptors = 0;
  std::uint64_t threads = 0;
};

ProcessFigures process_figures();

/// How many files and sockets this process may have open, raised as far as it may be.
std::uint64_t raise_descriptor_limit() noexcept;

}  // namespace portcullis::system
