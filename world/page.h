// What the gateway's port serves beside the API: the page, its config.json, and decisions to look at.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "edge/net/http_message.h"
#include "world/request_report.h"
#include "world/tenant/exposure.h"

namespace portcullis::world {

/// The latest 1,000 requests, for `/_portcullis/decisions/ID`.
class RecentRequests {
 public:
  void keep(const RequestReport& report);
  const RequestReport* find(const std::string& id) const;

 private:
  std::deque<std::string> order_;
  std::unordered_map<std::string, RequestReport> reports_;
};

struct Page {
  std::string origin;         // "http://localhost:3000"
  std::string tenant_origin;  // "http://localhost:3001"
  Exposure exposure = Exposure::loopback;

  /// @returns nullopt when the target is none of the page's: the gateway's turn
  std::optional<net::HttpResponse> answer(const net::HttpRequest& request, const RecentRequests& recent) const;

 private:
  std::string html() const;
  std::string config_json() const;
};

}  // namespace portcullis::world
