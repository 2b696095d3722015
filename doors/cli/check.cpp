// portcullis check: is this configuration right, and what does it mean?
#include "doors/cli/bundle_fitness.h"
#include "doors/cli/check_report.h"
#include "doors/cli/commands.h"
#include "doors/cli/effective.h"
#include "doors/cli/instant.h"
#include "doors/cli/never.h"
#include "doors/cli/online_check.h"
#include "doors/cli/output.h"
#include "doors/lambda/cache_hazards.h"
#include "doors/lambda/limit_hazards.h"
#include "doors/lambda/policy_document.h"
#include "doors/lambda/sender_hazards.h"
#include "edge/config/config.h"
#include "edge/config/json_schema.h"
#include "edge/system/clock.h"
#include "portcullis/authorizer.h"

namespace portcullis::cli {
namespace {

// With 'serve' and without 'lambda' it is for portcullis serve, which keeps no answers: what API Gateway's cache does
// with them is told to whoever packs it for a function, and by `bootstrap`, which refuses what is unsafe there.
bool is_for_server_alone(const config::Config& config, const CheckOptions& options) {
  return options.purpose != CheckOptions::For::bundle && config.written.contains("serve") &&
         !config.written.contains("lambda");
}

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

// Who shares a store is one of several.
void warn_of_nonces_of_one_server(Checked& checked) {
  const config::Config& config = *checked.config;
  if (!config.written.contains("serve") || !config.store || config.nonce_seed ||
      config.rules.dpop.nonce == DpopNonce::off)
    return;
  checked.findings.push_back({Severity::warning,
                              {place_of(config, "dpop.nonce"),
                               "each server makes DPoP nonces of its own, so a client that comes to another one is "
                               "refused again and again; write nonce_secret: env:NAME, the same on all of them"}});
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

// What API Gateway does, which keeps answers and cannot send what an authorizer would.
void check_gateway(Checked& checked, const Result<Authorizer, std::vector<RuleProblem>>& made,
                   const CheckOptions& options) {
  const config::Config& config = *checked.config;
  const bool for_server = is_for_server_alone(config, options);
  auto hazards = lambda::cache_hazards(config.rules, config.lambda.cache);
  if (for_server)
    for (RuleProblem& hazard : hazards) hazard.message += "; for portcullis serve, which keeps none, that line alone";
  checked.add(Severity::error, hazards);
  if (for_server) return;
  checked.add(Severity::warning, lambda::sender_warnings(config));
  if (made) checked.add(Severity::warning, lambda::limit_warnings_of_cache(config));
  if (options.purpose != CheckOptions::For::bundle) checked.add(Severity::warning, lambda::sender_faults(config));
  warn_of_long_cache(checked);
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
  checked.online = ask_outside(authorizer, *checked.config);
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
  check_gateway(checked, made, options);
  if (made) checked.add(Severity::warning, lambda::limit_warnings(*checked.config));
  warn_of_public_default(checked);
  warn_of_proofs_for_any_host(checked);
  warn_of_nonces_of_one_server(checked);
  warn_of_web_socket_without_pages(checked);
  if (options.show == CheckOptions::Show::effective)
    checked.effective = effective_settings(*checked.config, environment);
  if (made && options.purpose == CheckOptions::For::bundle) check_for_bundle(checked, *made, options);
  if (made && !options.never.empty()) prove(checked, options, now);
  if (made && checked.good() && options.ask == CheckOptions::Ask::issuers) ask_online(checked, *made);
  return checked;
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
