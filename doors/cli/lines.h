// Input of any length, line by line, in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis::cli {

constexpr std::size_t most_line_bytes = 8 * 1024 * 1024;  // an event has 6 MiB at most
constexpr std::string_view line_too_long = "the line is longer than 8 MiB";

/// Lines of a descriptor. An overlong one is told as such, once, and its bytes are not kept.
class Lines {
 public:
  enum class Kind : std::uint8_t { line, too_long, end, failed };

  /// The descriptor must stay open, and stays the caller's.
  explicit Lines(int descriptor) noexcept : descriptor_(descriptor) {}

  /// The next line, without its end. `failed`: errno says why.
  Kind next(std::string& line);

 private:
  int descriptor_;
  std::string buffer_;
  std::size_t at_ = 0;
};

/// {"error":{"line":NUMBER,"message":…}}: what stands for a line that could not be understood.
std::string error_line(std::size_t number, std::string_view message);

}  // namespace portcullis::cli
