// An error in OAuth's shape, with Auth0's words (RFC 6749 §4.1.2.1 and §5.2).
#pragma once

#include <string>

#include "edge/net/http_message.h"
#include "portcullis/result.h"

namespace portcullis::world {

struct OAuthError {
  int status;  // for a JSON answer; a redirect has its own
  std::string error, description;
};
template <class T>
using OAuthResult = Result<T, OAuthError>;

OAuthError invalid_request(std::string description);

/// JSON that is never to be stored (RFC 6749 §5.1).
net::HttpResponse json_answer(int status, std::string body);
net::HttpResponse json_answer(const OAuthError& error);

}  // namespace portcullis::world
