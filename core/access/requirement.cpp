#include "core/access/requirement.h"

#include <algorithm>

#include "core/access/sender.h"
#include "core/token/claims.h"
#include "core/token/printable.h"

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

std::optional<WallTime> login_of(const VerifiedToken& token) {
  const auto claim = token.claims().find("auth_time");
  return claim ? numeric_date(*claim) : std::nullopt;
}

bool logged_in_within(std::chrono::seconds most, const Caller& caller) {
  const auto login = login_of(caller.token);
  if (!login || *login > caller.now + caller.leeway) return false;  // a login to come is none
  return caller.now - *login <= most + caller.leeway;
}

bool has_acr(const AnyAcr& acr, const VerifiedToken& token) {
  const auto claim = token.claims().find("acr");
  const auto accepted = acr.values.items();
  return claim && claim->string() && std::find(accepted.begin(), accepted.end(), *claim->string()) != accepted.end();
}

/// What of a condition is not met.
struct Shortfall {
  const Caller& caller;

  std::optional<Condition> operator()(const AllOf& all) const {
    auto lacking = those(all.atoms, [&](const Atom& atom) { return holds(atom, caller.token) != Holds::yes; });
    return lacking ? std::optional<Condition>{AllOf{*std::move(lacking)}} : std::nullopt;
  }
  std::optional<Condition> operator()(const AnyOf& any) const {
    const auto atoms = any.atoms.items();
    const bool met = std::any_of(atoms.begin(), atoms.end(),
                                 [&](const Atom& atom) { return holds(atom, caller.token) == Holds::yes; });
    return met ? std::nullopt : std::optional<Condition>{any};
  }
  // What cannot be read may be what is forbidden.
  std::optional<Condition> operator()(const NoneOf& none) const {
    auto present = those(none.atoms, [&](const Atom& atom) { return holds(atom, caller.token) != Holds::no; });
    return present ? std::optional<Condition>{NoneOf{*std::move(present)}} : std::nullopt;
  }
  std::optional<Condition> operator()(const MaxAge& age) const {
    return logged_in_within(age.most, caller) ? std::nullopt : std::optional<Condition>{age};
  }
  std::optional<Condition> operator()(const AnyAcr& acr) const {
    return has_acr(acr, caller.token) ? std::nullopt : std::optional<Condition>{acr};
  }
  // That the binding holds is checked before; here it is whether there is one.
  std::optional<Condition> operator()(BoundSender sender) const {
    const Binding binding = binding_of(caller.token);
    const bool bound = (sender == BoundSender::dpop ? binding.key : binding.certificate).has_value();
    return bound ? std::nullopt : std::optional<Condition>{sender};
  }
};

std::string list_of(const NonEmpty<Atom>& atoms) {
  std::string list;
  for (const Atom& atom : atoms.items()) list += (list.empty() ? "" : ", ") + text_of(atom);
  return list;
}

std::string_view word_of(BoundSender sender) {
  switch (sender) {
    case BoundSender::dpop:
      return "dpop";
    case BoundSender::mtls:
      return "mtls";
  }
  return {};
}

std::string joined(const NonEmpty<std::string>& words, const char* between) {
  std::string list;
  for (const std::string& word : words.items()) list += (list.empty() ? "" : between) + word;
  return list;
}

std::string seconds_of(std::chrono::seconds duration) {
  return std::to_string(duration.count()) + 's';
}

/// As in the rules.
struct Written {
  std::string operator()(const AllOf& all) const { return "all: [" + list_of(all.atoms) + "]"; }
  std::string operator()(const AnyOf& any) const { return "any: [" + list_of(any.atoms) + "]"; }
  std::string operator()(const NoneOf& none) const { return "none: [" + list_of(none.atoms) + "]"; }
  std::string operator()(const MaxAge& age) const { return "max_age: " + seconds_of(age.most); }
  std::string operator()(const AnyAcr& acr) const { return "acr: [" + joined(acr.values, ", ") + "]"; }
  std::string operator()(BoundSender sender) const { return "sender: " + std::string{word_of(sender)}; }
};

/// As it follows the word "needs".
struct Needed {
  std::string operator()(const AllOf& all) const { return list_of(all.atoms); }
  std::string operator()(const AnyOf& any) const { return "any of " + list_of(any.atoms); }
  std::string operator()(const NoneOf& none) const { return "none of " + list_of(none.atoms); }
  std::string operator()(const MaxAge& age) const { return "max_age " + seconds_of(age.most); }
  std::string operator()(const AnyAcr& acr) const { return "acr " + joined(acr.values, " or "); }
  std::string operator()(BoundSender sender) const { return "sender " + std::string{word_of(sender)}; }
};

