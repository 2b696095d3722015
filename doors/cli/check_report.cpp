#include "doors/cli/check_report.h"

#include <algorithm>

#include "core/access/requirement.h"
#include "doors/cli/place_members.h"
#include "doors/cli/setting_text.h"
#include "doors/keys/key_listing.h"
#include "doors/lambda/limit_hazards.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

std::string_view word_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
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
  if (text.empty() && !config.store) return text;  // a store alone is for DPoP proofs
  text += "store    " + store_text(config.store);
  text += config.store ? "\n" : ", each process for itself: n servers or instances grant up to n times a limit\n";
  const bool for_function = config.written.contains("lambda") || !config.written.contains("serve");
  if (for_function && lambda::counts_addresses(rules))
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

}  // namespace

bool Checked::good() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::error; });
}

bool Checked::refuted() const {
  if (!never) return false;
  const auto& all = never->answered;
  return std::any_of(all.begin(), all.end(), [](const Answered& one) { return !one.proved(); });
}

std::string in_words(const Checked& checked) {
  std::string text;
  for (const auto& [severity, problem] : checked.findings)
    text += (problem.place.empty() ? "" : problem.place + ": ") + std::string{word_of(severity)} + ": " +
            problem.message + '\n';
  if (checked.online)
    for (const KeyStatus& status : checked.online->issuers) text += key_listing(status);
  if (checked.online && checked.online->store == OnlineCheck::Store::answers)
    text += "store    " + store_text(checked.config->store) + " answers\n";
  if (!checked.good()) return text;
  const config::Config& config = *checked.config;
  text += "config   " + (config.file.empty() ? std::string{"the environment"} : config.file) + '\n';
  text += checked.effective ? in_words(*checked.effective) : rules_in_words(config);
  for (const std::string& name : checked.pack.value_or(std::vector<std::string>{})) text += "pack     " + name + '\n';
  if (checked.never)
    for (const Answered& answered : checked.never->answered) text += in_words(answered, config.rules);
  return checked.refuted() ? text : text + "ok\n";
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

}  // namespace portcullis::cli
