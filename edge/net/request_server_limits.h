// What a RequestServer bears of its clients.
#pragma once

#include <chrono>
#include <cstddef>

namespace portcullis::net {

struct RequestServerLimits {
  std::size_t header_bytes = 64 * 1024;  // request line and fields; beyond: 431 and close
  std::size_t fields = 128;              // beyond: 431 and close
  // Beyond: the one that has been idle longest is closed, else the one whose header is incomplete for longest, else the
  // new one.
  std::size_t connections = 16'384;
  std::size_t discarded_bytes = 64 * 1024;            // of a body, after the answer; beyond: closed
  std::chrono::milliseconds header_deadline{10'000};  // from the first octet of a request to the end of its header
  std::chrono::milliseconds idle_deadline{75'000};
  std::chrono::milliseconds write_deadline{10'000};
};

}  // namespace portcullis::net
