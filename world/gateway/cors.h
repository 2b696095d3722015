// Cross-origin rules of the gateway: Fetch standard, CORS protocol; gateway.md §5.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/net/http_message.h"

namespace portcullis::world {

struct CorsRules {
  std::vector<std::string> origins{"*"};  // exact origins, or "*"
};

/// A preflight is OPTIONS with Origin and Access-Control-Request-Method. Anything else is a request like any other.
bool is_preflight(const net::HttpRequest& request);

/// The answer to a preflight for a resource with these methods (ANY: all of them). It never asks an authorizer.
net::HttpResponse preflight_response(const CorsRules& rules, const net::HttpRequest& request,
                                     const std::vector<std::string>& methods);

/// The headers that let a page of an allowed origin read an answer; none for other origins. An origin
/// from a list is echoed, with Vary; one that is not on it is never reflected.
net::Headers cors_headers(const CorsRules& rules, const net::HttpRequest& request);

/// An answer's headers with these in the place of what it says about CORS itself: so do HTTP APIs (gateway.md §5.3)
/// and proxies.
net::Headers with_cors(const net::Headers& answered, const net::Headers& cors);

}  // namespace portcullis::world
