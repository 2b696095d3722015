#include "doors/lambda/told_refusal.h"

namespace portcullis::lambda {
namespace {

constexpr std::string_view reason_member = "reason", status_member = "status", challenge_member = "challenge",
                           retry_member = "retryAfter";

/// Whether the token alone is at fault, and stays so.
bool is_of_the_token_for_good(Reason reason) noexcept {
  switch (reason) {
    case Reason::no_credentials:  // another scheme than Bearer
    case Reason::malformed:
    case Reason::not_jws:
    case Reason::bad_json:
    case Reason::too_large:
    case Reason::alg_not_allowed:
    case Reason::header_forbidden:
    case Reason::crit:
    case Reason::bad_iss:
    case Reason::bad_aud:
    case Reason::expired:
    case Reason::bad_claim:
    case Reason::wrong_token_type:
      return true;
    case Reason::unknown_kid:  // until the keys are fetched anew
    case Reason::key_mismatch:
    case Reason::bad_signature:
    case Reason::not_yet:  // until its time comes
    case Reason::rate_limited:
    case Reason::insufficient_scope:  // of the route, so another route's challenge would be wrong
    case Reason::forbidden:
    case Reason::no_route:
    case Reason::bad_request:  // of this path, this proof, this connection
    case Reason::step_up:
    case Reason::certificate_mismatch:
    case Reason::dpop_missing:
    case Reason::dpop_invalid:
    case Reason::dpop_replayed:
    case Reason::dpop_nonce:
    case Reason::keys_unavailable:
    case Reason::store_unavailable:
    case Reason::internal:
    case Reason::ok:
      return false;
  }
  return false;
}

}  // namespace

bool tells_refusal(const Decision& decision, EventForm form, const config::LambdaSettings& settings) {
  const bool kept = settings.cache != std::chrono::seconds{0};
  if (decision.reason == Reason::rate_limited && !decision.passes())
    return form == EventForm::web_socket || (form == EventForm::rest && !kept);  // a handshake's answer is never kept
  if (form != EventForm::rest || settings.deny != config::LambdaSettings::Deny::context) return false;
  if (decision.passes() || decision.status() >= 500) return false;
  return !kept || is_of_the_token_for_good(decision.reason);
}

void write_refusal(JsonWriter& json, const Decision& decision) {
  json.key(reason_member).string(facts(decision.reason).code);
  json.key(status_member).string(std::to_string(decision.status()));
  if (const std::string text = challenge(decision); !text.empty()) json.key(challenge_member).string(text);
  if (decision.reason == Reason::rate_limited && !decision.limits.empty())
    json.key(retry_member).string(std::to_string(seconds_to_wait(decision.limits.front())));
}

bool is_refusal_member(std::string_view name) noexcept {
  return name == reason_member || name == status_member || name == challenge_member || name == retry_member;
}

}  // namespace portcullis::lambda
