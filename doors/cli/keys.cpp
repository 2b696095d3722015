// portcullis keys: the keys that tokens are checked with here, freshly fetched where they are remote.
#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "doors/cli/session.h"
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

}  // namespace

int keys(const KeysOptions& options) {
  const auto session = Session::open(options.common);
  if (!session) return exit_usage;
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
