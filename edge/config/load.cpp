// The file's schema, key by key. What is not known here is an error.
#include <algorithm>
#include <array>

#include "edge/config/access.h"
#include "edge/config/dpop_settings.h"
#include "edge/config/environment.h"
#include "edge/config/lambda_settings.h"
#include "edge/config/limit_settings.h"
#include "edge/config/reader.h"
#include "edge/config/serve_settings.h"
#include "edge/config/store_settings.h"
#include "edge/config/values.h"
#include "edge/config/written.h"
#include "edge/system/files.h"
#include "edge/system/log.h"

namespace portcullis::config {
namespace {

using std::chrono::seconds;

constexpr std::size_t most_config_bytes = 1024 * 1024;
constexpr std::size_t most_key_set_bytes = 256 * 1024;
constexpr std::size_t most_pem_bytes = 16 * 1024;

std::optional<NonEmpty<Algorithm>> read_algorithms(Reader& reader, const YamlNode& issuer, Profile profile) {
  const YamlNode* node = issuer.find("algorithms");
  if (!node) {
    if (profile != Profile::generic) return NonEmpty<Algorithm>{Algorithm::RS256};
    reader.fault(issuer, "token: generic needs 'algorithms': the list of the only ones accepted");
    return std::nullopt;
  }
  std::vector<Algorithm> algorithms;
  for (const std::string& name : reader.texts(*node)) {
    if (const auto algorithm = algorithm_named(name)) {
      algorithms.push_back(*algorithm);
    } else {
      reader.fault(*node, "'" + name.substr(0, 32) + "' is not an algorithm; RS256 is the usual one");
    }
  }
  return NonEmpty<Algorithm>::from(std::move(algorithms));
}

struct Origin {
  std::variant<std::string, UncheckedIssuer> issuer;
  RemoteKeys keys;  // without a URL: there is no default
};

std::optional<Origin> read_origin(Reader& reader, const YamlNode& node, Purpose purpose) {
  const YamlNode* domain = node.find("domain");
  const YamlNode* issuer = node.find("issuer");
  if (!domain == !issuer) {
    reader.fault(node, "an issuer has either 'domain' (a tenant's host) or 'issuer' (a whole URL); write one of them");
    return std::nullopt;
  }
  const YamlNode& written = domain ? *domain : *issuer;
  const auto text = reader.text(written);
  if (!text) return std::nullopt;
  if (issuer && *text == "unchecked") reader.note(written, "weaker: the issuer is not checked; name it if you can");
  if (issuer && *text == "unchecked") return Origin{UncheckedIssuer{}, {}};
  const auto names = domain ? tenant_names(*text, purpose) : issuer_names(*text, purpose);
  if (!names) {
    reader.fault(written, names.error());
    return std::nullopt;
  }
  if (is_placeholder(*text)) reader.note(written, "this still is the example's placeholder; set your tenant's domain");
  return Origin{names->issuer, names->keys};
}

std::optional<LocalKeys> read_key_files(Reader& reader, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::sequence || node.items.empty()) {
    reader.fault(node, "'public_keys' is a list of PEM files, also for one: [key.pem]");
    return std::nullopt;
  }
  std::vector<VerificationKey> keys;
  std::string source;
  for (const YamlNode& item : node.items) {
    const auto pem = reader.file_content(item, most_pem_bytes);
    if (!pem) continue;
    auto key = VerificationKey::from_pem(*pem);
    if (!key) {
      reader.fault(item, item.text + ": " + key.error());
      continue;
    }
    source += (source.empty() ? "" : ", ") + item.text;
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return std::nullopt;
  return LocalKeys{KeySet::of_static_keys(std::move(keys)), source};
}

std::optional<LocalKeys> read_key_set_file(Reader& reader, const YamlNode& node) {
  const auto content = reader.file_content(node, most_key_set_bytes);
  if (!content) return std::nullopt;
  auto keys = KeySet::parse(*content);
  if (keys) return LocalKeys{*std::move(keys), node.text};
  reader.fault(node, node.text + ": " + keys.error());
  return std::nullopt;
}

std::optional<LocalKeys> read_secret(Reader& reader, const YamlNode& node) {
  const auto bytes = reader.secret(node);
  if (!bytes) return std::nullopt;
  auto key = VerificationKey::from_secret(*bytes);
  if (key) return LocalKeys{KeySet::of_static_keys({*std::move(key)}), "secret"};
  reader.fault(node, key.error());
  return std::nullopt;
}

RemoteKeys read_ages(Reader& reader, const YamlNode& issuer, RemoteKeys keys) {
  const YamlNode* node = issuer.find("keys");
  if (!node || !reader.is_mapping(*node, "'keys'", key_ages_shape)) return keys;
  reader.check_keys(*node, key_ages_shape);
  if (const YamlNode* fresh = node->find("fresh"))
    keys.fresh = reader.duration(*fresh, key_ages_shape["fresh"]).value_or(keys.fresh);
  if (const YamlNode* stale = node->find("stale"))
    keys.stale = reader.duration(*stale, key_ages_shape["stale"]).value_or(keys.stale);
  return keys;
}

using KeySource = std::variant<RemoteKeys, LocalKeys>;

std::optional<KeySource> read_keys(Reader& reader, const YamlNode& node, const Origin& origin, Purpose purpose) {
  const YamlNode* given = nullptr;
  for (const std::string_view name : key_source_keys) {
    const YamlNode* found = node.find(name);
    if (found && given) {
      reader.fault(*found, "the keys come from one place: jwks_uri, jwks_file, public_keys or secret; keep one");
      return std::nullopt;
    }
    if (found) given = found;
  }
  const auto local = [](std::optional<LocalKeys> keys) {
    return keys ? std::optional<KeySource>{*std::move(keys)} : std::nullopt;
  };
  const YamlNode* ages = node.find("keys");
  if (ages && given && given != node.find("jwks_uri"))
    reader.fault(*ages, "'keys' is for keys that are fetched; remove it");
  if (given && given == node.find("jwks_file")) return local(read_key_set_file(reader, *given));
  if (given && given == node.find("public_keys")) return local(read_key_files(reader, *given));
  if (given && given == node.find("secret")) return local(read_secret(reader, *given));

  RemoteKeys remote = origin.keys;
  if (given) {
    const auto url = reader.text(*given);
    if (!url) return std::nullopt;
    if (std::string fault = fault_of_key_url(*url, purpose); !fault.empty()) {
      reader.fault(*given, std::move(fault));
      return std::nullopt;
    }
    remote = RemoteKeys{*url};
  } else if (remote.url.empty()) {
    reader.fault(node, "an unchecked issuer needs 'public_keys': the files with its keys");
    return std::nullopt;
  }
  return read_ages(reader, node, std::move(remote));
}

std::optional<NonEmpty<std::string>> optional_list(Reader& reader, const YamlNode* node) {
  if (!node) return std::nullopt;
  return NonEmpty<std::string>::from(reader.texts(*node));
}

void read_issuer(Reader& reader, const YamlNode& node, Purpose purpose, Rules& rules) {
  if (!reader.is_mapping(node, "an issuer", issuer_shape)) return;
  reader.check_keys(node, issuer_shape);
  Profile profile = Profile::auth0_access;
  if (const YamlNode* token = node.find("token"))
    if (const auto index = reader.word(*token, profile_words)) profile = static_cast<Profile>(*index);
  if (profile == Profile::id_token)
    reader.note(node, "ID tokens are not meant for APIs; prefer access tokens with an API audience");
  const auto origin = read_origin(reader, node, purpose);
  const YamlNode* audience = node.find("audience");
  auto audiences = optional_list(reader, audience);
  const auto algorithms = read_algorithms(reader, node, profile);
  const YamlNode* types = node.find("typ");
  if (types && profile != Profile::generic)
    reader.fault(*types, "'typ' is possible only with token: generic; remove it");

  seconds leeway{30};
  if (const YamlNode* written = node.find("leeway"))
    leeway = reader.duration(*written, issuer_shape["leeway"]).value_or(leeway);
  MissingKeyId missing = MissingKeyId::refused;
  if (const YamlNode* written = node.find("allow_missing_kid"))
    if (reader.boolean(*written).value_or(false)) missing = MissingKeyId::allowed_if_one_key_fits;
  auto clients = optional_list(reader, node.find("clients"));
  auto accepted_types = optional_list(reader, types);
  if (!origin) return;
  auto keys = read_keys(reader, node, *origin, purpose);
  if (!audiences || !algorithms || !keys) return;
  rules.issuers.push_back({Expectations{origin->issuer, *std::move(audiences), *algorithms, leeway, profile,
                                        std::move(clients), std::move(accepted_types)},
                           *std::move(keys), missing, reader.place(node)});
}

void read_route(Reader& reader, const YamlNode& node, Rules& rules) {
  if (!reader.is_mapping(node, "a route", route_shape)) return;
  reader.check_keys(node, route_shape);
  const YamlNode* route = node.find("route");
  const YamlNode* access = node.find("access");
  if (!route || !access) return;
  const auto text = reader.text(*route);
  auto needed = read_access(reader, *access);
  Mode mode = Mode::enforce;
  if (const YamlNode* written = node.find("mode")) {
    if (!reader.word(*written, mode_words)) return;
    mode = Mode::report;
    reader.note(*written,
                "mode: report: nothing is enforced here, every request is let through and its decision logged");
  }
  if (!text || !needed) return;
  RouteRule rule{*text, *std::move(needed), reader.place(*route), mode};
  read_route_limits(reader, node, rule);
  rules.routes.push_back(std::move(rule));
}

template <class Read>
void read_list(Reader& reader, const YamlNode& node, const char* name, Read read) {
  if (node.kind != YamlNode::Kind::sequence)
    return reader.fault(node, std::string{"'"} + name + "' is a list: each entry begins with \"- \"");
  for (const YamlNode& item : node.items) read(item);
}

bool is_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || colon == 0 || colon + 3 == text.size()) return false;
  return text.find('/') == colon + 1 && text.find('/', colon + 3) == text.npos;
}

