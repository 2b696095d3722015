// check --never: statements, each proved or refuted, in words and for machines.
#pragma once

#include <string>
#include <vector>

#include "core/access/never.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {

/// A statement as it was written, and what came of it.
struct Answered {
  std::string statement;
  std::variant<Proof, CounterExample> answer;

  bool proved() const noexcept { return std::holds_alternative<Proof>(answer); }
};

struct NeverAnswers {
  std::vector<Answered> answered;
  std::vector<RuleProblem> errors;    // placed at "--never:N:COLUMN", of the Nth statement
  std::vector<RuleProblem> warnings;  // a proof about requests that no rule lists
  std::chrono::sys_seconds now;
};

/// @param rules  that an Authorizer accepts
NeverAnswers answer_statements(const std::vector<std::string>& statements, const Rules& rules, WallTime now);

/// One line for a proof, three for a counter-example.
std::string in_words(const Answered& answered, const Rules& rules);
void write_answers(JsonWriter& json, const NeverAnswers& answers, const Rules& rules);

}  // namespace portcullis::cli
