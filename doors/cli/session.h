// A configuration, the authorizer made of it and the way to its keys: what every deciding command opens.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "doors/cli/options.h"
#include "doors/lambda/question_desk.h"
#include "doors/lambda/shared_store.h"
#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::cli {

class Session {
 public:
  /// Loads the configuration that `common` means. @returns null after having complained
  static std::unique_ptr<Session> open(const Common& common);
  /// Judges by these rules instead of a configuration.
  static std::unique_ptr<Session> of_rules(Rules rules, const Common& common);

  const Authorizer& authorizer() const noexcept { return *authorizer_; }
  const config::Config& config() const noexcept { return config_; }
  lambda::QuestionDesk& desk() noexcept { return *desk_; }
  Now now() const { return instant_ ? *instant_ : clock(); }
  /// Moves the clock for what follows (a batch line's "at"); nullopt: back to --at or the real one.
  void set_instant(std::optional<Now> instant) { instant_ = instant ? instant : fixed_; }
  Settled settle(Step step) { return desk_->settle(std::move(step), longest_fetch); }
  /// Runs errands, by the real clock only: one that is moved to and fro makes no keys old.
  void run(const std::vector<Errand>& errands) {
    if (!instant_) desk_->run(errands, longest_fetch);
  }

  static constexpr std::chrono::milliseconds longest_fetch = longest_key_fetch;

 private:
  Session() = default;
  bool make(Rules rules, const Common& common);
  static Now clock();

  config::Config config_;
  std::optional<Authorizer> authorizer_;
  std::unique_ptr<lambda::SharedStore> store_;  // null: in memory
  std::unique_ptr<lambda::QuestionDesk> desk_;
  std::optional<Now> fixed_, instant_;
};

/// Fetches keys as every command does: over https, and over http from loopback in development.
KeyFetch fetch_over_network(config::Purpose purpose);

/// Reads a token argument: "-" standard input, "@FILE", else the text itself; one line end is cut off.
/// @returns nullopt after having complained
std::optional<std::string> read_token_argument(const std::string& argument);

}  // namespace portcullis::cli
