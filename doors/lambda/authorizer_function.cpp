#include "doors/lambda/authorizer_function.h"

#include "doors/lambda/metric.h"
#include "doors/lambda/web_socket.h"
#include "doors/log/decision_log.h"

namespace portcullis::lambda {
namespace {

constexpr std::chrono::milliseconds init_budget{2'000};    // of Lambda's 10 s
constexpr std::chrono::milliseconds errand_budget{1'500};  // is billed, and the next event waits

/// The metric `decisions`, by `reason`. What was not enforced counts under another name, so that no alarm takes it for
/// a refusal.
std::string_view metric_of(const Decision& decision) {
  return decision.enforced ? "decisions" : "reported";
}

// What was refused because the event does not tell enough.
void advise(EventCarries carried, Decision& decision) {
  const bool of_sender = decision.reason == Reason::dpop_missing || decision.reason == Reason::dpop_invalid ||
                         decision.reason == Reason::certificate_mismatch;
  if (!of_sender || carried == EventCarries::whole_request) return;
  decision.detail += carried == EventCarries::token_alone
                         ? "; a TOKEN event carries neither proof nor certificate: use a REQUEST authorizer"
                         : "; a WebSocket's handshake tells neither its URL nor a certificate: use a token that is not "
                           "bound to its sender";
}

}  // namespace

EventDecision decide_event(const Authorizer& authorizer, QuestionDesk& desk, const config::Config& config,
                           std::string_view event, Now now, std::chrono::milliseconds budget, Trace* trace) {
  const auto read = AuthorizerEvent::parse(event);
  if (!read) {
    Decision decision;
    decision.detail = read.error();
    return {std::move(decision), internal_error(read.error()), {}, {}};
  }
  Request request = read->request();
  std::string url = config.lambda.public_base_url;
  if (!url.empty() && read->carries() == EventCarries::whole_request) request.url = url += request.path;
  Settled settled = desk.settle(authorizer.begin(request, now, trace), budget);
  advise(read->carries(), settled.decision);
  judge_pages(read->pages(), config.cors.origins, settled.decision, trace);
  FunctionResult result =
      answer(settled.decision, authorizer.grants(settled.decision.token), read->arn(), read->form(), config.lambda);
  return {std::move(settled.decision), std::move(result), std::move(settled.after), credential_hash(request)};
}

AuthorizerFunction::AuthorizerFunction(const Authorizer& authorizer, const config::Config& config,
                                       const Secrets& secrets, system::Log log, Tracing tracing,
                                       QuestionDesk::Fetch fetch, QuestionDesk::Clock clock, SharedStore* store)
    : authorizer_(authorizer),
      config_(config),
      secrets_(secrets),
      log_(log),
      tracing_(tracing),
      clock_(clock),
      store_(store),
      desk_(authorizer, std::move(fetch), std::move(clock), store) {}

void AuthorizerFunction::warm_up() {
  if (store_ != nullptr) store_->connect();
  desk_.warm_up(init_budget);
}

FunctionResult AuthorizerFunction::handle(const Invocation& invocation) {
  const Now began = clock_();
  Trace trace;
  EventDecision decided = decide_event(authorizer_, desk_, config_, invocation.event, began, invocation.budget,
                                       tracing_ == Tracing::on ? &trace : nullptr);
  log_decision(invocation, decided, trace, began);
  if (!decided.after.empty()) {
    const std::lock_guard lock{mutex_};
    errands_.insert(errands_.end(), decided.after.begin(), decided.after.end());
  }
  return std::move(decided.result);
}

void AuthorizerFunction::log_decision(const Invocation& invocation, const EventDecision& decided, const Trace& trace,
                                      Now began) const {
  auto line = log_.line(level_of(decided.decision), "decision");
  line.string("requestId", invocation.request_id).string("door", "lambda");
  describe(decided.decision, secrets_, line);
  if (!decided.credential_hash.empty()) line.string("token_sha256", decided.credential_hash);
  if (config_.lambda.metrics == config::LambdaSettings::Metrics::embedded)
    add_metric(line, metric_of(decided.decision), "reason", began.wall);
  line.integer("latency_us", (clock_().mono.nanoseconds - began.mono.nanoseconds) / 1000);
  line.send();
  if (tracing_ == Tracing::off) return;
  auto steps = log_.line(system::LogLevel::info, "trace");
  steps.string("requestId", invocation.request_id).raw("trace", trace_json(trace)).send();
}

void AuthorizerFunction::after_answer() {
  std::vector<Errand> errands;
  {
    const std::lock_guard lock{mutex_};
    errands.swap(errands_);
  }
  desk_.run(errands, errand_budget);
  if (store_ != nullptr) store_->connect();
}

}  // namespace portcullis::lambda
