#include "edge/config/written.h"

namespace portcullis::config {
namespace {

bool is_set(const Environment& environment, std::string_view name) {
  const auto variable = environment.find(name);
  return variable != environment.end() && !variable->second.empty();
}

std::string variable_in(const YamlNode& node) {
  const bool named = node.kind == YamlNode::Kind::scalar && node.text.starts_with("env:");
  return named ? node.text.substr(4) : "";
}

}  // namespace

Place place_of(const Config& config, std::string_view setting) {
  const auto found = config.written.find(setting);
  return found == config.written.end() ? config.file : found->second.place;
}

void note_members(const Reader& reader, const YamlNode& mapping, const std::string& path, WrittenSettings& written) {
  for (const auto& [key, value] : mapping.members) {
    const std::string name = path.empty() ? key.text : path + '.' + key.text;
    written.insert_or_assign(name, Written{reader.place(value), variable_in(value)});
    if (value.kind == YamlNode::Kind::mapping) note_members(reader, value, name, written);
    for (std::size_t i = 0; i < value.items.size(); ++i)
      note_members(reader, value.items[i], name + '[' + std::to_string(i) + ']', written);
  }
}

void note_environment_issuer(const Environment& environment, const Config& config, WrittenSettings& written) {
  if (config.rules.issuers.empty()) return;
  const IssuerRule& issuer = config.rules.issuers.front();
  const auto note = [&](const char* setting, const std::string& variable) {
    written.insert_or_assign(std::string{"issuers[0]."} + setting, Written{variable, ""});
  };
  if (is_set(environment, "AUTH0_DOMAIN")) note("issuer", "AUTH0_DOMAIN");
  note("audience", issuer.place);  // the variable that names it
  if (std::holds_alternative<RemoteKeys>(issuer.keys)) return;
  note("token", "AUTH0_CLIENT_PUBLIC_KEY");
  note("public_keys", "AUTH0_CLIENT_PUBLIC_KEY");
}

void note_overrides(const Environment& environment, std::size_t issuers, WrittenSettings& written) {
  if (environment.contains("PORTCULLIS_DEVELOPMENT") && environment.find("PORTCULLIS_DEVELOPMENT")->second == "1")
    written.insert_or_assign("development", Written{"PORTCULLIS_DEVELOPMENT", ""});
  for (std::size_t i = 0; i < issuers; ++i) {
    const std::string issuer = "issuers[" + std::to_string(i) + "].";
    if (is_set(environment, "AUTH0_ALGORITHMS"))
      written.insert_or_assign(issuer + "algorithms", Written{"AUTH0_ALGORITHMS", ""});
    if (is_set(environment, "AUTH0_LEEWAY")) written.insert_or_assign(issuer + "leeway", Written{"AUTH0_LEEWAY", ""});
  }
}

}  // namespace portcullis::config
