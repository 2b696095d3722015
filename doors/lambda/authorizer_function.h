// The handler `authorizer`: an event in, a policy or an error out, one log line.
#pragma once

#include <mutex>

#include "doors/lambda/event.h"
#include "doors/lambda/function.h"
#include "doors/lambda/question_desk.h"
#include "doors/lambda/shared_store.h"
#include "edge/config/config.h"
#include "edge/system/log.h"

namespace portcullis::lambda {

/// Decides one event and says what the function returns. Shared with `portcullis decide --event`.
struct EventDecision {
  Decision decision;
  FunctionResult result;
  std::vector<Errand> after;
  std::string credential_hash;  // 12 hex digits; empty without a credential
};
EventDecision decide_event(const Authorizer& authorizer, QuestionDesk& desk, const config::Config& config,
                           std::string_view event, Now now, std::chrono::milliseconds budget, Trace* trace);

/// Whether each decision's steps are logged too (PORTCULLIS_TRACE, development only).
enum class Tracing : std::uint8_t { off, on };

class AuthorizerFunction : public Function {
 public:
  /// @param store  null: what limits and proofs need to be known of is in memory
  AuthorizerFunction(const Authorizer& authorizer, const config::Config& config, const Secrets& secrets,
                     system::Log log, Tracing tracing, QuestionDesk::Fetch fetch, QuestionDesk::Clock clock,
                     SharedStore* store);
  void warm_up() override;
  FunctionResult handle(const Invocation& invocation) override;
  void after_answer() override;

 private:
  void log_decision(const Invocation& invocation, const EventDecision& decided, const Trace& trace, Now began) const;

  const Authorizer& authorizer_;
  const config::Config& config_;
  Secrets secrets_;
  system::Log log_;
  Tracing tracing_;
  QuestionDesk::Clock clock_;
  SharedStore* store_;
  QuestionDesk desk_;
  std::mutex mutex_;
  std::vector<Errand> errands_;
};

}  // namespace portcullis::lambda
