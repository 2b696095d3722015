// portcullis check: is this configuration right, and what does it mean?
#include <algorithm>

#include "core/access/requirement.h"
#include "doors/cli/bundle_fitness.h"
#include "doors/cli/commands.h"
#include "doors/cli/effective.h"
#include "doors/cli/instant.h"
#include "doors/cli/never.h"
#include "doors/cli/online_check.h"
#include "doors/cli/output.h"
#include "doors/cli/place_members.h"
#include "doors/cli/setting_text.h"
#include "doors/keys/key_listing.h"
#include "doors/lambda/cache_hazards.h"
#include "doors/lambda/limit_hazards.h"
#include "doors/lambda/policy_document.h"
#include "doors/lambda/sender_hazards.h"
#include "edge/config/config.h"
#include "edge/config/json_schema.h"
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
  std::optional<NeverAnswers> never;              // nothing: not asked for, or not to be had
  std::optional<OnlineCheck> online;              // nothing: nobody was asked

  bool good() const {
    for (const Finding& finding : findings)
      if (finding.severity == Severity::error) return false;
    return true;
  }
  bool refuted() const {
    if (!never) return false;
    const auto& all = never->answered;
    return std::any_of(all.begin(), all.end(), [](const Answered& one) { return !one.proved(); });
  }
  void add(Severity severity, const std::vector<RuleProblem>& problems) {
    for (const RuleProblem& problem : problems) findings.push_back({severity, problem});
  }
};

void warn_of_public_default(Checked& checked) {
  const Rules& rules = checked.config->rules;
  if (rules.fallback == DefaultAccess::authenticated && !rules.routes.empty())
    checked.findings.push_back({Severity::warning,
                                {place_of(*checked.config, "default"),
                                 "default: authenticated lets every valid token call every "
                                 "unlisted route; deny is the safe choice"}});
}

// The Host that a client names decides which URL its proofs may be for: one that it made for another service passes.
void warn_of_proofs_for_any_host(Checked& checked) {
  const config::Config& config = *checked.config;
  if (!config.written.contains("serve") || !config.serve.public_base_url.empty() || !lambda::demands_dpop(config.rules))
    return;
  checked.findings.push_back({Severity::warning,
                              {place_of(config, "serve"),
                               "a DPoP proof is compared with the host that the client names, so one made for another "
                               "service passes here too; write the URL that clients use as serve.public_base_url"}});
}

// An answer kept longer than a minute is a token that works longer than it should.
void warn_of_long_cache(Checked& checked) {
  const auto& lambda = checked.config->lambda;
  if (lambda.cache > std::chrono::seconds{60} && !checked.config->file.empty())
    checked.findings.push_back({Severity::warning,
                                {place_of(*checked.config, "lambda.cache"),
                                 "lambda.cache is " + std::to_string(lambda.cache.count()) +
                                     " s: a cached answer outlives the token's exp by up to that"}});
  if (lambda.policy == config::LambdaSettings::Policy::method && lambda.cache.count() > 0)
    checked.findings.push_back({Severity::warning,
                                {place_of(*checked.config, "lambda.policy"),
                                 "lambda.policy: method with a cache makes a caller's second route "
                                 "fail with 403, unless method and path are in the cache key"}});
}

void warn_of_web_socket_without_pages(Checked& checked) {
  if (!checked.config->cors.origins.empty()) return;
  for (const RouteRule& route : checked.config->rules.routes)
    if (route.route == "$connect")
      checked.findings.push_back(
          {Severity::warning,
           {route.place,
            "no page in a browser can open this WebSocket, since cors.origins is empty; list the "
            "origins of your pages there, unless only programs connect"}});
}

// Every start of a function would ask twice before its first answer.
void warn_of_metadata(Checked& checked) {
  for (const IssuerRule& issuer : checked.config->rules.issuers) {
    const auto* remote = std::get_if<RemoteKeys>(&issuer.keys);
    if (!remote || remote->metadata_of.empty()) continue;
    checked.findings.push_back({Severity::warning,
                                {issuer.place,
                                 "without jwks_uri each start asks the issuer where its keys are; check --online "
                                 "tells their URL, write it as jwks_uri"}});
  }
}

