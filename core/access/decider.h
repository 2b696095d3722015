// The steps of one decision, in order. No step waits; a missing key set becomes a question.
#pragma once

#include <string_view>

#include "core/access/compiled_rules.h"
#include "core/access/pending_state.h"

namespace portcullis {

/// Knows how to make a Pending. Each function goes on from where its name says to the end, or to a question.
struct Decider {
  static Step start_request(const CompiledRules& compiled, StatePtr state, const Request& request, Now now);
  static Step start_token(const CompiledRules& compiled, StatePtr state, std::string_view compact, WallTime now);
  static Step judge_token(const CompiledRules& compiled, StatePtr state, WallTime now);

  static Pending wrap(StatePtr state) { return Pending{std::move(state)}; }
};

}  // namespace portcullis
