// Exactly one credential, or none. RFC 6750 §2.1, RFC 9110 §11, RFC 9449 §7.1.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis {

/// The token of the one Authorization header, which lives as long as the header does; nothing when there
/// is neither a Bearer nor a DPoP credential, with a sentence for the operator.
struct Credential {
  std::optional<std::string_view> token;
  std::string note;
  CredentialScheme scheme = CredentialScheme::bearer;
  std::optional<std::string_view> proof = {};  // the one DPoP header: only under the scheme DPoP
};

/// Where it is. What it is has still to be asked: check_undivided().
/// @returns bad_request when it can be read in more than one way: two headers, a DPoP header beside the scheme Bearer;
///          dpop_invalid for two DPoP headers (RFC 9449 §4.3)
Result<Credential> find_credential(std::span<const Header> headers);

/// Whether it is one token. What was verified before need not be asked; of what is too large for a token the beginning
/// is looked at.
/// @returns bad_request for a comma, or text behind the token
Result<Done> check_undivided(const Credential& credential);

}  // namespace portcullis