void read_exposed(Reader& reader, const YamlNode& node, CorsSettings& cors) {
  if (node.kind == YamlNode::Kind::sequence && node.items.empty()) return;  // no others
  cors.expose = reader.texts(node);
  for (const std::string& name : cors.expose)
    if (!is_field_name(name))
      reader.fault(node, "'" + name.substr(0, 64) + "' is no header's name: 1 to 64 letters, digits and hyphens");
}

void read_cors(Reader& reader, const YamlNode& node, CorsSettings& cors) {
  if (!reader.is_mapping(node, "'cors'", cors_shape)) return;
  reader.check_keys(node, cors_shape);
  if (const YamlNode* expose = node.find("expose")) read_exposed(reader, *expose, cors);
  const YamlNode* origins = node.find("origins");
  if (!origins) return;
  if (origins->kind == YamlNode::Kind::sequence && origins->items.empty()) return;  // nobody
  cors.origins = reader.texts(*origins);
  for (const std::string& origin : cors.origins)
    if (origin != "*" && !is_origin(origin))
      reader.fault(*origins, "an origin is scheme://host[:port] without a path or a slash at its end, or \"*\"");
}

bool set_to_one(const Environment& environment, std::string_view name) {
  const auto variable = environment.find(name);
  return variable != environment.end() && variable->second == "1";
}

