// What to write into a proxy's own configuration, so that it asks portcullis about each request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/config/config.h"
#include "portcullis/result.h"

namespace portcullis::serve {

/// What can stand in front of a backend and ask. Gateway API's ExternalAuth filter speaks Envoy's dialect.
enum class Proxy : std::uint8_t { nginx, traefik, caddy, haproxy, envoy, gateway_api };

/// "nginx", "gateway-api".
std::optional<Proxy> proxy_named(std::string_view name) noexcept;
/// All of them, for messages: "nginx, traefik, …".
std::string proxy_names();

/// A sentence: why a proxy cannot ask with these settings, and what to change.
struct NoConfiguration {
  std::string why;
};

/// A complete, commented configuration for these very settings: where portcullis listens, which headers name the
/// caller, and what clients are told of limits. It drops what clients send in their place, on every path.
Result<std::string, NoConfiguration> proxy_configuration(Proxy proxy, const config::Config& config);

}  // namespace portcullis::serve
