// What a refused client is told in the body. RFC 9457; the types are those of the RateLimit draft's registry.
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

constexpr std::string_view quota_exceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";
constexpr std::string_view no_special_type = "about:blank";

void write_limits(JsonWriter& json, const Decision& decision) {
  json.key("detail").string("Retry in " + std::to_string(seconds_to_wait(decision.limits.front())) + " s.");
  json.key("violated-policies").begin_array();
  for (const LimitStanding& standing : decision.limits)
    if (standing.retry_after.count() > 0 && standing.policy->told != LimitHeaders::none)
      json.string(standing.policy->window);
  json.end_array();
}

}  // namespace

std::string problem_body(const Decision& decision) {
  const ReasonFacts& reason = facts(decision.reason);
  const bool limited = decision.reason == Reason::rate_limited;
  JsonWriter json;
  json.begin_object().key("type").string(limited ? quota_exceeded : no_special_type);
  json.key("title").string(reason.sentence).key("status").integer(reason.status).key("reason").string(reason.code);
  if (limited && !decision.limits.empty()) write_limits(json, decision);
  json.end_object();
  return std::move(json).text();
}

}  // namespace portcullis