constexpr std::array<std::string_view, 3> issuer_variables{"AUTH0_DOMAIN", "AUTH0_AUDIENCE", "AUTH0_CLIENT_PUBLIC_KEY"};

// One source of issuers only: two would be a surprise waiting to happen.
void refuse_second_source(const Reader& reader, const YamlNode& issuers, const Environment& environment,
                          std::vector<RuleProblem>& problems) {
  for (const std::string_view name : issuer_variables) {
    const auto variable = environment.find(name);
    if (variable == environment.end() || variable->second.empty()) continue;
    problems.push_back({reader.place(issuers), "the file names issuers and " + std::string{name} +
                                                   " is set as well; unset the variable or remove 'issuers'"});
    return;
  }
}

void read_limiting(Reader& reader, const YamlNode& root, Config& config) {
  Rules& rules = config.rules;
  if (const YamlNode* limits = root.find("limits")) {
    read_limits(reader, *limits, rules);
    note_unused_limits(reader, *limits, rules);
  }
  if (const YamlNode* failed = root.find("failed_tokens")) read_failed_tokens(reader, *failed, rules);
  if (const YamlNode* headers = root.find("limit_headers"))
    if (const auto index = reader.word(*headers, limit_headers_words))
      rules.limit_headers = static_cast<LimitHeaders>(*index);
  if (const YamlNode* store = root.find("store")) read_store(reader, *store, config.store);
  if (const YamlNode* failure = root.find("when_store_fails"))
    if (const auto index = reader.word(*failure, store_failure_words))
      rules.when_store_fails = static_cast<StoreFailure>(*index);
  if (const YamlNode* keys = root.find("limit_keys"))
    if (const auto count = reader.integer(*keys, file_shape["limit_keys"]))
      rules.limit_keys = static_cast<std::size_t>(*count);
}

void read_root(Reader& reader, const YamlNode& root, const Environment& environment, Config& config) {
  reader.check_keys(root, file_shape);  // both routes and default: a file cut short must not become a weaker one
  if (const YamlNode* development = root.find("development"))
    if (reader.boolean(*development).value_or(false)) config.purpose = Purpose::development;
  if (const YamlNode* issuers = root.find("issuers")) {
    refuse_second_source(reader, *issuers, environment, reader.problems);
    read_list(reader, *issuers, "issuers",
              [&](const YamlNode& item) { read_issuer(reader, item, config.purpose, config.rules); });
  }
  if (const YamlNode* routes = root.find("routes"))
    read_list(reader, *routes, "routes", [&](const YamlNode& item) { read_route(reader, item, config.rules); });
  if (const YamlNode* fallback = root.find("default"))
    if (const auto index = reader.word(*fallback, default_words))
      config.rules.fallback = static_cast<DefaultAccess>(*index);
  if (!config.rules.routes.empty()) config.lambda.policy = LambdaSettings::Policy::routes;
  read_limiting(reader, root, config);
  if (const YamlNode* dpop = root.find("dpop")) read_dpop(reader, *dpop, config.rules.dpop);
  if (const YamlNode* lambda = root.find("lambda")) read_lambda(reader, *lambda, config.purpose, config.lambda);
  if (const YamlNode* serve = root.find("serve")) read_serve(reader, *serve, config.purpose, config.serve);
  if (const YamlNode* cors = root.find("cors")) read_cors(reader, *cors, config.cors);
}

