#include "core/access/grants.h"

#include "core/access/requirement.h"
#include "core/access/sender.h"

namespace portcullis {

namespace {

// What one route grants as long as the caller's token is valid, so without a look at the clock.
/// @param known  whether this caller may be anybody but anonymous, or why not
Grant grant_of(const RouteRule& route, const std::optional<VerifiedToken>& caller, const Result<Done>& known) {
  Grant grant{route.route, route.place, route.access, false, Reason::no_route, {}};
  if (std::holds_alternative<PublicAccess>(route.access) || route.mode == Mode::report) {
    grant.allowed = true;
  } else if (!known) {
    grant.reason = known.error().reason;
    grant.detail = known.error().detail;
  } else if (changes_with_time(route.access)) {
    grant.reason = Reason::step_up;
    grant.detail = "max_age is judged at each request";
  } else {
    const Caller now_and_later{*caller, {}, {}};
    const auto missing = unmet(route.access, now_and_later);
    grant.allowed = missing.empty();
    if (!grant.allowed) {
      Error refusal = refusal_of(missing, now_and_later);
      grant.reason = refusal.reason;
      grant.detail = std::move(refusal.detail);
    }
  }
  if (grant.allowed) {
    grant.reason = Reason::ok;
    grant.detail = text_of(route.access) + (route.mode == Mode::report ? ", mode: report" : "");
  }
  return grant;
}

}  // namespace

Grants grants_of(const Rules& rules, const std::optional<VerifiedToken>& caller) {
  const auto known = caller ? check_unbound(*caller) : Result<Done>{Error{Reason::no_credentials, "needs a token"}};
  Grants grants{{}, rules.fallback, false};
  if (!known) {
    grants.fallback_reason = known.error().reason;
  } else if (grants.fallback == DefaultAccess::authenticated) {
    grants.fallback_allowed = true;
    grants.fallback_reason = Reason::ok;
  }
  for (const RouteRule& route : rules.routes) grants.routes.push_back(grant_of(route, caller, known));
  return grants;
}

}  // namespace portcullis
