// What a client is told in header fields. RateLimit and RateLimit-Policy: draft-ietf-httpapi-ratelimit-headers-10,
// whose values are lists of Structured Fields (RFC 9651); names of limits hold nothing that a quoted string would
// escape.
#include <algorithm>

#include "portcullis/authorizer.h"

namespace portcullis {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

bool is_told(const LimitStanding& standing, LimitHeaders form) noexcept {
  return standing.policy->told == form || standing.policy->told == LimitHeaders::both;
}

bool refused(const LimitStanding& standing) noexcept {
  return standing.retry_after > nanoseconds{0};
}

/// What is said of a refusal is of the windows that refused: none of the others makes the client wait. Where the
/// request passes all the same, none of them does.
bool is_current(const LimitStanding& standing, const Decision& decision) noexcept {
  return refused(standing) == !decision.passes();
}

std::string quoted(const LimitStanding& standing) {
  return '"' + standing.policy->window + '"';
}

std::string policy_item(const LimitStanding& standing) {
  const Rate& rate = standing.policy->rate;
  return quoted(standing) + ";q=" + std::to_string(rate.count) +
         ";w=" + std::to_string(std::chrono::ceil<seconds>(rate.period).count()) +
         ";pc-burst=" + std::to_string(rate.burst);
}

std::string standing_item(const LimitStanding& standing) {
  std::string item = quoted(standing) + ";r=" + std::to_string(standing.remaining);
  if (standing.more > nanoseconds{0}) item += ";t=" + std::to_string(std::chrono::ceil<seconds>(standing.more).count());
  return item;
}

void add_to(std::string& list, const std::string& item) {
  list += (list.empty() ? "" : ", ") + item;
}

void add_current(const Decision& decision, std::vector<ClientHeader>& headers) {
  std::string standings, policies;
  for (const LimitStanding& standing : decision.limits) {
    if (!is_told(standing, LimitHeaders::current)) continue;
    if (refused(standing) && decision.passes()) continue;
    add_to(policies, policy_item(standing));
    if (is_current(standing, decision)) add_to(standings, standing_item(standing));
  }
  if (!standings.empty()) headers.push_back({"RateLimit", std::move(standings)});
  if (!policies.empty()) headers.push_back({"RateLimit-Policy", std::move(policies)});
}

void add_legacy(const Decision& decision, std::vector<ClientHeader>& headers) {
  for (const LimitStanding& standing : decision.limits) {
    if (!is_told(standing, LimitHeaders::legacy) || !is_current(standing, decision)) continue;
    const auto full_at = std::chrono::ceil<seconds>(decision.at.time_since_epoch() + standing.reset);
    headers.push_back({"X-RateLimit-Limit", std::to_string(standing.policy->rate.burst)});
    headers.push_back({"X-RateLimit-Remaining", std::to_string(standing.remaining)});
    headers.push_back({"X-RateLimit-Reset", std::to_string(full_at.count())});
    return;
  }
}

}  // namespace

std::int64_t seconds_to_wait(const LimitStanding& standing) noexcept {
  return std::chrono::ceil<seconds>(refused(standing) ? standing.retry_after : standing.more).count();
}

std::vector<ClientHeader> client_headers(const Decision& decision) {
  std::vector<ClientHeader> headers;
  bool never_kept = false;
  if (std::string text = challenge(decision); !text.empty()) headers.push_back({"WWW-Authenticate", std::move(text)});
  if (!decision.invitation.dpop_nonce.empty()) {
    headers.push_back({"DPoP-Nonce", decision.invitation.dpop_nonce});
    never_kept = true;
  }
  if (decision.reason == Reason::rate_limited && !decision.passes() && !decision.limits.empty()) {
    headers.push_back({"Retry-After", std::to_string(seconds_to_wait(decision.limits.front()))});
    never_kept = true;
  }
  if (never_kept) headers.push_back({"Cache-Control", "no-store"});
  if (decision.reason == Reason::rate_limited || decision.reason == Reason::ok) {
    add_current(decision, headers);
    add_legacy(decision, headers);
  }
  return headers;
}

}  // namespace portcullis