void check_for_bundle(Checked& checked, const Authorizer& authorizer, const CheckOptions& options) {
  checked.add(Severity::error, faults_for_bundle(*checked.config));
  checked.add(Severity::error, lambda::sender_faults(*checked.config));
  checked.add(Severity::warning, lambda::limit_warnings_of_function(*checked.config));
  checked.add(Severity::warning, lambda::sender_warnings_of_function(*checked.config));
  warn_of_metadata(checked);
  checked.pack = files_to_pack(*checked.config);
  if (options.initial_keys)
    checked.add(Severity::error,
                faults_of_initial_keys(*options.initial_keys, *checked.config, authorizer, system::read_clocks()));
}

void prove(Checked& checked, const CheckOptions& options, WallTime now) {
  checked.never = answer_statements(options.never, checked.config->rules, now);
  checked.add(Severity::error, checked.never->errors);
  checked.add(Severity::warning, checked.never->warnings);
}

// Only where the configuration is good: nobody is asked on behalf of a bad one.
void ask_online(Checked& checked, const Authorizer& authorizer) {
  checked.online = ask_issuers(authorizer, checked.config->purpose);
  checked.add(Severity::error, checked.online->unreachable);
  checked.add(Severity::warning, checked.online->warnings);
}

Checked check_file(const std::optional<std::string>& file, const config::Environment& environment,
                   const CheckOptions& options, WallTime now) {
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
  if (!fault.empty())
    checked.findings.push_back({Severity::error, {place_of(*checked.config, "lambda.policy"), fault}});
  checked.add(Severity::error, lambda::cache_hazards(checked.config->rules, checked.config->lambda.cache));
  checked.add(Severity::warning, lambda::sender_warnings(*checked.config));
  if (made) checked.add(Severity::warning, lambda::limit_warnings(*checked.config));
  if (options.purpose != CheckOptions::For::bundle)
    checked.add(Severity::warning, lambda::sender_faults(*checked.config));
  warn_of_public_default(checked);
  warn_of_proofs_for_any_host(checked);
  warn_of_long_cache(checked);
  warn_of_web_socket_without_pages(checked);
  if (options.show == CheckOptions::Show::effective)
    checked.effective = effective_settings(*checked.config, environment);
  if (made && options.purpose == CheckOptions::For::bundle) check_for_bundle(checked, *made, options);
  if (made && !options.never.empty()) prove(checked, options, now);
  if (made && checked.good() && options.ask == CheckOptions::Ask::issuers) ask_online(checked, *made);
  return checked;
}

std::string issuer_words(const IssuerRule& issuer) {
  const auto* name = std::get_if<std::string>(&issuer.expect.issuer);
  std::string text = "issuer   " + (name ? *name : std::string{"unchecked"}) + "\n         audience";
  for (const std::string& audience : issuer.expect.audiences.items()) text += ' ' + audience;
  text += "\n         algorithms";
  for (const Algorithm algorithm : issuer.expect.algorithms.items()) text += ' ' + std::string{name_of(algorithm)};
  if (const auto* remote = std::get_if<RemoteKeys>(&issuer.keys))
    return text + "\n         keys from " + (remote->metadata_of.empty() ? "" : "where its metadata says, ") +
           remote->url + '\n';
  const auto& local = std::get<LocalKeys>(issuer.keys);
  for (const VerificationKey& key : local.keys.keys())
    text += "\n         key " + key.key_id().value_or("(no kid)") + ' ' + std::string{key.type()} + ' ' +
            std::to_string(key.bits()) + " bits from " + local.source;
  return text + '\n';
}

std::string_view mode_words_of(Mode mode) {
  return mode == Mode::report ? "   mode: report\n" : "\n";
}

std::string route_words(const RouteRule& route) {
  std::string text = "route    " + route.route + "   " + text_of(route.access);
  for (const std::string& name : route.limits) text += (&name == &route.limits.front() ? "   limit " : ", ") + name;
  if (route.cost > 1) text += " cost " + std::to_string(route.cost);
  return text.append(mode_words_of(route.mode));
}

