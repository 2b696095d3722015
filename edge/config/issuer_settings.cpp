#include "edge/config/issuer_settings.h"

#include "edge/config/values.h"

namespace portcullis::config {
namespace {

using std::chrono::seconds;

constexpr std::size_t most_key_set_bytes = 256 * 1024;
constexpr std::size_t most_pem_bytes = 16 * 1024;

std::optional<NonEmpty<Algorithm>> read_algorithms(Reader& reader, const YamlNode& issuer, Profile profile) {
  const YamlNode* node = issuer.find("algorithms");
  if (!node) {
    if (profile != Profile::generic) return NonEmpty<Algorithm>{Algorithm::RS256};
    reader.fault(issuer, "token: generic needs 'algorithms': the list of the only ones accepted");
    return std::nullopt;
  }
  std::vector<Algorithm> algorithms;
  for (const std::string& name : reader.texts(*node)) {
    if (const auto algorithm = algorithm_named(name)) {
      algorithms.push_back(*algorithm);
    } else {
      reader.fault(*node, "'" + name.substr(0, 32) + "' is not an algorithm; RS256 is the usual one");
    }
  }
  return NonEmpty<Algorithm>::from(std::move(algorithms));
}

struct Origin {
  std::variant<std::string, UncheckedIssuer> issuer;
  RemoteKeys keys;  // without a URL: there is no default
};

std::optional<Origin> read_origin(Reader& reader, const YamlNode& node, Purpose purpose) {
  const YamlNode* domain = node.find("domain");
  const YamlNode* issuer = node.find("issuer");
  if (!domain == !issuer) {
    reader.fault(node, "an issuer has either 'domain' (a tenant's host) or 'issuer' (a whole URL); write one of them");
    return std::nullopt;
  }
  const YamlNode& written = domain ? *domain : *issuer;
  const auto text = reader.text(written);
  if (!text) return std::nullopt;
  if (issuer && *text == "unchecked") reader.note(written, "weaker: the issuer is not checked; name it if you can");
  if (issuer && *text == "unchecked") return Origin{UncheckedIssuer{}, {}};
  const auto names = domain ? tenant_names(*text, purpose) : issuer_names(*text, purpose);
  if (!names) {
    reader.fault(written, names.error());
    return std::nullopt;
  }
  if (is_placeholder(*text)) reader.note(written, "this still is the example's placeholder; set your tenant's domain");
  return Origin{names->issuer, names->keys};
}

std::optional<LocalKeys> read_key_files(Reader& reader, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::sequence || node.items.empty()) {
    reader.fault(node, "'public_keys' is a list of PEM files, also for one: [key.pem]");
    return std::nullopt;
  }
  std::vector<VerificationKey> keys;
  std::string source;
  for (const YamlNode& item : node.items) {
    const auto pem = reader.file_content(item, most_pem_bytes);
    if (!pem) continue;
    auto key = VerificationKey::from_pem(*pem);
    if (!key) {
      reader.fault(item, item.text + ": " + key.error());
      continue;
    }
    source += (source.empty() ? "" : ", ") + item.text;
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return std::nullopt;
  return LocalKeys{KeySet::of_static_keys(std::move(keys)), source};
}

std::optional<LocalKeys> read_key_set_file(Reader& reader, const YamlNode& node) {
  const auto content = reader.file_content(node, most_key_set_bytes);
  if (!content) return std::nullopt;
  auto keys = KeySet::parse(*content);
  if (keys) return LocalKeys{*std::move(keys), node.text};
  reader.fault(node, node.text + ": " + keys.error());
  return std::nullopt;
}

std::optional<LocalKeys> read_secret(Reader& reader, const YamlNode& node) {
  const auto bytes = reader.secret(node);
  if (!bytes) return std::nullopt;
  auto key = VerificationKey::from_secret(*bytes);
  if (key) return LocalKeys{KeySet::of_static_keys({*std::move(key)}), "secret"};
  reader.fault(node, key.error());
  return std::nullopt;
}

RemoteKeys read_ages(Reader& reader, const YamlNode& issuer, RemoteKeys keys) {
  const YamlNode* node = issuer.find("keys");
  if (!node || !reader.is_mapping(*node, "'keys'", key_ages_shape)) return keys;
  reader.check_keys(*node, key_ages_shape);
  if (const YamlNode* fresh = node->find("fresh"))
    keys.fresh = reader.duration(*fresh, key_ages_shape["fresh"]).value_or(keys.fresh);
  if (const YamlNode* stale = node->find("stale"))
    keys.stale = reader.duration(*stale, key_ages_shape["stale"]).value_or(keys.stale);
  return keys;
}

using KeySource = std::variant<RemoteKeys, LocalKeys>;

std::optional<KeySource> read_keys(Reader& reader, const YamlNode& node, const Origin& origin, Purpose purpose) {
  const YamlNode* given = nullptr;
  for (const std::string_view name : key_source_keys) {
    const YamlNode* found = node.find(name);
    if (found && given) {
      reader.fault(*found, "the keys come from one place: jwks_uri, jwks_file, public_keys or secret; keep one");
      return std::nullopt;
    }
    if (found) given = found;
  }
  const auto local = [](std::optional<LocalKeys> keys) {
    return keys ? std::optional<KeySource>{*std::move(keys)} : std::nullopt;
  };
  const YamlNode* ages = node.find("keys");
  if (ages && given && given != node.find("jwks_uri"))
    reader.fault(*ages, "'keys' is for keys that are fetched; remove it");
  if (given && given == node.find("jwks_file")) return local(read_key_set_file(reader, *given));
  if (given && given == node.find("public_keys")) return local(read_key_files(reader, *given));
  if (given && given == node.find("secret")) return local(read_secret(reader, *given));

  RemoteKeys remote = origin.keys;
  if (given) {
    const auto url = reader.text(*given);
    if (!url) return std::nullopt;
    if (std::string fault = fault_of_key_url(*url, purpose); !fault.empty()) {
      reader.fault(*given, std::move(fault));
      return std::nullopt;
    }
    remote = RemoteKeys{*url};
  } else if (remote.url.empty()) {
    reader.fault(node, "an unchecked issuer needs 'public_keys': the files with its keys");
    return std::nullopt;
  }
  return read_ages(reader, node, std::move(remote));
}

std::optional<NonEmpty<std::string>> optional_list(Reader& reader, const YamlNode* node) {
  if (!node) return std::nullopt;
  return NonEmpty<std::string>::from(reader.texts(*node));
}

}  // namespace

void read_issuer(Reader& reader, const YamlNode& node, Purpose purpose, Rules& rules) {
  if (!reader.is_mapping(node, "an issuer", issuer_shape)) return;
  reader.check_keys(node, issuer_shape);
  Profile profile = Profile::auth0_access;
  if (const YamlNode* token = node.find("token"))
    if (const auto index = reader.word(*token, profile_words)) profile = static_cast<Profile>(*index);
  if (profile == Profile::id_token)
    reader.note(node, "ID tokens are not meant for APIs; prefer access tokens with an API audience");
  const auto origin = read_origin(reader, node, purpose);
  const YamlNode* audience = node.find("audience");
  auto audiences = optional_list(reader, audience);
  const auto algorithms = read_algorithms(reader, node, profile);
  const YamlNode* types = node.find("typ");
  if (types && profile != Profile::generic)
    reader.fault(*types, "'typ' is possible only with token: generic; remove it");

  seconds leeway{30};
  if (const YamlNode* written = node.find("leeway"))
    leeway = reader.duration(*written, issuer_shape["leeway"]).value_or(leeway);
  MissingKeyId missing = MissingKeyId::refused;
  if (const YamlNode* written = node.find("allow_missing_kid"))
    if (reader.boolean(*written).value_or(false)) missing = MissingKeyId::allowed_if_one_key_fits;
  auto clients = optional_list(reader, node.find("clients"));
  auto accepted_types = optional_list(reader, types);
  if (!origin) return;
  auto keys = read_keys(reader, node, *origin, purpose);
  if (!audiences || !algorithms || !keys) return;
  rules.issuers.push_back({Expectations{origin->issuer, *std::move(audiences), *algorithms, leeway, profile,
                                        std::move(clients), std::move(accepted_types)},
                           *std::move(keys), missing, reader.place(node)});
}

}  // namespace portcullis::config
