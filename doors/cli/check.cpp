// portcullis check: is this configuration right, and what does it mean?
#include <array>
#include <charconv>

#include "core/access/requirement.h"
#include "doors/cli/bundle_fitness.h"
#include "doors/cli/commands.h"
#include "doors/cli/effective.h"
#include "doors/cli/output.h"
#include "doors/lambda/cache_hazards.h"
#include "doors/lambda/policy_document.h"
#include "doors/lambda/sender_hazards.h"
#include "edge/config/config.h"
#include "edge/system/clock.h"
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

enum class Severity : std::uint8_t { error, warning };

struct Finding {
  Severity severity;
  RuleProblem problem;
};

std::string_view word_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

struct Checked {
  std::optional<config::Config> config;
  std::vector<Finding> findings;
  std::optional<std::vector<std::string>> pack;   // nothing: not asked for
  std::optional<std::vector<Setting>> effective;  // nothing: not asked for

  bool good() const {
    for (const Finding& finding : findings)
      if (finding.severity == Severity::error) return false;
    return true;
  }
  void add(Severity severity, const std::vector<RuleProblem>& problems) {
    for (const RuleProblem& problem : problems) findings.push_back({severity, problem});
  }
};

void warn_of_public_default(Checked& checked) {
  const Rules& rules = checked.config->rules;
  if (rules.fallback == DefaultAccess::authenticated && !rules.routes.empty())
    checked.findings.push_back({Severity::warning,
                                {checked.config->file,
                                 "default: authenticated lets every valid token call every "
                                 "unlisted route; deny is the safe choice"}});
}

// An answer kept longer than a minute is a token that works longer than it should.
void warn_of_long_cache(Checked& checked) {
  const auto& lambda = checked.config->lambda;
  if (lambda.cache > std::chrono::seconds{60} && !checked.config->file.empty())
    checked.findings.push_back(
        {Severity::warning,
         {checked.config->file, "lambda.cache is " + std::to_string(lambda.cache.count()) +
                                    " s: a cached answer outlives the token's exp by up to that"}});
  if (lambda.policy == config::LambdaSettings::Policy::method && lambda.cache.count() > 0)
    checked.findings.push_back({Severity::warning,
                                {checked.config->file,
                                 "lambda.policy: method with a cache makes a caller's second route "
                                 "fail with 403, unless method and path are in the cache key"}});
}

void check_for_bundle(Checked& checked, const Authorizer& authorizer, const CheckOptions& options) {
  checked.add(Severity::error, faults_for_bundle(*checked.config));
  checked.add(Severity::error, lambda::sender_faults(*checked.config));
  checked.pack = files_to_pack(*checked.config);
  if (options.initial_keys)
    checked.add(Severity::error,
                faults_of_initial_keys(*options.initial_keys, *checked.config, authorizer, system::read_clocks()));
}

Checked check_file(const std::optional<std::string>& file, const config::Environment& environment,
                   const CheckOptions& options) {
  Checked checked;
  auto config = config::load(file, environment);
  if (!config) {
    checked.add(Severity::error, config.error());
    return checked;
  }
  checked.config = *std::move(config);
  checked.add(Severity::warning, checked.config->notes);
  const auto made = Authorizer::make(checked.config->rules, Secrets{});
  if (!made) checked.add(Severity::error, made.error());
  const std::string fault = lambda::fault_of_policy(checked.config->lambda.policy, checked.config->rules);
  if (!fault.empty()) checked.findings.push_back({Severity::error, {checked.config->file, fault}});
  checked.add(Severity::error, lambda::cache_hazards(checked.config->rules, checked.config->lambda.cache));
  checked.add(Severity::warning, lambda::sender_warnings(*checked.config));
  if (options.purpose != CheckOptions::For::bundle)
    checked.add(Severity::warning, lambda::sender_faults(*checked.config));
  warn_of_public_default(checked);
  warn_of_long_cache(checked);
  if (options.show == CheckOptions::Show::effective)
    checked.effective = effective_settings(*checked.config, environment);
  if (made && options.purpose == CheckOptions::For::bundle) check_for_bundle(checked, *made, options);
  return checked;
}

std::string issuer_words(const IssuerRule& issuer) {
  const auto* name = std::get_if<std::string>(&issuer.expect.issuer);
  std::string text = "issuer   " + (name ? *name : std::string{"unchecked"}) + "\n         audience";
  for (const std::string& audience : issuer.expect.audiences.items()) text += ' ' + audience;
  text += "\n         algorithms";
  for (const Algorithm algorithm : issuer.expect.algorithms.items()) text += ' ' + std::string{name_of(algorithm)};
  if (const auto* remote = std::get_if<RemoteKeys>(&issuer.keys))
    return text + "\n         keys from " + remote->url + '\n';
  const auto& local = std::get<LocalKeys>(issuer.keys);
  for (const VerificationKey& key : local.keys.keys())
    text += "\n         key " + key.key_id().value_or("(no kid)") + ' ' + std::string{key.type()} + ' ' +
            std::to_string(key.bits()) + " bits from " + local.source;
  return text + '\n';
}

