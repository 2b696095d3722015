// What an authorization code stands for: good once, for a short time, for the client that asked (RFC 6749 §4.1.2).
#pragma once

#include "world/tenant/grant.h"

namespace portcullis::world {

inline constexpr std::chrono::minutes code_lifetime{10};  // the most that RFC 6749 §4.1.2 recommends

struct AuthorizationCode {
  enum class State : std::uint8_t { fresh, used };
  Grant grant;
  std::string redirect_uri;
  std::string code_challenge;  // S256; empty only for a client with a secret that sent none
  State state = State::fresh;
  std::string refresh_token;  // what the first use led to, to be revoked at a second one; empty: none
};

/// BASE64URL(SHA256(code_verifier)): RFC 7636 §4.2. Only that method is accepted; `plain` protects nobody.
std::string code_challenge(std::string_view verifier);
/// 43 to 128 unreserved characters: RFC 7636 §4.1.
bool is_code_verifier(std::string_view text);

}  // namespace portcullis::world
