// Host names to addresses, within a deadline.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "portcullis/result.h"

namespace portcullis::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

struct LookUpFault {
  enum class Kind : std::uint8_t { unknown, timeout };
  Kind kind;
  std::string why;
};

/// The addresses of a host in the order to try them, never empty. An IP literal is its own answer and
/// asks nobody.
Result<std::vector<SocketAddress>, LookUpFault> look_up(const std::string& host, const std::string& port,
                                                        std::optional<std::chrono::steady_clock::time_point> deadline);

/// The same for who must not wait. Dropping it leaves the look-up to itself.
class LookUpUnderWay {
 public:
  LookUpUnderWay(const std::string& host, const std::string& port);
  LookUpUnderWay(LookUpUnderWay&&) noexcept = default;
  LookUpUnderWay& operator=(LookUpUnderWay&&) noexcept = default;
  /// Becomes readable when outcome() is there.
  int descriptor() const noexcept;
  /// Nothing: not yet.
  std::optional<Result<std::vector<SocketAddress>, LookUpFault>> outcome() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace portcullis::net
