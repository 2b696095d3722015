// What a service tells its supervisor: systemd's notification socket, sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::system {

/// Without a supervisor (NOTIFY_SOCKET is not set) nothing is sent. From one thread at a time.
class ServiceNotice {
 public:
  /// @param socket  NOTIFY_SOCKET: a path, or "@…" for an abstract name; empty: nobody listens
  explicit ServiceNotice(std::string socket) : socket_(std::move(socket)) {}

  /// Assignments, one a line: "READY=1\nSTATUS=…". Never waits; a supervisor that does not listen is no fault of ours.
  void tell(std::string_view state) const noexcept;
  /// The start goes on: it is not late before another `patience` has passed (EXTEND_TIMEOUT_USEC).
  void tell_starting(std::chrono::milliseconds patience) const noexcept;
  /// RELOADING=1 with the clock that systemd wants beside it (sd_notify(3), Type=notify-reload).
  void tell_reloading() const noexcept;

 private:
  std::string socket_;
};

/// How often WATCHDOG=1 is due: half of WATCHDOG_USEC, if that is meant for the process `watched_pid` (WATCHDOG_PID).
/// @returns nullopt: nobody watches
std::optional<std::chrono::milliseconds> watchdog_interval(std::string_view watchdog_usec,
                                                           std::string_view watchdog_pid) noexcept;

}  // namespace portcullis::system
