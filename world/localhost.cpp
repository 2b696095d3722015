#include "world/localhost.h"

namespace portcullis::world {
namespace {

using ListenError = net::HttpServer::ListenError;

/// One try on all addresses. The first one picks the port when `port` is 0.
Result<std::uint16_t, ListenError> try_all(net::HttpServer& server, const std::vector<ListenAddress>& addresses,
                                           std::uint16_t port) {
  for (const ListenAddress& address : addresses) {
    const auto listening = server.listen(address.literal, port);
    if (listening) {
      port = *listening;
      continue;
    }
    const bool no_such_address = listening.error().kind == ListenError::Kind::other;
    if (no_such_address && address.need == ListenAddress::Need::if_available) continue;
    return listening.error();
  }
  return port;
}

}  // namespace

std::vector<ListenAddress> listen_addresses(const std::optional<std::string>& beyond) {
  using Need = ListenAddress::Need;
  const ListenAddress v4{"127.0.0.1", Need::required}, v6{"::1", Need::if_available};
  if (!beyond || *beyond == "localhost" || *beyond == v4.literal || *beyond == v6.literal) return {v4, v6};
  if (*beyond == "0.0.0.0") return {{*beyond, Need::required}, v6};  // contains 127.0.0.1
  if (*beyond == "::") return {v4, {*beyond, Need::required}};
  return {v4, v6, {*beyond, Need::required}};
}

Result<Listening, std::string> listen_on(net::EventLoop& loop, net::ServerLimits limits,
                                         const net::HttpHandler& handler, const std::vector<ListenAddress>& addresses,
                                         std::uint16_t wanted) {
  constexpr int tries = 8;  // a free port of one address may be taken on the other
  std::string problem;
  for (int attempt = 0; attempt < tries; ++attempt) {
    auto server = std::make_unique<net::HttpServer>(loop, limits, handler);
    const auto port = try_all(*server, addresses, attempt == 0 ? wanted : std::uint16_t{0});
    if (port) return Listening{std::move(server), *port};
    problem = port.error().message;
    if (port.error().kind == ListenError::Kind::other) break;
  }
  return problem;
}

}  // namespace portcullis::world
