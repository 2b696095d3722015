// For the tests: the other end of a connection, in plain blocking sockets that share no code with ours.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace portcullis::net::test {

constexpr int patience_milliseconds = 20'000;

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// One connection. Reading gives up after `patience_milliseconds`, so that no test hangs.
class Peer {
 public:
  explicit Peer(int descriptor) : descriptor_(descriptor) {}
  Peer(Peer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Peer& operator=(Peer&&) = delete;
  ~Peer() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  static Peer connected_to(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close(descriptor);
    return Peer{descriptor};
  }

  int descriptor() const { return descriptor_; }
  /// @returns false when the other end has gone
  bool send_text(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool has_something_to_read(int milliseconds = patience_milliseconds) const {
    pollfd watched{descriptor_, POLLIN, 0};
    return poll(&watched, 1, milliseconds) == 1;
  }
  /// Some bytes, or "" at the end.
  std::string some() const {
    char piece[64 * 1024];
    if (!has_something_to_read()) return {};
    const ssize_t got = recv(descriptor_, piece, sizeof piece, 0);
    return got > 0 ? std::string(piece, static_cast<std::size_t>(got)) : std::string{};
  }
  std::string until(std::string_view mark) const {
    std::string text;
    while (text.find(mark) == std::string::npos) {
      const auto more = some();
      if (more.empty()) break;
      text += more;
    }
    return text;
  }
  std::string until_closed() const {
    std::string text;
    for (std::string more; !(more = some()).empty();) text += more;
    return text;
  }

 private:
  int descriptor_;
};

/// Accepts connections on a free port and gives each, with its number from 0, to `script`, one after the
/// other in a thread of its own. Ends with the script that runs.
class ScriptedServer {
 public:
  using Script = std::function<void(const Peer&, int number)>;
  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
    if (listen(listener_, 16) != 0) std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] {
      for (int descriptor; (descriptor = accept(listener_, nullptr, nullptr)) >= 0;)
        script_(Peer{descriptor}, connections_++);
    }};
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// Answers every connection's first request with these octets and hangs up.
inline ScriptedServer::Script answering(std::string octets) {
  return [octets = std::move(octets)](const Peer& peer, int) {
    peer.until("\r\n\r\n");
    peer.send_text(octets);
  };
}

}  // namespace portcullis::net::test
