#include "core/access/requirement.h"

#include "core/token/printable.h"

namespace portcullis {
namespace {

bool holds(const Atom& atom, const VerifiedToken& token) {
  switch (atom.kind) {
    case Atom::Kind::scope:
      return token.has_scope(atom.value);
    case Atom::Kind::permission:
      return token.has_permission(atom.value);
  }
  return false;
}

std::string permissions_of(const VerifiedToken& token) {
  const auto permissions = token.claims().find("permissions");
  if (!permissions) return "no permissions claim";
  std::string list = "permissions [";
  for (const Json permission : *permissions) {
    if (list.size() > 200) return list + ", …]";
    if (!list.ends_with('[')) list += ", ";
    list += printable(permission.string().value_or(""));
  }
  return list + "]";
}

std::string what_it_has(const Atom& atom, const VerifiedToken& token) {
  if (atom.kind == Atom::Kind::permission) {
    const char* hint = token.has_scope(atom.value) ? "; it has that word as a scope, which is another claim" : "";
    return permissions_of(token) + hint;
  }
  const char* hint =
      token.has_permission(atom.value) ? "; it has that word as a permission, which is another claim" : "";
  return (token.scope() ? "scope " + printable(*token.scope(), 200) : std::string{"no scope claim"}) + hint;
}

}  // namespace

std::vector<Atom> unmet(const Access& access, const VerifiedToken& token) {
  std::vector<Atom> missing;
  if (const auto* all = std::get_if<AllOf>(&access))
    for (const Atom& atom : all->atoms.items())
      if (!holds(atom, token)) missing.push_back(atom);
  return missing;
}

std::string text_of(const Atom& atom) {
  switch (atom.kind) {
    case Atom::Kind::scope:
      return "scope:" + atom.value;
    case Atom::Kind::permission:
      return "permission:" + atom.value;
  }
  return {};
}

std::string text_of(const Access& access) {
  struct Words {
    std::string operator()(const PublicAccess&) const { return "public"; }
    std::string operator()(const AuthenticatedAccess&) const { return "authenticated"; }
    std::string operator()(const AllOf& all) const {
      std::string list;
      for (const Atom& atom : all.atoms.items()) list += (list.empty() ? "" : ", ") + text_of(atom);
      return "all: [" + list + "]";
    }
  };
  return std::visit(Words{}, access);
}

Error refusal_of(const std::vector<Atom>& missing, const VerifiedToken& token) {
  std::string names;
  for (const Atom& atom : missing) names += (names.empty() ? "" : ", ") + text_of(atom);
  return Error{Reason::insufficient_scope, "needs " + names + "; token has " + what_it_has(missing.front(), token)};
}

}  // namespace portcullis
