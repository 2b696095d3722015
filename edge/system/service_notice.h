// What a service tells its supervisor: systemd's notification socket, sd_notify(3).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::system {

/// Without a supervisor (NOTIFY_SOCKET is not set) nothing is sent. Never waits: what finds the supervisor's queue full
/// (unix(7): max_dgram_qlen, 10 notices) is kept for tell_again(). From one thread at a time.
class ServiceNotice {
 public:
  /// @param socket  NOTIFY_SOCKET: a path, or "@…" for an abstract name; empty: nobody listens
  explicit ServiceNotice(std::string socket) : socket_(std::move(socket)) {}

  /// Assignments, one a line: "READY=1\nSTATUS=…". A supervisor that does not listen is no fault of ours.
  void tell(std::string state);
  /// RELOADING=1 with the clock that systemd wants beside it (sd_notify(3), Type=notify-reload).
  void tell_reloading();
  /// What found no room, in its order. From time to time.
  void tell_again();

  // What is said again and again is not kept.
  /// The start goes on: it is not late before another `patience` has passed (EXTEND_TIMEOUT_USEC).
  void tell_starting(std::chrono::milliseconds patience) const noexcept;
  /// It is alive (WATCHDOG=1).
  void tell_alive() const noexcept;

 private:
  enum class Sent : std::uint8_t { yes, later };
  Sent send(std::string_view state) const noexcept;

  std::string socket_;
  std::deque<std::string> untold_;
};

/// How often WATCHDOG=1 is due: half of WATCHDOG_USEC, if that is meant for the process `watched_pid` (WATCHDOG_PID).
/// @returns nullopt: nobody watches
std::optional<std::chrono::milliseconds> watchdog_interval(std::string_view watchdog_usec,
                                                           std::string_view watchdog_pid) noexcept;

}  // namespace portcullis::system
