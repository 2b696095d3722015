#include "world/encoding/cookie.h"

namespace portcullis::world {

std::string_view cookie(const net::HttpRequest& request, std::string_view name) {
  for (std::string_view header : request.headers.all("Cookie")) {
    while (!header.empty()) {
      std::string_view pair = header.substr(0, header.find(';'));
      header.remove_prefix(std::min(header.size(), pair.size() + 1));
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    }
  }
  return {};
}

}  // namespace portcullis::world
