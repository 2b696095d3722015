#include "core/access/requirement.h"

#include <algorithm>

namespace portcullis {
namespace {

/// Those of a list that are as asked; nothing where there are none.
template <class Wanted>
std::optional<NonEmpty<Atom>> those(const NonEmpty<Atom>& atoms, Wanted wanted) {
  std::vector<Atom> chosen;
  for (const Atom& atom : atoms.items())
    if (wanted(atom)) chosen.push_back(atom);
  return NonEmpty<Atom>::from(std::move(chosen));
}

/// What of a condition is not met.
struct Shortfall {
  const VerifiedToken& token;

  std::optional<Condition> operator()(const AllOf& all) const {
    auto lacking = those(all.atoms, [&](const Atom& atom) { return holds(atom, token) != Holds::yes; });
    return lacking ? std::optional<Condition>{AllOf{*std::move(lacking)}} : std::nullopt;
  }
  std::optional<Condition> operator()(const AnyOf& any) const {
    const auto atoms = any.atoms.items();
    const bool met =
        std::any_of(atoms.begin(), atoms.end(), [&](const Atom& atom) { return holds(atom, token) == Holds::yes; });
    return met ? std::nullopt : std::optional<Condition>{any};
  }
  // What cannot be read may be what is forbidden.
  std::optional<Condition> operator()(const NoneOf& none) const {
    auto present = those(none.atoms, [&](const Atom& atom) { return holds(atom, token) != Holds::no; });
    return present ? std::optional<Condition>{NoneOf{*std::move(present)}} : std::nullopt;
  }
};

std::string list_of(const NonEmpty<Atom>& atoms) {
  std::string list;
  for (const Atom& atom : atoms.items()) list += (list.empty() ? "" : ", ") + text_of(atom);
  return list;
}

/// As in the rules.
struct Written {
  std::string operator()(const AllOf& all) const { return "all: [" + list_of(all.atoms) + "]"; }
  std::string operator()(const AnyOf& any) const { return "any: [" + list_of(any.atoms) + "]"; }
  std::string operator()(const NoneOf& none) const { return "none: [" + list_of(none.atoms) + "]"; }
};

/// As it follows the word "needs".
struct Needed {
  std::string operator()(const AllOf& all) const { return list_of(all.atoms); }
  std::string operator()(const AnyOf& any) const { return "any of " + list_of(any.atoms); }
  std::string operator()(const NoneOf& none) const { return "none of " + list_of(none.atoms); }
};

Reason reason_of(const Atom& lacking) {
  const bool granted_at_login = lacking.kind == Atom::Kind::scope || lacking.kind == Atom::Kind::permission;
  return granted_at_login ? Reason::insufficient_scope : Reason::forbidden;
}

/// The first unmet condition decides, and its first atom.
struct Refusal {
  const VerifiedToken& token;

  Error operator()(const AllOf& all) const { return lacks(all.atoms.items().front()); }
  Error operator()(const AnyOf& any) const { return lacks(any.atoms.items().front()); }
  // To ask for a scope that is one too many would be the wrong advice, so this is never insufficient_scope.
  Error operator()(const NoneOf& none) const {
    const Atom& atom = none.atoms.items().front();
    return {Reason::forbidden, holds(atom, token) == Holds::yes ? text_of(atom) : what_it_has(atom, token)};
  }

 private:
  Error lacks(const Atom& atom) const { return {reason_of(atom), what_it_has(atom, token)}; }
};

struct FirstFault {
  std::string operator()(const AllOf& all) const { return among(all.atoms); }
  std::string operator()(const AnyOf& any) const { return among(any.atoms); }
  std::string operator()(const NoneOf& none) const { return among(none.atoms); }

 private:
  static std::string among(const NonEmpty<Atom>& atoms) {
    for (const Atom& atom : atoms.items())
      if (std::string fault = fault_of(atom); !fault.empty()) return fault;
    return {};
  }
};

}  // namespace

std::vector<Condition> unmet(const Access& access, const VerifiedToken& token) {
  std::vector<Condition> missing;
  if (const auto* requirement = std::get_if<Requirement>(&access))
    for (const Condition& condition : requirement->conditions.items())
      if (auto shortfall = std::visit(Shortfall{token}, condition)) missing.push_back(*std::move(shortfall));
  return missing;
}

std::string text_of(const Access& access) {
  struct Words {
    std::string operator()(const PublicAccess&) const { return "public"; }
    std::string operator()(const AuthenticatedAccess&) const { return "authenticated"; }
    std::string operator()(const Requirement& requirement) const {
      std::string text;
      for (const Condition& condition : requirement.conditions.items())
        text += (text.empty() ? "" : ", ") + std::visit(Written{}, condition);
      return text;
    }
  };
  return std::visit(Words{}, access);
}

std::string fault_of(const Condition& condition) {
  return std::visit(FirstFault{}, condition);
}

std::vector<std::string> texts_of(const std::vector<Condition>& missing) {
  std::vector<std::string> texts;
  for (const Condition& condition : missing) {
    if (const auto* all = std::get_if<AllOf>(&condition)) {
      for (const Atom& atom : all->atoms.items()) texts.push_back(text_of(atom));
    } else {
      texts.push_back(std::visit(Needed{}, condition));
    }
  }
  return texts;
}

Error refusal_of(const std::vector<Condition>& missing, const VerifiedToken& token) {
  std::string needed;
  for (const Condition& condition : missing) needed += (needed.empty() ? "" : ", ") + std::visit(Needed{}, condition);
  Error refusal = std::visit(Refusal{token}, missing.front());
  refusal.detail = "needs " + needed + "; token has " + refusal.detail;
  return refusal;
}

}  // namespace portcullis
