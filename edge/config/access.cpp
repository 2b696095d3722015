#include "edge/config/access.h"

#include <algorithm>
#include <array>

#include "portcullis/json.h"

namespace portcullis::config {
namespace {

struct KindWord {
  std::string_view word;
  Atom::Kind kind;
};
constexpr std::array<KindWord, 6> kinds{{{"scope", Atom::Kind::scope},
                                         {"permission", Atom::Kind::permission},
                                         {"role", Atom::Kind::role},
                                         {"organization", Atom::Kind::organization},
                                         {"client", Atom::Kind::client},
                                         {"claim", Atom::Kind::claim}}};

// The first "=" ends the pointer, so that a value may hold one.
Result<Atom, std::string> parse_claim(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view pointer = text.substr(0, equals);
  if (equals == text.npos || equals + 1 == text.size() || pointer.empty() || !is_json_pointer(pointer))
    return std::string{
        "a claim is claim:POINTER=VALUE with a JSON pointer, such as claim:/plan=gold or "
        "claim:/https:~1~1x.example~1roles=admin"};
  return Atom{Atom::Kind::claim, std::string{text.substr(equals + 1)}, std::string{pointer}};
}

std::optional<NonEmpty<Atom>> read_atoms(Reader& reader, const std::string& key, const YamlNode& list) {
  if (list.kind != YamlNode::Kind::sequence || list.items.empty()) {
    reader.fault(list, "'" + key + "' is a list with at least one requirement");
    return std::nullopt;
  }
  std::vector<Atom> atoms;
  for (const YamlNode& item : list.items) {
    const auto text = reader.text(item);
    if (!text) continue;
    auto atom = parse_atom(*text);
    if (atom) {
      atoms.push_back(*std::move(atom));
    } else {
      reader.fault(item, atom.error());
    }
  }
  return NonEmpty<Atom>::from(std::move(atoms));
}

std::optional<Condition> read_condition(Reader& reader, const std::string& key, const YamlNode& value) {
  if (key == "max_age") {
    const auto most = reader.duration(value, condition_shape["max_age"]);
    return most ? std::optional<Condition>{MaxAge{*most}} : std::nullopt;
  }
  if (key == "acr") {
    auto values = NonEmpty<std::string>::from(reader.texts(value));
    return values ? std::optional<Condition>{AnyAcr{*std::move(values)}} : std::nullopt;
  }
  if (key == "sender") {
    const auto index = reader.word(value, sender_words);
    return index ? std::optional<Condition>{static_cast<BoundSender>(*index)} : std::nullopt;
  }
  auto atoms = read_atoms(reader, key, value);
  if (!atoms) return std::nullopt;
  if (key == "any") return AnyOf{*std::move(atoms)};
  if (key == "none") return NoneOf{*std::move(atoms)};
  return AllOf{*std::move(atoms)};
}

bool is_condition(std::string_view word) {
  return std::any_of(condition_shape.keys.begin(), condition_shape.keys.end(),
                     [&](const Key& key) { return key.name == word; });
}

}  // namespace

std::optional<Access> read_access(Reader& reader, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) {
    const auto index = reader.word(node, access_words);
    if (!index) return std::nullopt;
    return *index == 0 ? Access{PublicAccess{}} : Access{AuthenticatedAccess{}};
  }
  if (node.kind != YamlNode::Kind::mapping) {
    reader.fault(node, "'access' is public, authenticated or a mapping such as { all: [\"scope:NAME\"] }");
    return std::nullopt;
  }
  reader.check_keys(node, condition_shape);
  if (node.members.empty()) reader.fault(node, "'access' is empty; write public, authenticated or { all: […] }");
  std::vector<Condition> conditions;
  for (const auto& [key, value] : node.members) {
    if (!is_condition(key.text)) continue;
    if (auto condition = read_condition(reader, key.text, value)) conditions.push_back(*std::move(condition));
  }
  auto all = NonEmpty<Condition>::from(std::move(conditions));
  return all ? std::optional<Access>{Requirement{*std::move(all)}} : std::nullopt;
}

Result<Atom, std::string> parse_atom(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  const auto* kind = std::find_if(kinds.begin(), kinds.end(), [&](const KindWord& row) { return row.word == word; });
  if (colon == text.npos || kind == kinds.end())
    return std::string{
        "a requirement is scope:NAME, permission:NAME, role:NAME, organization:ID, client:ID or "
        "claim:/POINTER=VALUE"};
  const std::string_view value = text.substr(colon + 1);
  if (kind->kind == Atom::Kind::claim) return parse_claim(value);
  if (value.empty()) return "'" + std::string{word} + ":' names nothing; write " + std::string{word} + ":NAME";
  return Atom{kind->kind, std::string{value}};
}

}  // namespace portcullis::config
