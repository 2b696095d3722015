// Can it happen? A statement about the rules is proved for all requests and all callers, or refuted by one of
// each.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/access/possible_caller.h"
#include "core/access/sample_request.h"

namespace portcullis {

/// What must never be allowed: one of these requests, by a caller who fulfils every wish. An anonymous caller
/// has nothing; a route that only reports allows everybody.
struct Statement {
  enum class Callers : std::uint8_t { anybody, anonymous, verified };
  std::vector<RoutePattern> requests;  // that any of these matches
  Callers callers = Callers::anybody;
  std::vector<Wishes> wishes;
};

struct CounterExample {
  SampleRequest request;
  std::optional<PossibleCaller> caller;  // nullopt: anonymous
  std::optional<RouteIndex> rule;        // that allows it; nullopt: the default
};

/// It can never happen.
struct Proof {
  std::vector<std::optional<RouteIndex>> answers;  // the rules that answer such requests; nullopt: the default
};

/// @param rules  that an Authorizer accepts
/// @param now    by which the callers' tokens are valid and their logins young
/// @returns      or why it can be neither proved nor refuted, as a sentence
Result<std::variant<Proof, CounterExample>, std::string> prove_never(const Rules& rules, const Statement& statement,
                                                                     std::chrono::sys_seconds now);

}  // namespace portcullis
