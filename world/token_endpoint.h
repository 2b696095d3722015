// POST /oauth/token: the grants of the stand-in tenant, in Auth0's shapes (tokens.md §5.6, §5.7).
#pragma once

#include <functional>
#include <string>

#include "edge/net/http_message.h"
#include "portcullis/time.h"
#include "world/mint.h"
#include "world/people.h"

namespace portcullis::world {

/// Who can reach this world. Only a world that nobody else can reach makes odd tokens on request.
enum class Exposure : std::uint8_t { loopback, network };

struct TokenEndpoint {
  std::string issuer;  // with the final slash, as Auth0's
  People people;
  Exposure exposure = Exposure::loopback;

  /// Answers a token request, form or JSON. Beside the parameters of RFC 6749 §4.3 and §4.4 and Auth0's
  /// `audience` it honours, on a loopback world only, two of our own: `lifetime` (seconds, may be
  /// negative) and `signing_key=unknown`. Answers are never to be stored (RFC 6749 §5.1).
  net::HttpResponse answer(const net::HttpRequest& request, Mint& mint, WallTime now) const;
};

}  // namespace portcullis::world
