// Which Host a request to the admin listener may name.
#pragma once

#include <string_view>

namespace portcullis::serve {

/// Whether a Host field (RFC 9110 §7.2) names this machine by address or as localhost, with or without a port. Every
/// other name could be one that a web page had pointed at 127.0.0.1 (DNS rebinding).
bool is_loopback_host(std::string_view host) noexcept;

}  // namespace portcullis::serve
