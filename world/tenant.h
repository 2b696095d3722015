// The stand-in for an Auth0 tenant: discovery, keys and tokens over HTTP. Development only.
#pragma once

#include <functional>
#include <string>

#include "edge/net/http_message.h"
#include "portcullis/time.h"
#include "world/mint.h"
#include "world/token_endpoint.h"

namespace portcullis::world {

/// Single-threaded. The issuer is that of the endpoint, whatever the request's Host says.
class Tenant {
 public:
  Tenant(TokenEndpoint endpoint, Mint mint, std::function<WallTime()> now);
  net::HttpResponse answer(const net::HttpRequest& request);

 private:
  net::HttpResponse document(std::string_view path, const net::HttpRequest& request) const;
  net::HttpResponse jwks(const net::HttpRequest& request) const;
  std::string discovery() const;
  std::string page() const;

  TokenEndpoint endpoint_;
  Mint mint_;
  std::function<WallTime()> now_;
};

}  // namespace portcullis::world
