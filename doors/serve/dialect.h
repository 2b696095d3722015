// What a proxy asks: about which request, and whose? Each proxy tells it in its own dialect. gateway.md §8.1, §8.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "doors/serve/client_address.h"
#include "edge/net/exchange.h"
#include "portcullis/authorizer.h"

namespace portcullis::serve {

/// Whose words are read. Each has its own path, so that no header decides which headers are believed.
enum class Dialect : std::uint8_t { nginx, traefik, caddy, haproxy, envoy };

/// "nginx": as in /auth/nginx.
std::string_view name_of(Dialect dialect) noexcept;

/// The client's request, as a proxy told of it. It is read in place and does not move: what it hands the core are
/// views into itself and into the proxy's request, and both must live until the decision is settled.
class ProxiedRequest {
 public:
  ProxiedRequest() = default;
  ProxiedRequest(const ProxiedRequest&) = delete;
  ProxiedRequest& operator=(const ProxiedRequest&) = delete;

  /// Reads the headers of the dialect that `asked.target` names, and no others; may be called again for the next one.
  /// @returns forbidden: the other end is none of the proxies; internal: the proxy is configured wrongly, and the
  /// detail
  ///          names the header; no_route: no rule can be for such a method
  Result<Done> read(const net::ServerRequest& asked, const ProxyTrust& trust);

  /// For the core. After a failure only what had been read by then; for logs.
  const Request& request() const noexcept { return request_; }
  /// Nothing: `asked` was for none of them.
  std::optional<Dialect> dialect() const noexcept { return dialect_; }

 private:
  Result<Done> read_fields(const net::ServerRequest& asked, const ProxyTrust& trust);

  Request request_;
  std::optional<Dialect> dialect_;
  std::array<Header, 4> credentials_;  // two Authorization and two DPoP: a third says nothing new
  std::string url_, address_;
};

/// A refusal before the core was asked, as the decision that is logged and answered.
Decision refused(const Error& error);

}  // namespace portcullis::serve
