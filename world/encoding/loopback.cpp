#include "world/encoding/loopback.h"

namespace portcullis::world {

bool is_loopback(std::string_view address) {
  if (address == "localhost" || address == "::1") return true;
  const bool literal =
      address.find_first_not_of("0123456789.") == std::string_view::npos;  // 127.evil.example is a name
  return literal && address.starts_with("127.");
}

bool names_loopback(std::string_view host) {
  if (host == "[::1]" || host.starts_with("[::1]:")) return true;
  return is_loopback(host.substr(0, host.find(':')));
}

}  // namespace portcullis::world
