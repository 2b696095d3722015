#include "world/tenant/grant.h"

#include <charconv>

#include "world/tenant/scope.h"

namespace portcullis::world {
namespace {

using std::chrono::seconds;

constexpr seconds longest_lifetime{366L * 24 * 3600};

bool is_identity_scope(std::string_view scope) {
  return scope == "openid" || scope == "profile" || scope == "email" || scope == "offline_access";
}

std::vector<std::string> granted_scope(const std::vector<std::string>& requested, const Grant& grant) {
  std::vector<std::string> granted;
  bool asked_the_api = grant.type == GrantType::authorization_code;
  for (const std::string& scope : requested) {
    const bool identity = is_identity_scope(scope);
    asked_the_api = asked_the_api || !identity;
    if (identity ? grant.user != nullptr : contains(grant.permissions, scope)) granted.push_back(scope);
  }
  if (!asked_the_api) granted.insert(granted.end(), grant.permissions.begin(), grant.permissions.end());
  return granted;
}

const Permissions& permissions_of(const Grant& grant, const People& people) {
  return grant.user ? grant.user->permissions : people.client(grant.client)->permissions;
}

}  // namespace

OAuthResult<Oddities> oddities(const Fields& fields, Exposure exposure) {
  const std::string_view lifetime = value_of(fields, "lifetime");
  const std::string_view key = value_of(fields, "signing_key");
  if (lifetime.empty() && key.empty()) return Oddities{};
  if (exposure != Exposure::loopback)
    return invalid_request("lifetime and signing_key are honoured by a loopback tenant only");
  if (!key.empty() && key != "unknown") return invalid_request("signing_key can be: unknown");
  Oddities asked;
  if (!key.empty()) asked.key = Oddities::Key::unknown;
  if (lifetime.empty()) return asked;
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(lifetime.data(), lifetime.data() + lifetime.size(), count);
  if (problem != std::errc{} || end != lifetime.data() + lifetime.size() || count > longest_lifetime.count() ||
      count < -longest_lifetime.count())
    return invalid_request("lifetime is a number of seconds, at most a year either way");
  asked.lifetime = seconds{count};
  return asked;
}

OAuthResult<Grant> with_access(Grant grant, std::string_view audience, std::string_view scope, const People& people) {
  if (!audience.empty()) {
    if (!people.api(audience)) return OAuthError{403, "access_denied", "Service not found: " + std::string{audience}};
    grant.audience = audience;
    grant.permissions = permitted(permissions_of(grant, people), audience);
  }
  const auto requested = scope_words(scope);
  grant.scope = granted_scope(requested, grant);
  if (grant.type == GrantType::client_credentials && grant.scope.empty() && !requested.empty())
    return OAuthError{403, "access_denied", "Client has not been granted scopes: " + scope_text(requested)};
  return grant;
}

}  // namespace portcullis::world
