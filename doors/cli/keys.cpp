// portcullis keys: the keys that tokens are checked with here, freshly fetched where they are remote.
#include <algorithm>

#include "doors/cli/admin_client.h"
#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/cli/session.h"
#include "doors/keys/key_listing.h"
#include "doors/lambda/initial_keys.h"
#include "portcullis/json.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

std::string in_json(const std::vector<KeyStatus>& all) {
  JsonWriter json;
  json.begin_object().key("issuers").begin_array();
  for (const KeyStatus& status : all) write_key_status(json, status);
  json.end_array().end_object();
  return std::move(json).text() + '\n';
}

// What a bundle's jwks.json holds. Over https only, whatever the configuration allows: it is for deploying.
bool export_issuer(const std::string& issuer, const RemoteKeys& remote, WallTime now, JsonWriter& json) {
  const auto fetch = fetch_over_network(config::Purpose::production);
  const auto outcome = fetch_wanted({{}, remote.url, {}, remote.metadata_of}, fetch, Session::longest_fetch);
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

std::string text_at(const Json& object, std::string_view name) {
  const auto member = object.find(name);
  if (!member) return {};
  if (const auto number = member->number_text()) return std::string{*number};
  const auto text = member->string();
  return text ? std::string{*text} : std::string{};
}

// As key_listing() shows keys of this process.
void print_issuer(const Json& issuer) {
  print_line("issuer   " + text_at(issuer, "issuer") + "   from " + text_at(issuer, "source"));
  if (const auto error = text_at(issuer, "last_error"); !error.empty()) print_line("  error  " + error);
  if (const auto age = text_at(issuer, "age_s"); !age.empty()) print_line("  age    " + age + " s");
  const auto all = issuer.find("keys");
  if (!all || all->size() == 0) return print_line("  no keys");
  for (const Json key : *all) {
    const std::string kid = text_at(key, "kid");
    print_line("  key    " + (kid.empty() ? "(no kid)" : kid) + "   " + text_at(key, "type") + ' ' +
               text_at(key, "bits") + " bits");
  }
}

int keys_of_server(const KeysOptions& options) {
  const bool refresh = options.ask == KeysOptions::Ask::refresh;
  const auto answer =
      refresh ? ask_admin(*options.url, "POST", "/keys/refresh") : ask_admin(*options.url, "GET", "/keys");
  if (!answer || answer->status != 200) {
    const int code = complain(answer ? message_of(*answer) : answer.error());
    return answer && answer->status < 500 ? code : exit_undecided;
  }
  constexpr std::size_t most_bytes = 1024 * 1024;
  const auto document = JsonDocument::parse(answer->body, {.bytes = most_bytes, .members = 64, .items = 4096});
  const auto issuers = document ? document->root().find("issuers") : std::nullopt;
  if (!issuers) {
    (void)complain("what answers at --url is no admin listener of portcullis serve");
    return exit_undecided;
  }
  bool complete = true;
  for (const Json issuer : *issuers) {
    const auto all = issuer.find("keys");
    complete = complete && all && all->size() > 0;
    if (options.common.format == Format::words) print_issuer(issuer);
  }
  if (options.common.format == Format::json) print(answer->body);
  return complete ? exit_fine : exit_undecided;
}

}  // namespace

int keys(const KeysOptions& options) {
  if (options.url) return keys_of_server(options);
  const auto session = Session::open(options.common);
  if (!session) return exit_usage;
  if (options.output == KeysOptions::Output::initial_keys) return export_keys(*session);
  const auto issuers = static_cast<int>(session->authorizer().rules().issuers.size());
  session->desk().warm_up(issuers * Session::longest_fetch);
  const auto all = session->authorizer().key_status(session->now());
  bool complete = true;
  std::string text;
  for (const KeyStatus& status : all) {
    complete = complete && status.keys;
    text += key_listing(status);
  }
  print(options.common.format == Format::json ? in_json(all) : text);
  return complete ? exit_fine : exit_undecided;
}

}  // namespace portcullis::cli
