// The tenant's metadata (OIDC Discovery §3, RFC 8414 §2), with the fields of Auth0's own (tokens.md §5.2).
#pragma once

#include <string>

namespace portcullis::world {

/// Every address in it answers, and every value in it is honoured.
std::string discovery_document(const std::string& issuer);

}  // namespace portcullis::world
