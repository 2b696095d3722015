#include "doors/cli/effective.h"

#include <span>

#include "core/access/requirement.h"
#include "doors/cli/setting_text.h"
#include "edge/system/log.h"

namespace portcullis::cli {
namespace {

using config::LambdaSettings;

std::string list_of(std::span<const std::string> items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ", ") + item;
  return '[' + list + ']';
}

std::string list_of(std::span<const Algorithm> algorithms) {
  std::vector<std::string> names;
  for (const Algorithm algorithm : algorithms) names.emplace_back(name_of(algorithm));
  return list_of(names);
}

std::string text_of(std::chrono::seconds duration) {
  return std::to_string(duration.count()) + 's';
}

std::string_view word_of(Profile profile) {
  switch (profile) {
    case Profile::auth0_access:
      return "auth0-access";
    case Profile::rfc9068:
      return "rfc9068";
    case Profile::id_token:
      return "id-token";
    case Profile::generic:
      return "generic";
  }
  return "";
}

std::string_view word_of(LambdaSettings::Policy policy) {
  switch (policy) {
    case LambdaSettings::Policy::routes:
      return "routes";
    case LambdaSettings::Policy::stage:
      return "stage";
    case LambdaSettings::Policy::method:
      return "method";
  }
  return "";
}

std::string_view word_of(Mode mode) {
  return mode == Mode::report ? "report" : "none";
}

std::string_view word_of(LimitHeaders headers) {
  switch (headers) {
    case LimitHeaders::current:
      return "current";
    case LimitHeaders::legacy:
      return "legacy";
    case LimitHeaders::both:
      return "both";
    case LimitHeaders::none:
      return "none";
  }
  return "";
}

std::string_view word_of(StoreFailure failure) {
  switch (failure) {
    case StoreFailure::local:
      return "local";
    case StoreFailure::allow:
      return "allow";
    case StoreFailure::deny:
      return "deny";
  }
  return "";
}

// "https://user:password@host/" → "https://host/"
std::string without_user(std::string url) {
  const std::size_t begin = url.find("://");
  if (begin == url.npos) return url;
  const std::size_t end = std::min(url.find_first_of("/?#", begin + 3), url.size());
  const std::size_t at = url.rfind('@', end);
  if (at == url.npos || at < begin + 3) return url;
  return url.erase(begin + 3, at - begin - 2);
}

// Gathers the settings in order, and looks up who says each.
class Settings {
 public:
  explicit Settings(const config::Config& config) : config_(config) {}

  bool is_written(const std::string& name) const { return config_.written.contains(name); }
  void add(const std::string& name, std::string_view value) { add(name, value, name); }
  /// `written_as`: the other key that says the same (`domain` for `issuer`).
  void add(const std::string& name, std::string_view value, const std::string& written_as) {
    const auto found = config_.written.find(written_as);
    list_.push_back({name, std::string{value}, found == config_.written.end() ? config::Written{} : found->second});
  }
  void add_secret(const std::string& name) {
    const auto found = config_.written.find(name);
    if (found == config_.written.end()) return add(name, "none");
    std::string where = found->second.variable.empty() ? "" : "env:" + found->second.variable + ' ';
    for (const config::NamedFile& file : config_.secret_files)
      if (file.place == found->second.place) where = "file:" + file.path + ' ';
    add(name, where + "(set)");
  }
  void add_variable(const char* name, const config::Environment& environment, std::string_view otherwise) {
    const auto found = environment.find(name);
    const bool set = found != environment.end() && !found->second.empty();
    list_.push_back({name, set ? found->second : std::string{otherwise}, {set ? name : "", ""}});
  }
  std::vector<Setting> take() { return std::move(list_); }

