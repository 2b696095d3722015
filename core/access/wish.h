// What is wished of a caller, when somebody asks whether there could be such a one.
#pragma once

#include <cstdint>
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

}  // namespace portcullis
