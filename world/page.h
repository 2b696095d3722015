// What the gateway's port serves beside the API and the decisions: the page and its config.json.
#pragma once

#include <optional>
#include <string>

#include "edge/net/http_message.h"

namespace portcullis::world {

struct Page {
  std::string origin;         // "http://localhost:3000"
  std::string tenant_origin;  // "http://localhost:3001"

  /// @returns nullopt when the target is none of the page's: the gateway's turn
  std::optional<net::HttpResponse> answer(const net::HttpRequest& request) const;

 private:
  std::string html() const;
  std::string config_json() const;
};

}  // namespace portcullis::world
