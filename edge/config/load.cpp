// The file's groups of keys, and what the environment says beside them. What is not known here is an error.
#include <algorithm>
#include <array>

#include "edge/config/access.h"
#include "edge/config/cors_settings.h"
#include "edge/config/dpop_settings.h"
#include "edge/config/environment.h"
#include "edge/config/issuer_settings.h"
#include "edge/config/lambda_settings.h"
#include "edge/config/limit_settings.h"
#include "edge/config/reader.h"
#include "edge/config/serve_settings.h"
#include "edge/config/store_settings.h"
#include "edge/config/written.h"
#include "edge/system/files.h"
#include "edge/system/log.h"

namespace portcullis::config {
namespace {

constexpr std::size_t most_config_bytes = 1024 * 1024;

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
  if (text->find("/:") != text->npos)  // the grammar of many a framework, and not API Gateway's
    reader.note(*route,
                "a ':' stands for itself in a route, so hardly any request fits; for a segment that may be anything "
                "write {name}");
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
  if (const YamlNode* dpop = root.find("dpop")) read_dpop(reader, *dpop, config);
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
