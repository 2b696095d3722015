// portcullis keys: the keys that tokens are checked with here, freshly fetched where they are remote.
#include <algorithm>

#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/cli/session.h"
#include "doors/lambda/initial_keys.h"
#include "edge/net/key_fetch.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

std::string in_json(const std::vector<KeyStatus>& all) {
  JsonWriter json;
  json.begin_object().key("issuers").begin_array();
  for (const KeyStatus& status : all) {
    json.begin_object().key("issuer").string(status.issuer).key("source").string(status.source).key("age_s");
    if (status.age) {
      json.integer(std::chrono::floor<std::chrono::seconds>(*status.age).count());
    } else {
      json.null();
    }
    json.key("last_error")
        .string_or_null(status.last_error.empty() ? std::nullopt : std::optional<std::string_view>{status.last_error});
    json.key("keys").begin_array();
    if (status.keys)
      for (const VerificationKey& key : status.keys->keys()) {
        json.begin_object().key("kid").string_or_null(key.key_id() ? std::optional<std::string_view>{*key.key_id()}
                                                                   : std::nullopt);
        json.key("type").string(key.type()).key("bits").integer(key.bits());
        json.key("thumbprint").string(key.thumbprint()).end_object();
      }
    json.end_array().key("skipped").begin_array();
    if (status.keys)
      for (const auto& skipped : status.keys->skipped())
        json.begin_object().key("kid").string(skipped.key_id).key("why").string(skipped.why).end_object();
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return std::move(json).text() + '\n';
}

std::string in_words(const KeyStatus& status) {
  std::string text = "issuer   " + status.issuer + "   from " + status.source + '\n';
  if (!status.last_error.empty()) text += "  error  " + status.last_error + '\n';
  if (!status.keys) return text + "  no keys\n";
  for (const VerificationKey& key : status.keys->keys())
    text += "  key    " + key.key_id().value_or("(no kid)") + "   " + std::string{key.type()} + ' ' +
            std::to_string(key.bits()) + " bits\n";
  for (const auto& skipped : status.keys->skipped())
    text +=
        "  skip   " + (skipped.key_id.empty() ? std::string{"(no kid)"} : skipped.key_id) + "   " + skipped.why + '\n';
  return text;
}

// What a bundle's jwks.json holds. Over https only, whatever the configuration allows: it is for deploying.
bool export_issuer(const std::string& issuer, const RemoteKeys& remote, WallTime now, JsonWriter& json) {
  const auto fetch = [](const NeedKeys& wanted, std::chrono::milliseconds budget) {
    return net::fetch_keys(wanted, {}, net::PlainHttp::refused, budget);
  };
  const auto outcome = lambda::fetch_wanted({{}, remote.url, {}, remote.metadata_of}, fetch, lambda::longest_fetch);
  const auto* fetched = std::get_if<FetchedKeys>(&outcome);
  std::string fault = fetched ? "HTTP status " + std::to_string(fetched->status) : std::get<FetchFailed>(outcome).why;
  if (fetched && fetched->status == 200) {
    const auto written = lambda::write_initial_keys(json, issuer, now, fetched->body);
    if (written) return true;
    fault = written.error();
  }
  (void)complain(issuer + ": the keys could not be fetched: " + fault);
  return false;
}

int export_keys(const Session& session) {
  JsonWriter json;
  json.begin_array();
  bool complete = true;
  std::vector<std::string> done;
  for (const IssuerRule& issuer : session.authorizer().rules().issuers) {
    const auto* name = std::get_if<std::string>(&issuer.expect.issuer);
    const auto* remote = std::get_if<RemoteKeys>(&issuer.keys);
    if (!name || !remote || std::find(done.begin(), done.end(), *name) != done.end()) continue;
    done.push_back(*name);
    complete = export_issuer(*name, *remote, session.now().wall, json) && complete;
  }
  if (done.empty()) return complain("no issuer's keys are fetched: there is nothing to export");
  if (!complete) return exit_undecided;
  json.end_array();
  print_line(json.text());
  return exit_fine;
}

}  // namespace

int keys(const KeysOptions& options) {
  const auto session = Session::open(options.common);
  if (!session) return exit_usage;
  if (options.output == KeysOptions::Output::initial_keys) return export_keys(*session);
  session->desk().warm_up(Session::longest_fetch);
  const auto all = session->authorizer().key_status(session->now());
  bool complete = true;
  std::string text;
  for (const KeyStatus& status : all) {
    complete = complete && status.keys;
    text += in_words(status);
  }
  print(options.common.format == Format::json ? in_json(all) : text);
  return complete ? exit_fine : exit_undecided;
}

}  // namespace portcullis::cli
