// What a route asks of a verified caller.
#pragma once

#include <string>
#include <vector>

#include "core/access/atom.h"

namespace portcullis {

/// Who asks, and when.
struct Caller {
  const VerifiedToken& token;
  WallTime now;
  std::chrono::seconds leeway;  // of the token's issuer
};

/// The conditions that the caller does not meet, in written order; empty when the access is granted. An AllOf
/// is cut down to the atoms that are missing, a NoneOf to those that should not be there.
/// PublicAccess and AuthenticatedAccess ask nothing more of a verified caller.
std::vector<Condition> unmet(const Access& access, const Caller& caller);

/// Whether the answer may become another one while the token stays valid: an answer that is kept would then
/// be wrong.
bool changes_with_time(const Access& access);

/// Whether a condition of it is this one.
bool asks_for(const Access& access, BoundSender sender);

/// "public", "authenticated", "all: [scope:read:orders], none: [role:guest]".
std::string text_of(const Access& access);
/// Unmet conditions for machines, one thing an entry: "scope:read:orders", "any of scope:a, role:b",
/// "none of role:guest", "max_age 300s", "acr gold or silver", "sender dpop".
std::vector<std::string> texts_of(const std::vector<Condition>& missing);

/// Why no token could ever meet this condition, as a sentence; empty: one could.
std::string fault_of(const Condition& condition);

/// The refusal for unmet conditions: names them, shows what the token has, and points out the commonest
/// confusion (a permission that is there as a scope, or the reverse). Values of claims are not shown: they
/// may be personal.
Error refusal_of(const std::vector<Condition>& missing, const Caller& caller);

}  // namespace portcullis
