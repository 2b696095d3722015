// The key `access`: every spelling that is understood beside those that are not.
#include "edge/config/access.h"

#include <gtest/gtest.h>

namespace portcullis::config {
namespace {

using Kind = Atom::Kind;

TEST(Atom, IsAKindAndAValue) {
  struct Row {
    const char* text;
    Atom atom;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"scope:read:orders", {Kind::scope, "read:orders"}},
           {"permission:x", {Kind::permission, "x"}},
           {"role:two words", {Kind::role, "two words"}},
           {"organization:org_A1", {Kind::organization, "org_A1"}},
           {"client:demo-spa", {Kind::client, "demo-spa"}},
           {"claim:/plan=gold", {Kind::claim, "gold", "/plan"}},
           {"claim:/https:~1~1x.example~1roles=admin", {Kind::claim, "admin", "/https:~1~1x.example~1roles"}},
           {"claim:/a=b=c", {Kind::claim, "b=c", "/a"}},
           {"claim:/=x", {Kind::claim, "x", "/"}}}) {
    SCOPED_TRACE(row.text);
    const auto atom = parse_atom(row.text);
    ASSERT_TRUE(atom) << atom.error();
    EXPECT_EQ(*atom, row.atom);
  }
  for (const char* text : {"", "scope", "scope:", ":x", "Scope:x", "scopes:x", " scope:x", "role:", "roles:x",
                           "organization:", "client:", "claim:", "claim:/plan", "claim:/plan=", "claim:=x",
                           "claim:plan=x", "claim:/a~=x", "claim:/a~2=x"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_atom(text));
  }
}

// "any: a, b": the values of each condition, kinds left out.
std::string words_of(const char* word, const NonEmpty<Atom>& atoms) {
  std::string text;
  for (const Atom& atom : atoms.items()) text += (text.empty() ? std::string{word} + ": " : ", ") + atom.value;
  return text;
}
struct Words {
  std::string operator()(const PublicAccess&) const { return "public"; }
  std::string operator()(const AuthenticatedAccess&) const { return "authenticated"; }
  std::string operator()(const Requirement& requirement) const {
    std::string text;
    for (const Condition& condition : requirement.conditions.items())
      text += (text.empty() ? "" : "; ") + std::visit(*this, condition);
    return text;
  }
  std::string operator()(const AllOf& all) const { return words_of("all", all.atoms); }
  std::string operator()(const AnyOf& any) const { return words_of("any", any.atoms); }
  std::string operator()(const NoneOf& none) const { return words_of("none", none.atoms); }
  std::string operator()(BoundSender sender) const {
    return sender == BoundSender::dpop ? "sender: dpop" : "sender: mtls";
  }
  std::string operator()(const MaxAge& age) const { return "max_age: " + std::to_string(age.most.count()); }
  std::string operator()(const AnyAcr& acr) const {
    std::string text = "acr:";
    for (const std::string& value : acr.values.items()) text += ' ' + value;
    return text;
  }
};

/// What is read from a file whose line 1 is "access: TEXT": its meaning, or "LINE:COLUMN: message".
std::string meaning_of(const std::string& text) {
  const auto root = parse_yaml("f", "access: " + text + "\n");
  if (!root) return root.error().front().place.substr(2) + ": " + root.error().front().message;
  const Environment none;
  Reader reader{"f", none};
  const auto access = read_access(reader, *root->find("access"));
  std::string problems;
  for (const RuleProblem& problem : reader.problems)
    problems += (problems.empty() ? "" : "\n") + problem.place.substr(2) + ": " + problem.message;
  if (!problems.empty()) return problems;
  return access ? std::visit(Words{}, *access) : "nothing";
}

TEST(Access, KeepsItsConditionsInWrittenOrder) {
  struct Row {
    const char *text, *meaning;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"public", "public"},
           {"authenticated", "authenticated"},
           {R"({ all: ["scope:a", "role:b"] })", "all: a, b"},
           {R"({ any: ["role:b", "scope:a"] })", "any: b, a"},
           {R"({ none: ["claim:/blocked=true"] })", "none: true"},
           {R"({ none: ["role:x"], all: ["scope:a"], any: ["client:b"] })", "none: x; all: a; any: b"},
           {"{ max_age: 5m }", "max_age: 300"},
           {R"({ acr: [gold, silver], max_age: 1s, all: ["scope:a"] })", "acr: gold silver; max_age: 1; all: a"},
           {"{ acr: gold }", "acr: gold"},
           {"{ sender: dpop }", "sender: dpop"},
           {R"({ all: ["scope:a"], sender: mtls })", "all: a; sender: mtls"},
           {"{ sender: tls }", "1:19: 'tls' is not known here; did you mean 'mtls'?"},
           {"{ max_age: 365d }", "max_age: 31536000"},
           {"{ max_age: 0 }", "1:20: '0' is not from 1s to 365d"},
           {"{ max_age: 366d }", "1:20: '366d' is not from 1s to 365d"},
           {"{ max_age: 300 }", "1:20: '300' is not a duration like 30s, 5m or 24h"},
           {"{ acr: [] }", "1:16: the list is empty; write at least one"},
           {"{ max_age: 5m, max_age: 5m }", "1:24: the key 'max_age' stands here twice; remove one"},
           {"{}", "1:9: 'access' is empty; write public, authenticated or { all: […] }"},
           {R"(["scope:a"])", "1:9: 'access' is public, authenticated or a mapping such as { all: [\"scope:NAME\"] }"},
           {R"({ all: [] })", "1:16: 'all' is a list with at least one requirement"},
           {R"({ any: "scope:a" })", "1:16: 'any' is a list with at least one requirement"},
           {R"({ none: [] })", "1:17: 'none' is a list with at least one requirement"},
           {R"({ all: ["scope:a"], any: [] })", "1:34: 'any' is a list with at least one requirement"},
           {R"({ all: ["scope:a"], anny: ["scope:b"] })", "1:29: unknown key 'anny'; did you mean 'any'?"},
           {R"({ all: ["scope:a", "org:x"] })",
            "1:28: a requirement is scope:NAME, permission:NAME, role:NAME, organization:ID, client:ID or "
            "claim:/POINTER=VALUE"},
           {R"({ all: ["role:"] })", "1:17: 'role:' names nothing; write role:NAME"},
           {R"({ all: ["claim:plan=gold"] })",
            "1:17: a claim is claim:POINTER=VALUE with a JSON pointer, such as claim:/plan=gold or "
            "claim:/https:~1~1x.example~1roles=admin"}}) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(meaning_of(row.text), row.meaning);
  }
}

}  // namespace
}  // namespace portcullis::config
