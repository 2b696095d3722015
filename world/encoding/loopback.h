// Names and addresses that only this machine can reach.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::world {

/// "localhost", 127.0.0.0/8, "::1".
bool is_loopback(std::string_view address);
/// Whether a Host header (with or without port) names one: what DNS rebinding cannot fake.
bool names_loopback(std::string_view host);

}  // namespace portcullis::world
