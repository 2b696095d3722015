// What a route asks of a verified caller.
#pragma once

#include <string>
#include <vector>

#include "portcullis/authorizer.h"

namespace portcullis {

/// The atoms that `token` does not meet, in written order; empty when the access is granted.
/// PublicAccess and AuthenticatedAccess ask nothing more of a verified caller.
std::vector<Atom> unmet(const Access& access, const VerifiedToken& token);

/// "scope:read:orders", as written in the rules.
std::string text_of(const Atom& atom);
/// "public", "authenticated", "all: [scope:read:orders]".
std::string text_of(const Access& access);

/// The refusal for unmet atoms: names them, shows what the token has, and points out the commonest
/// confusion (a permission that is there as a scope, or the reverse).
Error refusal_of(const std::vector<Atom>& missing, const VerifiedToken& token);

}  // namespace portcullis
