#include "doors/log/decision_log.h"

#include "core/access/credential.h"
#include "core/access/requirement.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

std::string_view word_of(Trace::Verdict verdict) {
  switch (verdict) {
    case Trace::Verdict::passed:
      return "passed";
    case Trace::Verdict::failed:
      return "failed";
    case Trace::Verdict::noted:
      return "noted";
  }
  return "noted";
}

}  // namespace

std::string_view word_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::allow:
      return "allow";
    case Outcome::deny:
      return "deny";
    case Outcome::undecided:
      return "error";
  }
  return "error";
}

system::LogLevel level_of(const Decision& decision) noexcept {
  switch (decision.outcome) {
    case Outcome::allow:
      return system::LogLevel::info;
    case Outcome::deny:
      return system::LogLevel::warn;
    case Outcome::undecided:
      return system::LogLevel::error;
  }
  return system::LogLevel::error;
}

void describe(const Decision& decision, const Secrets& secrets, system::LogLine& line) {
  line.string("outcome", word_of(decision.outcome)).string("reason", facts(decision.reason).code);
  line.boolean("enforced", decision.enforced)
      .integer("status", decision.status())
      .string("route", decision.route())
      .string("detail", decision.explanation());
  JsonWriter missing;
  missing.begin_array();
  for (const std::string& text : texts_of(decision.missing)) missing.string(text);
  missing.end_array();
  line.raw("missing", missing.text());
  if (!decision.limits.empty()) {
    JsonWriter limit;
    write_limit(limit, decision);
    line.raw("limit", limit.text());
  }
  if (!decision.token) return;
  line.string("issuer", decision.token->issuer());
  if (const auto kid = decision.token->key_id()) line.string("kid", kid->substr(0, 64));
  line.string("subject_hash", subject_hash(secrets, decision.token->issuer(), decision.token->subject()));
}

std::string credential_hash(const Request& request) {
  const auto credential = find_credential(request.headers);
  return credential && credential->token ? token_hash(*credential->token) : std::string{};
}

void write_limit(JsonWriter& json, const Decision& decision) {
  if (decision.limits.empty()) {
    json.null();
    return;
  }
  const LimitStanding& standing = decision.limits.front();
  json.begin_object().key("name").string(standing.policy->window).key("remaining").integer(standing.remaining);
  json.key("reset").integer(seconds_to_wait(standing)).end_object();
}

std::string trace_json(const Trace& trace) {
  JsonWriter json;
  json.begin_array();
  for (const Trace::Entry& entry : trace.entries) {
    json.begin_object().key("step").string(name_of(entry.step)).key("verdict").string(word_of(entry.verdict));
    json.key("text").string(entry.text).key("place").string(entry.place).end_object();
  }
  json.end_array();
  return std::move(json).text();
}

}  // namespace portcullis
