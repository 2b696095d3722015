// A listening socket whose connections are taken in turns, without spinning when there are no descriptors left.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "edge/net/event_loop.h"
#include "portcullis/result.h"

namespace portcullis::net {

struct ListenError {
  enum class Kind : std::uint8_t { in_use, other } kind;
  std::string message;
};
/// `whole`: in_use when anybody listens there. `shared`: beside the other loops of this process, which the kernel
/// spreads connections over; the first of them claims the address, the others join it.
enum class AddressClaim : std::uint8_t { whole, shared };

struct ListeningSocket {
  int descriptor;
  std::uint16_t port;
};
/// A socket that listens on this address, for a Listener to own.
Result<ListeningSocket, ListenError> listening_socket(const std::string& address, std::uint16_t port,
                                                      AddressClaim claim);

class Listener {
 public:
  enum class Owner : std::uint8_t { listener, caller };
  struct Callbacks {
    std::function<void(int descriptor, std::string peer)> admit;  // whose the new descriptor is
    std::function<void()> make_room;                              // no descriptor is left, and somebody waits
  };
  Listener(EventLoop& loop, int descriptor, Owner owner, Callbacks callbacks);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Takes those who are connected already and are not taken yet.
  void accept_all();

 private:
  enum class Left : std::uint8_t { nobody, some };
  void watch();
  Left accept_some();
  void pause();

  EventLoop& loop_;
  int descriptor_;
  Owner owner_;
  Callbacks callbacks_;
  EventLoop::Registration waiting_;
};

}  // namespace portcullis::net
