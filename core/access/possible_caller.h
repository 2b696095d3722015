// Could there be such a caller? Finds the claims of one, for wishes about what it has and has not.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/access/atom.h"
#include "portcullis/rules.h"

namespace portcullis {

/// The `acr` of the login is this one.
struct AcrIs {
  std::string value;
};
/// What a verified caller has or has not. Of a MaxAge: a login no longer ago, with the issuer's leeway. Of a
/// BoundSender: a token bound to its key or certificate, and the proof that it is.
using Trait = std::variant<Atom, AcrIs, MaxAge, BoundSender>;

enum class Wanted : std::uint8_t { has_not, has };

struct Wish {
  Wanted wanted;
  Trait trait;
};
/// At least one of these is fulfilled.
using Wishes = std::vector<Wish>;

/// What stands in a counter-example where a token holds the thumbprint of its sender's key or certificate.
inline constexpr std::string_view some_key = "the-thumbprint-of-this-callers-own-DPoP-key";
inline constexpr std::string_view some_certificate = "the-thumbprint-of-the-callers-certificate--";

struct PossibleCaller {
  std::string claims;   // the payload of an access or ID token, as JSON
  std::string telling;  // of these the members that answer the wishes, as a JSON object
};

/// A caller whose token this issuer's entry accepts at `now`, and who fulfils one of each of the wishes. `none`
/// of the rules means "has not", and so does whatever is of another type.
/// @returns nullopt: there can be none; or why nobody can tell, as a sentence
Result<std::optional<PossibleCaller>, std::string> find_caller(std::vector<Wishes> wishes, const IssuerRule& issuer,
                                                               std::chrono::sys_seconds now);

/// What the callers who meet this condition fulfil, and nobody else.
void add_wishes_of(const Condition& condition, std::vector<Wishes>& wishes);

}  // namespace portcullis
