// Where in a token's claims a trait of its caller lies, and what can lie there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/wish.h"
#include "portcullis/result.h"

namespace portcullis {

/// How a claim answers: a list of words or texts can hold any of them together, a text is one or none.
enum class ClaimForm : std::uint8_t { words, texts, values, text, client, login };
bool holds_one(ClaimForm form);

struct ClaimPlace {
  std::string pointer;  // RFC 6901
  ClaimForm form;
};
/// @returns why nothing can be proved about this trait, if so
Result<ClaimPlace, std::string> claim_place_of(const Trait& trait);
/// What stands there if the caller has it. Of a login's age: nothing.
std::string value_of(const Trait& trait);

/// The first name of a pointer.
std::string_view first_name_of(std::string_view pointer);

/// Whether all places can be decided about one by one: no claim in two forms, none within another, for there what the
/// one holds decides what the other can.
/// @returns why not
Result<Done, std::string> check_places(const std::vector<Wishes>& wishes);

}  // namespace portcullis
