// Exactly one credential, or none. RFC 6750 §2.1, RFC 9110 §11.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis {

/// The token of the one Authorization header, which lives as long as the header does; nothing when there
/// is no Bearer credential, with a sentence for the operator.
struct Credential {
  std::optional<std::string_view> token;
  std::string note;
};

/// @returns bad_request when it can be read in more than one way: two headers, a comma, text behind the token
Result<Credential> find_credential(std::span<const Header> headers);

}  // namespace portcullis
