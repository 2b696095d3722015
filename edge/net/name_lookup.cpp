#include "edge/net/name_lookup.h"

#include <netdb.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace portcullis::net {
namespace {

using Addresses = std::vector<SocketAddress>;
using Outcome = Result<Addresses, LookUpFault>;

std::string words_of(int code, int system_error) {
  return code == EAI_SYSTEM ? std::generic_category().message(system_error) : gai_strerror(code);
}

Outcome ask(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0)
    return LookUpFault{LookUpFault::Kind::unknown, words_of(code, errno)};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned{found, &freeaddrinfo};
  Addresses addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress address;
    if (one->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    addresses.push_back(address);
  }
  if (addresses.empty()) return LookUpFault{LookUpFault::Kind::unknown, "no address"};
  return addresses;
}

/// What the asking thread leaves for the waiting one, which may have gone meanwhile.
struct Shared {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Outcome> outcome;
};

}  // namespace

Outcome look_up(const std::string& host, const std::string& port,
                std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (auto literal = ask(host, port, AI_NUMERICHOST)) return literal;

  // getaddrinfo(3) cannot be cancelled, so a thread of its own waits for it, as long as it takes.
  const auto shared = std::make_shared<Shared>();
  try {
    std::thread{[shared, host, port] {
      auto outcome = ask(host, port, 0);
      const std::lock_guard lock{shared->mutex};
      shared->outcome = std::move(outcome);
      shared->arrived.notify_one();
    }}.detach();
  } catch (const std::system_error& error) {
    return LookUpFault{LookUpFault::Kind::unknown, error.code().message()};
  }

  std::unique_lock lock{shared->mutex};
  const auto there = [&] { return shared->outcome.has_value(); };
  if (!deadline) {
    shared->arrived.wait(lock, there);
  } else if (!shared->arrived.wait_until(lock, *deadline, there)) {
    return LookUpFault{LookUpFault::Kind::timeout, "the name look-up took too long"};
  }
  return std::move(*shared->outcome);
}

}  // namespace portcullis::net
