#include "edge/net/request_server.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "edge/net/server_connection.h"

namespace portcullis::net {

struct RequestServer::Impl {
  std::shared_ptr<ServedRequests> service;
  std::vector<std::unique_ptr<Listener>> listeners{};

  void take_from(int descriptor, Listener::Owner owner) {
    Listener::Callbacks callbacks{
        [this](int accepted, std::string peer) { serve_connection(service, accepted, std::move(peer)); },
        [this] { service->queues.make_room(); },
    };
    listeners.push_back(std::make_unique<Listener>(service->loop, descriptor, owner, std::move(callbacks)));
  }
};

RequestServer::RequestServer(EventLoop& loop, RequestServerLimits limits, RequestHandler handler)
    : impl_(std::make_shared<Impl>(Impl{std::make_shared<ServedRequests>(loop, limits, std::move(handler))})) {}

RequestServer::~RequestServer() {
  impl_->listeners.clear();
  ServedRequests& service = *impl_->service;
  service.drained = nullptr;
  service.queues.close_all();
  service.readiness.reset();
}

Result<std::uint16_t, RequestServer::ListenError> RequestServer::listen(const std::string& address, std::uint16_t port,
                                                                        Claim claim) {
  const auto listening = listening_socket(address, port, claim);
  if (!listening) return listening.error();
  impl_->take_from(listening->descriptor, Listener::Owner::listener);
  return listening->port;
}

Result<Done, RequestServer::ListenError> RequestServer::listen_on(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof listens;
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
    return ListenError{ListenError::Kind::other,
                       "descriptor " + std::to_string(descriptor) + ": is not a listening socket"};
  if (::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0)
    return ListenError{ListenError::Kind::other,
                       "descriptor " + std::to_string(descriptor) + ": " + std::generic_category().message(errno)};
  impl_->take_from(descriptor, Listener::Owner::caller);
  return Done{};
}

void RequestServer::drain(std::function<void()> drained) {
  for (const auto& listener : impl_->listeners) listener->accept_all();
  impl_->listeners.clear();
  const auto service = impl_->service;
  service->drained = drained ? std::move(drained) : [] {};
  // Later: what has been read of a request is handed out before.
  service->loop.post([service] {
    if (!service->is_draining()) return;  // it has ended meanwhile
    if (service->queues.count() == 0) return std::exchange(service->drained, [] {})();
    service->queues.close_the_idle();
  });
}

std::size_t RequestServer::connections() const noexcept {
  return impl_->service->queues.count();
}

}  // namespace portcullis::net
