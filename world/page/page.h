// What the gateway's port serves beside the API and the decisions: the page and its config.json.
#pragma once

#include <optional>
#include <string>

#include "edge/net/http_message.h"
#include "world/page/static_files.h"

namespace portcullis::world {

/// Who gives the page its tokens, as config.json names it.
struct LoginTenant {
  std::string origin;  // "https://example.eu.auth0.com", "http://localhost:3001"
  std::string domain;  // what the SDK takes: a bare host, or the origin of the stand-in
  std::string client_id;
  std::string audience;
};

class Page {
 public:
  /// @param origin  of this port: "http://localhost:3000"
  Page(std::string origin, LoginTenant tenant, StaticFiles files)
      : origin_(std::move(origin)), tenant_(std::move(tenant)), files_(std::move(files)) {}

  /// Whether there is a page to show; else a few lines of text stand in for it.
  bool is_built() const { return files_.has("index.html"); }
  const std::string& directory() const noexcept { return files_.directory(); }
  /// @returns nullopt when the target is none of the page's: the gateway's turn
  std::optional<net::HttpResponse> answer(const net::HttpRequest& request) const;

 private:
  net::HttpResponse file(const std::string& name, const net::HttpRequest& request) const;
  std::string placeholder() const;
  std::string config_json() const;
  std::string content_security_policy() const;

  std::string origin_;
  LoginTenant tenant_;
  StaticFiles files_;
};

}  // namespace portcullis::world
