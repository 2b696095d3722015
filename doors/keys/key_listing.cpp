#include "doors/keys/key_listing.h"

namespace portcullis {
namespace {

using std::chrono::seconds;

void write_seconds(JsonWriter& json, const char* name, std::optional<seconds> value) {
  json.key(name);
  if (value) {
    json.integer(value->count());
  } else {
    json.null();
  }
}

std::optional<std::string_view> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>{text};
}

std::optional<seconds> age_of(const KeyStatus& status) {
  return status.age ? std::optional{std::chrono::floor<seconds>(*status.age)} : std::nullopt;
}

}  // namespace

std::string clock_in_words(seconds offset) {
  if (offset == seconds{0}) return "as this machine's";
  const auto count = offset.count();
  return std::to_string(count < 0 ? -count : count) + (count < 0 ? " s behind" : " s ahead of") + " this machine's";
}

std::string key_listing(const KeyStatus& status) {
  std::string text = "issuer   " + status.issuer + "   from " + status.source + '\n';
  if (!status.last_error.empty()) text += "  error  " + status.last_error + '\n';
  if (!status.keys) text += "  no keys\n";
  if (const auto age = age_of(status)) text += "  age    " + std::to_string(age->count()) + " s\n";
  if (status.clock_offset) text += "  clock  " + clock_in_words(*status.clock_offset) + '\n';
  if (!status.keys) return text;
  for (const VerificationKey& key : status.keys->keys())
    text += "  key    " + key.key_id().value_or("(no kid)") + "   " + std::string{key.type()} + ' ' +
            std::to_string(key.bits()) + " bits\n";
  for (const auto& skipped : status.keys->skipped())
    text +=
        "  skip   " + (skipped.key_id.empty() ? std::string{"(no kid)"} : skipped.key_id) + "   " + skipped.why + '\n';
  return text;
}

void write_key_status(JsonWriter& json, const KeyStatus& status) {
  json.begin_object().key("issuer").string(status.issuer).key("source").string(status.source);
  write_seconds(json, "age_s", age_of(status));
  write_seconds(json, "clock_offset_s", status.clock_offset);
  json.key("last_error").string_or_null(text_or_null(status.last_error)).key("keys").begin_array();
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

}  // namespace portcullis
