#include "edge/system/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace portcullis::system {
namespace {

/// Of a supervisor that does not read; the oldest are of no interest any more.
constexpr std::size_t most_untold = 16;

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

ServiceNotice::Sent ServiceNotice::send(std::string_view state) const noexcept {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return Sent::yes;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // the abstract namespace, unix(7)
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Sent::later;
  const auto sent = sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                           reinterpret_cast<const sockaddr*>(&address), length);
  const bool full = sent < 0 && (errno == EAGAIN || errno == ENOBUFS);
  close(descriptor);
  return full ? Sent::later : Sent::yes;
}

void ServiceNotice::tell(std::string state) {
  if (untold_.size() == most_untold) untold_.pop_front();
  untold_.push_back(std::move(state));
  tell_again();
}

void ServiceNotice::tell_again() {
  while (!untold_.empty() && send(untold_.front()) == Sent::yes) untold_.pop_front();
}

void ServiceNotice::tell_alive() const noexcept {
  (void)send("WATCHDOG=1");
}

void ServiceNotice::tell_starting(std::chrono::milliseconds patience) const noexcept {
  if (socket_.empty()) return;
  (void)send("EXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds{patience}.count()));
}

void ServiceNotice::tell_reloading() {
  if (socket_.empty()) return;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  constexpr std::int64_t micro = 1'000'000, nano = 1'000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * micro + now.tv_nsec / nano));
}

std::optional<std::chrono::milliseconds> watchdog_interval(std::string_view watchdog_usec,
                                                           std::string_view watchdog_pid) noexcept {
  const auto limit = whole_number(watchdog_usec);
  if (!limit || (!watchdog_pid.empty() && whole_number(watchdog_pid) != getpid())) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds{*limit / 2});
}

}  // namespace portcullis::system