using Problems = std::vector<RuleProblem>;

void append(Problems& to, const Problems& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Whether tokens bound to a DPoP key are expected: their proofs are remembered in the store.
bool expects_proofs(const Rules& rules) {
  const auto demands = [](const RouteRule& route) {
    const auto* requirement = std::get_if<Requirement>(&route.access);
    if (!requirement) return false;
    const auto conditions = requirement->conditions.items();
    return std::any_of(conditions.begin(), conditions.end(), [](const Condition& condition) {
      const auto* sender = std::get_if<BoundSender>(&condition);
      return sender && *sender == BoundSender::dpop;
    });
  };
  return rules.dpop.offer == DpopOffer::announced || std::any_of(rules.routes.begin(), rules.routes.end(), demands);
}

// Over what the file says: where the store is differs from place to place.
void override_store(const Environment& environment, Config& config, Problems& problems) {
  const auto variable = environment.find("PORTCULLIS_STORE");
  if (variable == environment.end() || variable->second.empty()) return;
  auto store = parse_store(variable->second);
  if (!store) {
    problems.push_back({"PORTCULLIS_STORE", store.error()});
    return;
  }
  config.store = *std::move(store);
  config.written.insert_or_assign("store", Written{"PORTCULLIS_STORE", ""});
}

// A variable that is set and cannot be honoured is told, never passed over.
void check_names(const Environment& environment, Config& config) {
  const auto level = environment.find("PORTCULLIS_LOG");
  if (level != environment.end() && !level->second.empty() && !system::log_level_named(level->second))
    config.notes.push_back({"PORTCULLIS_LOG", "not one of error, warn, info, debug; info is used"});
}

Result<Done, Problems> load_file(const std::string& file, const Environment& environment, Config& config) {
  const auto text = system::read_file(file, most_config_bytes);
  if (!text) return Problems{{{}, text.error().message}};
  const auto root = parse_yaml(file, *text);
  if (!root) return root.error();
  Reader reader{file, environment};
  read_root(reader, *root, environment, config);
  note_members(reader, *root, "", config.written);
  append(config.notes, reader.notes);
  config.key_files = std::move(reader.files);
  config.secret_files = std::move(reader.secret_files);
  if (!reader.problems.empty()) return reader.problems;
  return Done{};
}

}  // namespace

Result<Config, Problems> load(const std::optional<std::string>& file, const Environment& environment) {
  Config config;
  if (set_to_one(environment, "PORTCULLIS_DEVELOPMENT")) config.purpose = Purpose::development;
  if (file) {
    config.file = *file;
    if (const auto loaded = load_file(*file, environment, config); !loaded) return loaded.error();
  } else {
    config.rules.fallback = DefaultAccess::authenticated;  // every route needs a valid token
  }
  Problems problems;
  if (config.rules.issuers.empty()) {
    auto from_environment = issuer_from(environment, config.purpose);
    append(problems, from_environment.problems);
    append(config.notes, from_environment.notes);
    if (from_environment.issuer) config.rules.issuers.push_back(*std::move(from_environment.issuer));
    note_environment_issuer(environment, config, config.written);
    if (!file && config.rules.issuers.empty() && problems.empty())
      problems.push_back({{},
                          "nothing is configured: write a portcullis.yaml (or name one with --config), or set "
                          "AUTH0_DOMAIN and AUTH0_AUDIENCE"});
  }
  apply_overrides(environment, config.rules, problems);
  note_overrides(environment, config.rules.issuers.size(), config.written);
  override_store(environment, config, problems);
  if (config.store && config.rules.limits.empty() && !config.rules.failed_tokens && !expects_proofs(config.rules))
    config.notes.push_back({place_of(config, "store"),
                            "nothing is limited and no route asks for DPoP, so the store is of no use; write 'limits', "
                            "or remove it"});
  config.rules.limit_store = config.store ? LimitStore::shared : LimitStore::memory;
  check_names(environment, config);
  if (!problems.empty()) return problems;
  return config;
}

}  // namespace portcullis::config
