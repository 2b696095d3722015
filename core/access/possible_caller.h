// Could there be such a caller? Finds the claims of one, for wishes about what it has and has not.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/access/wish.h"
#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis {

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
