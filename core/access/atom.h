// One thing a caller has or has not: how it is checked, written and explained.
#pragma once

#include <string>

#include "portcullis/authorizer.h"

namespace portcullis {

enum class Holds : std::uint8_t {
  no,
  yes,
  unreadable,  // the claim is of a type in which nobody can look: neither "has" nor "has not" is proven
};
Holds holds(const Atom& atom, const VerifiedToken& token);

/// "scope:read:orders", as written in the rules.
std::string text_of(const Atom& atom);

/// What the token has in the place where the atom looks, for the detail of a refusal.
std::string what_it_has(const Atom& atom, const VerifiedToken& token);

/// Why no token could ever hold this atom, as a sentence; empty: one could.
std::string fault_of(const Atom& atom);

/// Scope characters of RFC 6749 §3.3: what no token can hold must not be asked for, and what goes into a
/// challenge must not need escaping.
bool is_scope_word(std::string_view text) noexcept;

}  // namespace portcullis
