#include "edge/config/environment.h"

#include <unistd.h>

#include "edge/config/values.h"

extern char** environ;

namespace portcullis::config {
namespace {

constexpr std::chrono::seconds most_leeway{300};

// An empty variable is an unset one: that is how deployment tools say "not this".
std::optional<std::string> value_of(const Environment& environment, std::string_view name) {
  const auto variable = environment.find(name);
  if (variable == environment.end() || variable->second.empty()) return std::nullopt;
  return variable->second;
}

NonEmpty<Algorithm> rs256() {
  return NonEmpty<Algorithm>{Algorithm::RS256};
}

struct Names {
  std::optional<std::string> domain, audience, client, certificate, secret;
};

Names names_in(const Environment& environment) {
  return {value_of(environment, "AUTH0_DOMAIN"), value_of(environment, "AUTH0_AUDIENCE"),
          value_of(environment, "AUTH0_CLIENT_ID"), value_of(environment, "AUTH0_CLIENT_PUBLIC_KEY"),
          value_of(environment, "AUTH0_CLIENT_SECRET")};
}

std::optional<IssuerNames> tenant(const Names& names, Purpose purpose, EnvironmentIssuer& result) {
  auto tenant = tenant_names(*names.domain, purpose);
  if (tenant) {
    if (is_placeholder(*names.domain))
      result.notes.push_back({"AUTH0_DOMAIN", "this still is the example's placeholder; set your tenant's domain"});
    return *std::move(tenant);
  }
  result.problems.push_back({"AUTH0_DOMAIN", tenant.error()});
  return std::nullopt;
}

// Access tokens of a tenant for an API.
void access_tokens(const Names& names, Purpose purpose, EnvironmentIssuer& result) {
  if (!names.domain) {
    result.problems.push_back({"AUTH0_AUDIENCE", "set AUTH0_DOMAIN too: the tenant whose tokens are accepted"});
    return;
  }
  const auto from = tenant(names, purpose, result);
  if (!from) return;
  result.issuer = IssuerRule{Expectations{from->issuer, NonEmpty<std::string>{*names.audience}, rs256(),
                                          std::chrono::seconds{30}, Profile::auth0_access, std::nullopt, std::nullopt},
                             from->keys, MissingKeyId::refused, "AUTH0_AUDIENCE"};
}

// The original example's contract: ID tokens of a client, checked with the certificate at hand.
void id_tokens(const Names& names, Purpose purpose, EnvironmentIssuer& result) {
  if (!names.client) {
    result.problems.push_back(
        {"AUTH0_CLIENT_PUBLIC_KEY", "set AUTH0_CLIENT_ID too: the client whose ID tokens are accepted"});
    return;
  }
  auto key = VerificationKey::from_pem(*names.certificate);
  if (!key) {
    result.problems.push_back(
        {"AUTH0_CLIENT_PUBLIC_KEY", "not a usable PEM certificate or public key: " + key.error()});
    return;
  }
  std::variant<std::string, UncheckedIssuer> issuer = UncheckedIssuer{};
  if (names.domain) {
    const auto from = tenant(names, purpose, result);
    if (!from) return;
    issuer = from->issuer;
  } else {
    result.notes.push_back(
        {"AUTH0_CLIENT_PUBLIC_KEY", "weaker: the issuer is not checked because AUTH0_DOMAIN is not set; set it"});
  }
  result.notes.push_back(
      {"AUTH0_CLIENT_ID", "ID tokens are not meant for APIs; prefer AUTH0_DOMAIN and AUTH0_AUDIENCE (access tokens)"});
  result.issuer = IssuerRule{Expectations{std::move(issuer), NonEmpty<std::string>{*names.client}, rs256(),
                                          std::chrono::seconds{30}, Profile::id_token, std::nullopt, std::nullopt},
                             LocalKeys{KeySet::of_static_keys({*std::move(key)}), "AUTH0_CLIENT_PUBLIC_KEY"},
                             MissingKeyId::refused, "AUTH0_CLIENT_ID"};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

EnvironmentIssuer issuer_from(const Environment& environment, Purpose purpose) {
  const Names names = names_in(environment);
  EnvironmentIssuer result;
  if (names.audience && names.certificate) {
    result.problems.push_back({"AUTH0_AUDIENCE",
                               "set together with AUTH0_CLIENT_PUBLIC_KEY: unset AUTH0_CLIENT_PUBLIC_KEY to accept "
                               "access tokens (recommended), or AUTH0_AUDIENCE to accept ID tokens"});
    return result;
  }
  if (names.secret)
    result.notes.push_back({"AUTH0_CLIENT_SECRET", "accepted and not used: verifying tokens needs no client secret"});
  if (names.audience) {
    access_tokens(names, purpose, result);
  } else if (names.certificate) {
    id_tokens(names, purpose, result);
  } else if (names.domain) {
    result.problems.push_back({"AUTH0_DOMAIN",
                               "set AUTH0_AUDIENCE too: the identifier of the API whose access tokens "
                               "are accepted"});
  } else if (names.client) {
    result.notes.push_back({"AUTH0_CLIENT_ID", "accepted and not used: set AUTH0_DOMAIN and AUTH0_AUDIENCE"});
  }
  return result;
}

void apply_overrides(const Environment& environment, Rules& rules, std::vector<RuleProblem>& problems) {
  if (const auto text = value_of(environment, "AUTH0_ALGORITHMS")) {
    std::vector<Algorithm> algorithms;
    for (const std::string& name : split_list(*text)) {
      if (const auto algorithm = algorithm_named(name)) {
        algorithms.push_back(*algorithm);
      } else {
        problems.push_back(
            {"AUTH0_ALGORITHMS", "'" + name.substr(0, 32) + "' is not an algorithm; RS256 is the usual one"});
      }
    }
    if (auto list = NonEmpty<Algorithm>::from(std::move(algorithms))) {
      for (IssuerRule& issuer : rules.issuers) issuer.expect.algorithms = *list;
    } else if (problems.empty()) {
      problems.push_back(
          {"AUTH0_ALGORITHMS", "the list is empty; name the algorithms, RS256 for instance, or unset it"});
    }
  }
  if (const auto text = value_of(environment, "AUTH0_LEEWAY")) {
    const bool bare = text->find_first_not_of("0123456789") == text->npos;
    const auto leeway = parse_duration(bare ? *text + "s" : *text);
    if (!leeway || *leeway > most_leeway) {
      problems.push_back({"AUTH0_LEEWAY", "not a duration from 0s to 300s, such as 30s"});
    } else {
      for (IssuerRule& issuer : rules.issuers) issuer.expect.leeway = *leeway;
    }
  }
}

Environment read_environment() {
  Environment environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (equals != text.npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> default_file(const Environment& environment, const std::string& directory) {
  if (auto named = value_of(environment, "PORTCULLIS_CONFIG")) return named;
  const std::string beside = directory + "/portcullis.yaml";
  if (access(beside.c_str(), F_OK) == 0) return directory == "." ? "portcullis.yaml" : beside;
  return std::nullopt;
}

}  // namespace portcullis::config
