#include "edge/net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace portcullis::net {
namespace {

/// Between two tries to accept when the process has no descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};
/// Connections taken before those that are open get their turn.
constexpr int accepted_at_once = 64;
/// Of as many, before a server that drains stops listening.
constexpr int most_last_turns = 64;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  explicit operator bool() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// A socket with this address, or -1 and errno.
int bound(const sockaddr_storage& address, socklen_t size, AddressClaim claim) {
  Descriptor made{::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  const auto set = [&](int level, int option) {
    return ::setsockopt(made.number(), level, option, &on, sizeof on) == 0;
  };
  if (!made || !set(SOL_SOCKET, SO_REUSEADDR)) return -1;
  if (claim == AddressClaim::shared && !set(SOL_SOCKET, SO_REUSEPORT)) return -1;
  // Else "::" would take IPv4 too, and refuse a listener of ours on 0.0.0.0.
  if (address.ss_family == AF_INET6 && !set(IPPROTO_IPV6, IPV6_V6ONLY)) return -1;
  if (::bind(made.number(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return -1;
  return made.release();
}

std::string address_of(const sockaddr_storage& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(peer);
    return ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  }
  if (peer.ss_family != AF_INET6) return {};
  const auto& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address))  // of a socket that the caller made
    return ::inet_ntop(AF_INET, address.s6_addr + 12, text.data(), text.size());
  return ::inet_ntop(AF_INET6, &address, text.data(), text.size());
}

std::string_view advice_for(int error) {
  switch (error) {
    case EADDRINUSE:
      return ": another program listens there; stop it, or choose another address";
    case EADDRNOTAVAIL:
      return ": this machine does not have that address; choose one of its own";
    case EACCES:
      return ": ports below 1024 are for root or CAP_NET_BIND_SERVICE; choose another port";
    default:
      return {};
  }
}

}  // namespace

Result<ListeningSocket, ListenError> listening_socket(const std::string& address, std::uint16_t port,
                                                      AddressClaim claim) {
  sockaddr_storage wanted{};
  socklen_t size = 0;
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(wanted); ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    size = sizeof v4;
  } else if (auto& v6 = reinterpret_cast<sockaddr_in6&>(wanted);
             ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    size = sizeof v6;
  } else {
    return ListenError{ListenError::Kind::other, address + ": is not an IP address"};
  }
  const auto refused = [&](int error) {
    const std::string host = wanted.ss_family == AF_INET6 ? "[" + address + "]" : address;
    const bool in_use = error == EADDRINUSE;
    return ListenError{in_use ? ListenError::Kind::in_use : ListenError::Kind::other,
                       host + ":" + std::to_string(port) + ": " + std::generic_category().message(error) +
                           std::string{advice_for(error)}};
  };
  // A shared address can be shared with anybody who asks the same of the kernel; who does not ask is told.
  if (claim == AddressClaim::whole && port != 0) {
    const Descriptor trial{bound(wanted, size, AddressClaim::whole)};
    if (!trial) return refused(errno);
  }
  Descriptor listening{bound(wanted, size, AddressClaim::shared)};
  if (!listening || ::listen(listening.number(), SOMAXCONN) != 0 ||
      ::getsockname(listening.number(), reinterpret_cast<sockaddr*>(&wanted), &size) != 0)
    return refused(errno);
  const auto taken = ntohs(wanted.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(wanted).sin6_port
                                                        : reinterpret_cast<sockaddr_in&>(wanted).sin_port);
  return ListeningSocket{listening.release(), taken};
}

Listener::Listener(EventLoop& loop, int descriptor, Owner owner, Callbacks callbacks)
    : loop_(loop), descriptor_(descriptor), owner_(owner), callbacks_(std::move(callbacks)) {
  watch();
}

Listener::~Listener() {
  waiting_ = {};
  if (owner_ == Owner::listener) ::close(descriptor_);
}

void Listener::watch() {
  waiting_ = loop_.when_readable(descriptor_, [this] { accept_some(); });
}

void Listener::accept_all() {
  for (int turns = 0; turns < most_last_turns && accept_some() == Left::some;) ++turns;
}

Listener::Left Listener::accept_some() {
  for (int taken = 0; taken < accepted_at_once; ++taken) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        ::accept4(descriptor_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) pause();
      return Left::nobody;
    }
    const int on = 1;
    if (peer.ss_family != AF_UNIX) ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    callbacks_.admit(descriptor, address_of(peer));
  }
  return Left::some;
}

/// The socket stays readable, so looking again at once would spin.
void Listener::pause() {
  pollfd somebody{descriptor_, POLLIN, 0};
  if (::poll(&somebody, 1, 0) != 1) return;  // the kernel says so even if nobody waits
  callbacks_.make_room();
  waiting_ = loop_.after(accept_pause, [this] { watch(); });
}

}  // namespace portcullis::net
