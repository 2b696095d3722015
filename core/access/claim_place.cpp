#include "core/access/claim_place.h"

#include <algorithm>
#include <array>
#include <map>

namespace portcullis {
namespace {

template <std::size_t n>
bool among(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_nested(std::string_view pointer) {
  return pointer.find('/', 1) != pointer.npos;
}

// What else decides about these claims, so that nothing can be said by looking at the rules.
constexpr std::array<std::string_view, 8> beyond_rules{"aud", "exp", "nbf", "iat", "cnf", "azp", "client_id", "scope"};
constexpr std::array<std::string_view, 5> typed{"iss", "sub", "jti", "org_id", "permissions"};

std::string advice_on(std::string_view top) {
  if (top == "azp" || top == "client_id") return "write client:ID instead";
  if (top == "scope") return "write scope:NAME instead";
  return "that claim is judged before any rule";
}

}  // namespace

bool holds_one(ClaimForm form) {
  return form == ClaimForm::text || form == ClaimForm::client || form == ClaimForm::login;
}

std::string_view first_name_of(std::string_view pointer) {
  return pointer.substr(1, pointer.find('/', 1) - 1);
}

Result<ClaimPlace, std::string> claim_place_of(const Trait& trait) {
  if (std::holds_alternative<AcrIs>(trait)) return ClaimPlace{"/acr", ClaimForm::text};
  if (std::holds_alternative<MaxAge>(trait)) return ClaimPlace{"/auth_time", ClaimForm::login};
  if (const auto* sender = std::get_if<BoundSender>(&trait))
    return ClaimPlace{*sender == BoundSender::dpop ? "/cnf/jkt" : "/cnf/x5t#S256", ClaimForm::text};
  const Atom& atom = std::get<Atom>(trait);
  switch (atom.kind) {
    case Atom::Kind::scope:
      return ClaimPlace{"/scope", ClaimForm::words};
    case Atom::Kind::permission:
      return ClaimPlace{"/permissions", ClaimForm::texts};
    case Atom::Kind::role:
      return ClaimPlace{"/roles", ClaimForm::texts};
    case Atom::Kind::organization:
      return ClaimPlace{"/org_id", ClaimForm::text};
    case Atom::Kind::client:
      return ClaimPlace{"/azp", ClaimForm::client};
    case Atom::Kind::claim:
      break;
  }
  const std::string_view top = first_name_of(atom.pointer);
  if (among(beyond_rules, top) || (among(typed, top) && is_nested(atom.pointer)))
    return "nothing can be proved about " + text_of(atom) + ": " + advice_on(top);
  if (top == "permissions") return ClaimPlace{atom.pointer, ClaimForm::texts};
  return ClaimPlace{atom.pointer, among(typed, top) ? ClaimForm::text : ClaimForm::values};
}

std::string value_of(const Trait& trait) {
  if (const auto* acr = std::get_if<AcrIs>(&trait)) return acr->value;
  if (const auto* sender = std::get_if<BoundSender>(&trait))
    return std::string{*sender == BoundSender::dpop ? some_key : some_certificate};
  const auto* atom = std::get_if<Atom>(&trait);
  return atom ? atom->value : std::string{};
}

Result<Done, std::string> check_places(const std::vector<Wishes>& wishes) {
  std::map<std::string, ClaimForm> known;
  for (const Wishes& ways : wishes)
    for (const Wish& wish : ways) {
      auto found = claim_place_of(wish.trait);
      if (!found) return found.error();
      const auto [place, added] = known.emplace(found->pointer, found->form);
      if (!added && place->second != found->form)
        return "nothing can be proved where one claim is asked for in two ways: " + found->pointer;
    }
  for (const auto& [pointer, form] : known)
    for (auto above = pointer.rfind('/'); above != 0; above = pointer.rfind('/', above - 1))
      if (known.contains(pointer.substr(0, above)))
        return "nothing can be proved where a claim and what lies in it are asked for: " + pointer;
  return Done{};
}

}  // namespace portcullis
