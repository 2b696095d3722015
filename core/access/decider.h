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
  static Step start_token(const CompiledRules& compiled, Pending::State& state, std::string_view compact, Now now);
  static Step judge_token(const CompiledRules& compiled, Pending::State& state, Now now);
  /// After a shared store's answer about the proof.
  static Step go_on_with_sender(const CompiledRules& compiled, Pending::State& state, const ReplayOutcome& outcome,
                                Now now);
  /// The access is granted: what is left is how often.
  static Step take_limits(const CompiledRules& compiled, Pending::State& state, Now now);
  /// After a shared store's answer.
  static Step go_on_with_limits(const CompiledRules& compiled, Pending::State& state, Now now);

  static Asked ask(Pending::State& state, Question question);
};

}  // namespace portcullis