Reason reason_of(const Atom& lacking) {
  const bool granted_at_login = lacking.kind == Atom::Kind::scope || lacking.kind == Atom::Kind::permission;
  return granted_at_login ? Reason::insufficient_scope : Reason::forbidden;
}

/// The first unmet condition decides, and its first atom.
struct Refusal {
  const Caller& caller;

  Error operator()(const AllOf& all) const { return lacks(all.atoms.items().front()); }
  Error operator()(const AnyOf& any) const { return lacks(any.atoms.items().front()); }
  // To ask for a scope that is one too many would be the wrong advice, so this is never insufficient_scope.
  Error operator()(const NoneOf& none) const {
    const Atom& atom = none.atoms.items().front();
    return {Reason::forbidden,
            holds(atom, caller.token) == Holds::yes ? text_of(atom) : what_it_has(atom, caller.token)};
  }
  Error operator()(const MaxAge&) const { return {Reason::step_up, login_in_words()}; }
  Error operator()(const AnyAcr&) const {
    const auto acr = caller.token.claims().find("acr");
    return {Reason::step_up, acr ? "acr " + printable(acr->string().value_or("")) : "no acr claim"};
  }
  Error operator()(BoundSender sender) const {
    if (sender == BoundSender::dpop) return {Reason::dpop_missing, "no cnf.jkt: it is not bound to a DPoP key"};
    return {Reason::certificate_mismatch, "no cnf.x5t#S256: it is not bound to a client certificate"};
  }

 private:
  std::string login_in_words() const {
    if (!caller.token.claims().find("auth_time")) return "no auth_time claim";
    const auto login = login_of(caller.token);
    if (!login) return "an auth_time that is no time";
    const auto age = std::chrono::floor<std::chrono::seconds>(caller.now - *login);
    return age.count() < 0 ? "an auth_time in the future" : "an auth_time " + std::to_string(age.count()) + " s ago";
  }
  Error lacks(const Atom& atom) const { return {reason_of(atom), what_it_has(atom, caller.token)}; }
};

struct FirstFault {
  std::string operator()(const AllOf& all) const { return among(all.atoms); }
  std::string operator()(const AnyOf& any) const { return among(any.atoms); }
  std::string operator()(const NoneOf& none) const { return among(none.atoms); }
  std::string operator()(const MaxAge& age) const {
    return age.most < MaxAge::shortest || age.most > MaxAge::longest ? "max_age is from 1s to 365d" : "";
  }
  std::string operator()(const AnyAcr& acr) const {
    const auto values = acr.values.items();
    if (std::all_of(values.begin(), values.end(), is_scope_word)) return {};
    return "an acr value has no blanks, quotes or backslashes: a challenge lists them with blanks between (RFC 9470 "
           "§3)";
  }
  std::string operator()(BoundSender) { return {}; }

 private:
  static std::string among(const NonEmpty<Atom>& atoms) {
    for (const Atom& atom : atoms.items())
      if (std::string fault = fault_of(atom); !fault.empty()) return fault;
    return {};
  }
};

}  // namespace

std::vector<Condition> unmet(const Access& access, const Caller& caller) {
  std::vector<Condition> missing;
  if (const auto* requirement = std::get_if<Requirement>(&access))
    for (const Condition& condition : requirement->conditions.items())
      if (auto shortfall = std::visit(Shortfall{caller}, condition)) missing.push_back(*std::move(shortfall));
  return missing;
}

namespace {

template <class Wanted>
bool any_condition(const Access& access, Wanted wanted) {
  const auto* requirement = std::get_if<Requirement>(&access);
  if (!requirement) return false;
  const auto conditions = requirement->conditions.items();
  return std::any_of(conditions.begin(), conditions.end(), wanted);
}

}  // namespace

bool changes_with_time(const Access& access) {
  return any_condition(access, [](const Condition& condition) { return std::holds_alternative<MaxAge>(condition); });
}

bool asks_for(const Access& access, BoundSender sender) {
  return any_condition(access, [&](const Condition& condition) {
    const auto* asked = std::get_if<BoundSender>(&condition);
    return asked && *asked == sender;
  });
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

Error refusal_of(const std::vector<Condition>& missing, const Caller& caller) {
  std::string needed;
  for (const Condition& condition : missing) needed += (needed.empty() ? "" : ", ") + std::visit(Needed{}, condition);
  Error refusal = std::visit(Refusal{caller}, missing.front());
  refusal.detail = "needs " + needed + "; token has " + refusal.detail;
  return refusal;
}

}  // namespace portcullis