std::string limits_in_words(const config::Config& config) {
  const Rules& rules = config.rules;
  const auto words = [](std::string_view name, const NonEmpty<Rate>& rates, const std::string& by, Mode mode) {
    return ("limit    " + std::string{name} + "   " + rates_text(rates) + " burst " + std::to_string(burst_of(rates)) +
            " by " + by)
        .append(mode_words_of(mode));
  };
  std::string text;
  for (const LimitRule& limit : rules.limits)
    text += words(limit.name, limit.rates, dimensions_text(limit.by), limit.mode);
  if (rules.failed_tokens)
    text += words(FailedTokenRule::name, rules.failed_tokens->rates, "address", rules.failed_tokens->mode);
  if (text.empty()) return text;
  text += "store    " + store_text(config.store);
  text += config.store ? "\n" : ", each process for itself: n servers or instances grant up to n times a limit\n";
  if (lambda::counts_addresses(rules))
    text += "         by address: not in events of a TOKEN authorizer, which carry none\n";
  return text;
}

// Only where the file has it: without, nobody thinks of a server.
std::string serve_in_words(const config::Config& config) {
  if (!config.written.contains("serve")) return {};
  const config::ServeSettings& serve = config.serve;
  std::string text = "serve    " + listening_text(serve.listen) + " for " + networks_text(serve.proxies) +
                     "\n         admin " + listening_text(serve.admin) +
                     (serve.admin_token.empty() ? "" : " with a token") + "\n         identity";
  for (const config::IdentityHeader& header : serve.identity) text += ' ' + header.name + '=' + source_text(header);
  return text + '\n';
}

std::string rules_in_words(const config::Config& config) {
  std::string text;
  for (const IssuerRule& issuer : config.rules.issuers) text += issuer_words(issuer);
  for (const RouteRule& route : config.rules.routes) text += route_words(route);
  text += std::string{"default  "} + (config.rules.fallback == DefaultAccess::deny ? "deny" : "authenticated") + '\n';
  return text + limits_in_words(config) + serve_in_words(config);
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
  if (checked.online)
    for (const KeyStatus& status : checked.online->issuers) text += key_listing(status);
  if (!checked.good()) return text;
  const config::Config& config = *checked.config;
  text += "config   " + (config.file.empty() ? std::string{"the environment"} : config.file) + '\n';
  text += checked.effective ? in_words(*checked.effective) : rules_in_words(config);
  for (const std::string& name : checked.pack.value_or(std::vector<std::string>{})) text += "pack     " + name + '\n';
  if (checked.never)
    for (const Answered& answered : checked.never->answered) text += in_words(answered, config.rules);
  return checked.refuted() ? text : text + "ok\n";
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
  json.begin_object().key("ok").boolean(checked.good() && !checked.refuted()).key("findings").begin_array();
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
  json.key("never");
  if (checked.never && checked.good()) {
    write_answers(json, *checked.never, checked.config->rules);
  } else {
    json.null();
  }
  json.key("online");
  if (checked.online) {
    json.begin_array();
    for (const KeyStatus& status : checked.online->issuers) write_key_status(json, status);
    json.end_array();
  } else {
    json.null();
  }
  json.end_object();
  return std::move(json).text() + '\n';
}

int exit_code_of(const Checked& checked) {
  // Asked are the issuers of a good configuration only: then an error is one that is out of reach.
  if (!checked.good()) return checked.online ? exit_undecided : exit_usage;
  return checked.refuted() ? exit_denied : exit_fine;
}

}  // namespace

int check(const CheckOptions& options) {
  if (options.show == CheckOptions::Show::schema) {
    print(config::json_schema());
    return exit_fine;
  }
  if (options.from) return check_template(options);
  if (options.proxy) return check_proxy(options);
  const auto environment = config::read_environment();
  auto file = options.file ? options.file : options.common.config;
  if (!file) file = config::default_file(environment, ".");
  WallTime now = system::read_clocks().wall;
  if (options.common.at) {
    const auto instant = parse_instant(*options.common.at);
    if (!instant) return complain("--at is neither Unix seconds nor RFC 3339, like 2026-01-01T00:00:00Z");
    now = *instant;
  }
  const Checked checked = check_file(file, environment, options, now);
  print(options.common.format == Format::json ? in_json(checked) : in_words(checked));
  return exit_code_of(checked);
}

}  // namespace portcullis::cli
