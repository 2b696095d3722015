// GET /authorize, read and checked (RFC 6749 §4.1.1, RFC 7636 §4.3, OIDC Core §3.1.2.1).
#pragma once

#include <variant>

#include "world/tenant/grant.h"
#include "world/tenant/problem.h"
#include "world/tenant/return_address.h"

namespace portcullis::world {

struct AuthorizationRequest {
  enum class Prompt : std::uint8_t { if_needed, login, none };
  ReturnAddress back;
  Grant grant;  // its user is not known yet
  std::string audience, scope;
  std::string code_challenge;
  Prompt prompt = Prompt::if_needed;
  std::optional<std::chrono::seconds> max_age;
  std::string login_hint;
};

/// One that waits for a person to log in.
struct PendingLogin {
  enum class State : std::uint8_t { open, finished };
  AuthorizationRequest request;
  std::string browser;  // the cookie of the browser that began it: nobody else may finish it
  State state = State::open;
};

/// An error that the client may be told: its address is known to be the client's.
struct Refused {
  ReturnAddress back;
  OAuthError error;
};

/// A Problem where nobody knows whose address it is: shown, never redirected (RFC 6749 §4.1.2.1).
using ReadAuthorization = std::variant<AuthorizationRequest, Refused, Problem>;
ReadAuthorization read_authorization(const Fields& fields, const People& people, Exposure exposure);

}  // namespace portcullis::world
