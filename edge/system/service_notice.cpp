#include "edge/system/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace portcullis::system {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

void ServiceNotice::tell(std::string_view state) const noexcept {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // the abstract namespace, unix(7)
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  (void)sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address), length);
  close(descriptor);
}

void ServiceNotice::tell_starting(std::chrono::milliseconds patience) const noexcept {
  if (socket_.empty()) return;
  tell("EXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds{patience}.count()));
}

void ServiceNotice::tell_reloading() const noexcept {
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
