#include "doors/serve/admin_host.h"

#include <algorithm>

#include "doors/serve/field_name.h"
#include "portcullis/ip_address.h"

namespace portcullis::serve {
namespace {

bool is_port(std::string_view text) noexcept {
  constexpr std::size_t most_digits = 5;
  return !text.empty() && text.size() <= most_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_loopback_host(std::string_view host) noexcept {
  std::string_view name = host;
  std::string_view rest;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == host.npos) return false;
    name = host.substr(1, end - 1);
    rest = host.substr(end + 1);
  } else if (const std::size_t colon = host.find(':'); colon != host.npos) {
    name = host.substr(0, colon);
    rest = host.substr(colon);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return false;
  if (is_field(name, "localhost")) return true;
  const auto address = IpAddress::parse(name);
  if (!address || address->is_v4() == host.starts_with('[')) return false;
  constexpr int loopback_v4_bits = 8;
  return address->is_v4() ? address->masked(loopback_v4_bits) == *IpAddress::parse("127.0.0.0")
                          : *address == *IpAddress::parse("::1");
}

}  // namespace portcullis::serve