 private:
  const config::Config& config_;
  std::vector<Setting> list_;
};

// Entries with one key URL share one cache, with the first one's ages.
std::size_t owner_of_cache(const std::vector<IssuerRule>& issuers, const RemoteKeys& keys) {
  std::size_t i = 0;
  for (; i < issuers.size(); ++i) {
    const auto* remote = std::get_if<RemoteKeys>(&issuers[i].keys);
    if (remote && remote->url == keys.url && remote->metadata_of == keys.metadata_of) break;
  }
  return i;
}

std::string name_of_issuer(std::size_t index) {
  return "issuers[" + std::to_string(index) + "].";
}

void add_keys(Settings& settings, const std::vector<IssuerRule>& issuers, std::size_t index) {
  const std::string prefix = name_of_issuer(index);
  if (const auto* local = std::get_if<LocalKeys>(&issuers[index].keys)) {
    if (settings.is_written(prefix + "secret")) return settings.add_secret(prefix + "secret");
    return settings.add(prefix + (settings.is_written(prefix + "jwks_file") ? "jwks_file" : "public_keys"),
                        local->source);
  }
  const auto& remote = std::get<RemoteKeys>(issuers[index].keys);
  settings.add(prefix + "jwks_uri",
               remote.metadata_of.empty() ? without_user(remote.url) : "as " + remote.url + " says");
  const std::size_t owner = owner_of_cache(issuers, remote);
  const auto& ages = std::get<RemoteKeys>(issuers[owner].keys);
  settings.add(prefix + "keys.fresh", text_of(ages.fresh), name_of_issuer(owner) + "keys.fresh");
  settings.add(prefix + "keys.stale", text_of(ages.stale), name_of_issuer(owner) + "keys.stale");
}

void add_issuer(Settings& settings, const std::vector<IssuerRule>& issuers, std::size_t index) {
  const std::string prefix = name_of_issuer(index);
  const IssuerRule& issuer = issuers[index];
  const Expectations& expect = issuer.expect;
  const auto* name = std::get_if<std::string>(&expect.issuer);
  settings.add(prefix + "issuer", name ? without_user(*name) : "unchecked",
               prefix + (settings.is_written(prefix + "domain") ? "domain" : "issuer"));
  settings.add(prefix + "audience", list_of(expect.audiences.items()));
  settings.add(prefix + "algorithms", list_of(expect.algorithms.items()));
  settings.add(prefix + "token", word_of(expect.profile));
  settings.add(prefix + "leeway", text_of(expect.leeway));
  settings.add(prefix + "clients", expect.clients ? list_of(expect.clients->items()) : "any client");
  settings.add(prefix + "allow_missing_kid",
               issuer.missing_key_id == MissingKeyId::allowed_if_one_key_fits ? "true" : "false");
  if (expect.profile == Profile::generic)
    settings.add(prefix + "typ", expect.types ? list_of(expect.types->items()) : "JWT or none");
  add_keys(settings, issuers, index);
}

void add_routes(Settings& settings, const Rules& rules) {
  for (std::size_t i = 0; i < rules.routes.size(); ++i) {
    const std::string prefix = "routes[" + std::to_string(i) + "].";
    settings.add(prefix + "route", rules.routes[i].route);
    settings.add(prefix + "access", portcullis::text_of(rules.routes[i].access));
    settings.add(prefix + "mode", word_of(rules.routes[i].mode));
    settings.add(prefix + "limit", list_of(rules.routes[i].limits));
    if (!rules.routes[i].limits.empty()) settings.add(prefix + "cost", std::to_string(rules.routes[i].cost));
  }
  settings.add("default", rules.fallback == DefaultAccess::deny ? "deny" : "authenticated");
}

void add_limits(Settings& settings, const config::Config& config) {
  const Rules& rules = config.rules;
  const auto add_rates = [&](const std::string& prefix, const NonEmpty<Rate>& rates) {
    settings.add(prefix + "rate", rates_text(rates));
    settings.add(prefix + "burst", std::to_string(burst_of(rates)));
  };
  for (const LimitRule& limit : rules.limits) {
    const std::string prefix = "limits." + limit.name + '.';
    add_rates(prefix, limit.rates);
    settings.add(prefix + "by", dimensions_text(limit.by));
    settings.add(prefix + "mode", word_of(limit.mode));
  }
  if (rules.failed_tokens) {
    add_rates("failed_tokens.", rules.failed_tokens->rates);
    settings.add("failed_tokens.by", "address");
    settings.add("failed_tokens.mode", word_of(rules.failed_tokens->mode));
  } else {
    settings.add("failed_tokens", "any number");
  }
  settings.add("limit_headers", word_of(rules.limit_headers));
  const bool guarded = config.store && !config.store->password.empty();
  settings.add("store", store_text(config.store) + (guarded ? " (password set)" : ""));
  settings.add("when_store_fails", word_of(rules.when_store_fails));
  settings.add("limit_keys", std::to_string(rules.limit_keys));
}

void add_serve(Settings& settings, const config::ServeSettings& serve) {
  settings.add("serve.listen", listening_text(serve.listen));
  settings.add("serve.admin", listening_text(serve.admin));
  settings.add_secret("serve.admin_token");
  settings.add("serve.proxies", networks_text(serve.proxies));
  for (const config::IdentityHeader& header : serve.identity)
    settings.add("serve.identity." + header.name, source_text(header));
  settings.add("serve.public_base_url", serve.public_base_url.empty() ? "as the proxy says" : serve.public_base_url);
}

void add_dpop(Settings& settings, const DpopRules& dpop) {
  settings.add("dpop.algorithms", list_of(dpop.algorithms.items()));
  settings.add("dpop.window", text_of(dpop.window));
  settings.add("dpop.nonce", dpop.nonce == DpopNonce::off ? "off" : "required");
  settings.add_secret("dpop.nonce_secret");
}

void add_lambda(Settings& settings, const LambdaSettings& lambda) {
  settings.add("lambda.policy", word_of(lambda.policy));
  settings.add("lambda.cache", text_of(lambda.cache));
  settings.add("lambda.context", list_of(lambda.context));
  settings.add("lambda.http_api", lambda.http_api == LambdaSettings::HttpApi::simple ? "simple" : "policy");
  settings.add("lambda.deny", lambda.deny == LambdaSettings::Deny::context ? "context" : "unauthorized");
  settings.add("lambda.metrics", lambda.metrics == LambdaSettings::Metrics::embedded ? "embedded" : "off");
  settings.add("lambda.api_key_from", lambda.api_key_from ? "claim:" + *lambda.api_key_from : "none");
  settings.add_secret("lambda.default_api_key");
  settings.add("lambda.public_base_url", lambda.public_base_url.empty() ? "as the event says" : lambda.public_base_url);
}

// Without a file the example endpoints answer every origin, as the original example does.
void add_cors(Settings& settings, const config::Config& config) {
  std::vector<std::string> origins = config.cors.origins;
  for (std::string& origin : origins) origin = without_user(origin);
  if (config.file.empty()) origins = {"*"};
  settings.add("cors.origins", list_of(origins));
  settings.add("cors.expose", list_of(config.cors.expose));
}

}  // namespace

std::vector<Setting> effective_settings(const config::Config& config, const config::Environment& environment) {
  Settings settings{config};
  for (std::size_t i = 0; i < config.rules.issuers.size(); ++i) add_issuer(settings, config.rules.issuers, i);
  add_routes(settings, config.rules);
  add_limits(settings, config);
  add_dpop(settings, config.rules.dpop);
  add_lambda(settings, config.lambda);
  add_serve(settings, config.serve);
  add_cors(settings, config);
  settings.add("development", config.purpose == config::Purpose::development ? "true" : "false");
  settings.add_variable("PORTCULLIS_LOG", environment, "info");
  settings.add_variable("PORTCULLIS_TRACE", environment, "off");
  settings.add_variable("SSL_CERT_FILE", environment, "the platform's certificates");
  return settings.take();
}

}  // namespace portcullis::cli