std::string rules_in_words(const config::Config& config) {
  std::string text;
  for (const IssuerRule& issuer : config.rules.issuers) text += issuer_words(issuer);
  for (const RouteRule& route : config.rules.routes)
    text += "route    " + route.route + "   " + text_of(route.access) +
            (route.mode == Mode::report ? "   mode: report\n" : "\n");
  return text + "default  " + (config.rules.fallback == DefaultAccess::deny ? "deny" : "authenticated") + '\n';
}

std::string in_words(const std::vector<Setting>& settings) {
  std::size_t width = 0;
  for (const Setting& setting : settings) width = std::max(width, setting.name.size());
  std::string text;
  for (const auto& [name, value, from] : settings) {
    const std::string place = from.place.empty() ? "default" : from.place;
    text += name + std::string(width - name.size() + 3, ' ') + value + "   [" + place +
            (from.variable.empty() ? "" : ", env:" + from.variable) + "]\n";
  }
  return text;
}

std::string in_words(const Checked& checked) {
  std::string text;
  for (const auto& [severity, problem] : checked.findings)
    text += (problem.place.empty() ? "" : problem.place + ": ") + std::string{word_of(severity)} + ": " +
            problem.message + '\n';
  if (!checked.good()) return text;
  const config::Config& config = *checked.config;
  text += "config   " + (config.file.empty() ? std::string{"the environment"} : config.file) + '\n';
  text += checked.effective ? in_words(*checked.effective) : rules_in_words(config);
  for (const std::string& name : checked.pack.value_or(std::vector<std::string>{})) text += "pack     " + name + '\n';
  return text + "ok\n";
}

// FILE:LINE:COLUMN, taken apart for machines.
void write_place(JsonWriter& json, const Place& place) {
  std::string_view rest = place;
  std::array<std::optional<std::int64_t>, 2> numbers;
  for (auto& number : numbers) {
    const std::size_t colon = rest.rfind(':');
    std::int64_t value = 0;
    if (colon == rest.npos) break;
    const auto [end, error] = std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), value);
    if (error != std::errc{} || end != rest.data() + rest.size()) break;
    number = value;
    rest = rest.substr(0, colon);
  }
  const auto write = [&](const char* name, const std::optional<std::int64_t>& value) {
    json.key(name);
    if (value) {
      json.integer(*value);
    } else {
      json.null();
    }
  };
  json.key("file").string_or_null(rest.empty() ? std::nullopt : std::optional{rest});
  write("line", numbers[1]);
  write("column", numbers[0]);
}

void write_settings(JsonWriter& json, const std::vector<Setting>& settings) {
  json.begin_array();
  for (const auto& [name, value, from] : settings) {
    const bool in_file = from.place.find(':') != from.place.npos;
    const std::string& variable = in_file ? from.variable : from.place;
    json.begin_object().key("name").string(name).key("value").string(value).key("origin");
    json.string(from.place.empty() ? "default" : in_file ? "file" : "environment");
    write_place(json, in_file ? from.place : Place{});
    json.key("variable").string_or_null(variable.empty() ? std::nullopt : std::optional<std::string_view>{variable});
    json.end_object();
  }
  json.end_array();
}

std::string in_json(const Checked& checked) {
  JsonWriter json;
  json.begin_object().key("ok").boolean(checked.good()).key("findings").begin_array();
  for (const auto& [severity, problem] : checked.findings) {
    json.begin_object().key("severity").string(word_of(severity));
    write_place(json, problem.place);
    json.key("message").string(problem.message).end_object();
  }
  json.end_array().key("pack");
  if (checked.pack) {
    json.begin_array();
    for (const std::string& name : *checked.pack) json.string(name);
    json.end_array();
  } else {
    json.null();
  }
  json.key("effective");
  if (checked.effective && checked.good()) {
    write_settings(json, *checked.effective);
  } else {
    json.null();
  }
  json.end_object();
  return std::move(json).text() + '\n';
}

}  // namespace

int check(const CheckOptions& options) {
  const auto environment = config::read_environment();
  auto file = options.file ? options.file : options.common.config;
  if (!file) file = config::default_file(environment, ".");
  const Checked checked = check_file(file, environment, options);
  print(options.common.format == Format::json ? in_json(checked) : in_words(checked));
  return checked.good() ? exit_fine : exit_usage;
}

}  // namespace portcullis::cli
