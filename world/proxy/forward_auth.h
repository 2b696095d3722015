// What a reverse proxy asks its auth server about a request, in the form of Traefik's ForwardAuth, and what it takes
// from the answer (gateway.md §8.1, §8.3).
#pragma once

#include <string_view>

#include "edge/net/http_message.h"

namespace portcullis::world {

/// GET /auth/traefik with the credentials, and with the request's own method, target, host and address where the proxy
/// says them and nobody else.
/// @param target  as the backend gets it: path and query
/// @param trace   32 hexadecimal digits, the request's trace id (W3C Trace Context)
net::HttpRequest auth_question(const net::HttpRequest& request, std::string_view target, std::string_view trace);

/// The client's headers without what tells the backend who calls, in whatever spelling, and then that as the auth
/// server says it.
net::Headers backend_headers(const net::Headers& sent, const net::Headers& allowed);

/// An answer's headers without those that are about one connection or one message (RFC 9110 §7.6.1).
net::Headers end_to_end(const net::Headers& answered);

/// RateLimit and RateLimit-Policy, new and old, of an answer that allows: the client learns what is left.
net::Headers limit_headers(const net::Headers& allowed);

}  // namespace portcullis::world
