// What `portcullis check` found, in words and as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doors/cli/effective.h"
#include "doors/cli/never.h"
#include "doors/cli/online_check.h"
#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::cli {

enum class Severity : std::uint8_t { error, warning };

struct Finding {
  Severity severity;
  RuleProblem problem;
};

/// What came of checking one configuration.
struct Checked {
  std::optional<config::Config> config;
  std::vector<Finding> findings;
  std::optional<std::vector<std::string>> pack;   // nothing: not asked for
  std::optional<std::vector<Setting>> effective;  // nothing: not asked for
  std::optional<NeverAnswers> never;              // nothing: not asked for, or not to be had
  std::optional<OnlineCheck> online;              // nothing: nobody was asked

  /// Whether no error was found.
  bool good() const;
  /// Whether a statement has a counter-example.
  bool refuted() const;
  void add(Severity severity, const std::vector<RuleProblem>& problems) {
    for (const RuleProblem& problem : problems) findings.push_back({severity, problem});
  }
};

/// For people: findings, then what the configuration means.
std::string in_words(const Checked& checked);
/// For programs.
std::string in_json(const Checked& checked);

}  // namespace portcullis::cli
