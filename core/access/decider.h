// The steps of one decision, in order. No step waits; a missing key set becomes a question.
#pragma once

#include <string_view>

#include "core/access/compiled_rules.h"
#include "core/access/pending_state.h"

namespace portcullis {

/// Each function goes on from where its name says to the end, or to a question. Only a decision that has to ask leaves
/// the stack of its caller.
struct Decider {
  static Step start_request(const CompiledRules& compiled, Pending::State& state, const Request& request, Now now);
  static Step start_token(const CompiledRules& compiled, Pending::State& state, std::string_view compact, WallTime now);
  static Step judge_token(const CompiledRules& compiled, Pending::State& state, WallTime now);

  static Asked ask(Pending::State& state, NeedKeys question);
};

}  // namespace portcullis
