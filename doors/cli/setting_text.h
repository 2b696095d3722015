// Limits and the places of a server as they are written in the configuration.
#pragma once

#include <span>
#include <string>

#include "edge/config/config.h"

namespace portcullis::cli {

/// "60/min", "[60/min, 1000/hour]"
std::string rates_text(const NonEmpty<Rate>& rates);
/// Of the shortest window, which alone has one that can be written.
std::int64_t burst_of(const NonEmpty<Rate>& rates) noexcept;
/// "principal", "[issuer, claim:/plan]"
std::string dimensions_text(const NonEmpty<LimitDimension>& by);
/// "memory", "rediss://host:6379": without user and password.
std::string store_text(const std::optional<config::StoreSettings>& store);
/// "127.0.0.1:9091", "[::1]:9091", "unix:/run/portcullis.sock"
std::string listening_text(const config::Listening& where);
/// "[10.0.0.0/8]"
std::string networks_text(std::span<const IpNetwork> networks);
/// "sub", "claim:/plan"
std::string source_text(const config::IdentityHeader& header);

}  // namespace portcullis::cli
