#include "doors/log/start_line.h"

#include "edge/system/clock.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

std::string issuers_json(const Rules& rules, const std::vector<KeyStatus>& keys) {
  JsonWriter json;
  json.begin_array();
  for (std::size_t i = 0; i < rules.issuers.size(); ++i) {
    const Expectations& expect = rules.issuers[i].expect;
    json.begin_object().key("issuer").string(keys[i].issuer).key("audiences").begin_array();
    for (const std::string& audience : expect.audiences.items()) json.string(audience);
    json.end_array().key("algorithms").begin_array();
    for (const Algorithm algorithm : expect.algorithms.items()) json.string(name_of(algorithm));
    json.end_array().key("keys").integer(keys[i].keys ? static_cast<std::int64_t>(keys[i].keys->keys().size()) : 0);
    json.key("key_source").string(keys[i].source).key("last_error").string(keys[i].last_error).key("clock_offset_s");
    if (keys[i].clock_offset) {
      json.integer(keys[i].clock_offset->count());
    } else {
      json.null();  // nothing was fetched, or there was no Date
    }
    json.end_object();
  }
  json.end_array();
  return std::move(json).text();
}

std::string routes_json(const Rules& rules) {
  std::int64_t open = 0, authenticated = 0, restricted = 0;
  for (const RouteRule& route : rules.routes) {
    if (std::holds_alternative<PublicAccess>(route.access)) {
      ++open;
    } else if (std::holds_alternative<AuthenticatedAccess>(route.access)) {
      ++authenticated;
    } else {
      ++restricted;
    }
  }
  JsonWriter json;
  json.begin_object().key("public").integer(open).key("authenticated").integer(authenticated);
  json.key("with_requirements").integer(restricted).key("default");
  json.string(rules.fallback == DefaultAccess::deny ? "deny" : "authenticated").end_object();
  return std::move(json).text();
}

std::string reporting_json(const Rules& rules) {
  JsonWriter json;
  json.begin_array();
  for (const RouteRule& route : rules.routes)
    if (route.mode == Mode::report) json.string(route.route);
  json.end_array();
  return std::move(json).text();
}

}  // namespace

void log_start(const config::Config& config, const Authorizer& authorizer, system::Log log) {
  const Rules& rules = authorizer.rules();
  const auto keys = authorizer.key_status(system::read_clocks());
  log.line(system::LogLevel::info, "start")
      .string("version", PORTCULLIS_VERSION)
      .raw("issuers", issuers_json(rules, keys))
      .raw("routes", routes_json(rules))
      .raw("not_enforced", reporting_json(rules))
      .string("config", config.file.empty() ? "environment" : config.file)
      .send();
  for (const KeyStatus& status : keys)
    if (status.clocks_differ())
      log.line(system::LogLevel::warn, "clock")
          .string("issuer", status.issuer)
          .integer("offset_s", status.clock_offset->count())
          .string("note", "the issuer's clock and this machine's differ: tokens expire too early or too late")
          .send();
  for (const RuleProblem& note : config.notes)
    log.line(system::LogLevel::warn, "configuration").string("place", note.place).string("note", note.message).send();
}

}  // namespace portcullis
