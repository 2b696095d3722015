#include "edge/net/name_lookup.h"

#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

}  // namespace

/// What the asking thread leaves for the waiting one, which may have gone meanwhile.
struct LookUpUnderWay::Shared {
  Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() {
    if (done >= 0) close(done);
  }
  void leave(Outcome found) {
    const std::lock_guard lock{mutex};
    outcome = std::move(found);
    arrived.notify_one();
    if (done >= 0) (void)eventfd_write(done, 1);
  }

  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Outcome> outcome;
  int done = -1;  // an eventfd, where somebody watches
};

namespace {

/// getaddrinfo(3) cannot be cancelled, so a thread of its own waits for it, as long as it takes.
void ask_aside(const std::shared_ptr<LookUpUnderWay::Shared>& shared, const std::string& host,
               const std::string& port) {
  try {
    std::thread{[shared, host, port] { shared->leave(ask(host, port, 0)); }}.detach();
  } catch (const std::system_error& error) {
    shared->leave(LookUpFault{LookUpFault::Kind::unknown, error.code().message()});
  }
}

}  // namespace

Outcome look_up(const std::string& host, const std::string& port,
                std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (auto literal = ask(host, port, AI_NUMERICHOST)) return literal;

  const auto shared = std::make_shared<LookUpUnderWay::Shared>();
  ask_aside(shared, host, port);
  std::unique_lock lock{shared->mutex};
  const auto there = [&] { return shared->outcome.has_value(); };
  if (!deadline) {
    shared->arrived.wait(lock, there);
  } else if (!shared->arrived.wait_until(lock, *deadline, there)) {
    return LookUpFault{LookUpFault::Kind::timeout, "the name look-up took too long"};
  }
  return std::move(*shared->outcome);
}

LookUpUnderWay::LookUpUnderWay(const std::string& host, const std::string& port) : shared_(std::make_shared<Shared>()) {
  shared_->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (shared_->done < 0) {
    shared_->leave(LookUpFault{LookUpFault::Kind::unknown, std::generic_category().message(errno)});
  } else if (auto literal = ask(host, port, AI_NUMERICHOST)) {
    shared_->leave(std::move(literal));
  } else {
    ask_aside(shared_, host, port);
  }
}

int LookUpUnderWay::descriptor() const noexcept {
  return shared_->done;
}

std::optional<Outcome> LookUpUnderWay::outcome() const {
  const std::lock_guard lock{shared_->mutex};
  return shared_->outcome;
}

}  // namespace portcullis::net
