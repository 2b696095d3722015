#include "world/page/page_origin.h"

#include "edge/net/http_client.h"

namespace portcullis::world {
namespace {

constexpr std::size_t most_origins = 8;

}  // namespace

Result<std::vector<std::string>, std::string> page_origins_from(const std::vector<std::string>& written) {
  if (written.size() > most_origins) return "--page-origin: at most " + std::to_string(most_origins) + " can be named";
  std::vector<std::string> origins;
  for (const std::string& text : written) {
    const auto url = net::Url::parse(text);
    if (!url) return std::string{"--page-origin: not an origin. Write it like http://localhost:5173"};
    if (url->target != "/" || text.ends_with('?'))
      return std::string{"--page-origin: an origin has no path and no query. Write it like http://localhost:5173"};
    origins.push_back(url->origin());
  }
  return origins;
}

}  // namespace portcullis::world
