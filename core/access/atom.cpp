#include "core/access/atom.h"

#include <algorithm>

#include "core/token/printable.h"

namespace portcullis {
namespace {

constexpr std::size_t most_shown = 200;

Holds yes_or_no(bool held) {
  return held ? Holds::yes : Holds::no;
}

/// Nobody else has looked at the type of `roles`, so it may be anything.
Holds has_role(const VerifiedToken& token, std::string_view role) {
  const auto roles = token.claims().find("roles");
  if (!roles) return Holds::no;
  if (!roles->is(JsonKind::array)) return Holds::unreadable;
  bool found = false;
  for (const Json entry : *roles) {
    if (!entry.string()) return Holds::unreadable;
    found = found || entry.string() == role;
  }
  return yes_or_no(found);
}

/// A string by its characters, a number as the token writes it, true or false.
Holds is_value(const Json& value, std::string_view text) {
  switch (value.kind()) {
    case JsonKind::null:
      return Holds::no;
    case JsonKind::boolean:
      return yes_or_no(text == (*value.boolean() ? "true" : "false"));
    case JsonKind::number:
      return yes_or_no(value.number_text() == text);
    case JsonKind::string:
      return yes_or_no(value.string() == text);
    case JsonKind::array:
    case JsonKind::object:
      return Holds::unreadable;
  }
  return Holds::unreadable;
}

Holds has_claim(const VerifiedToken& token, const Atom& atom) {
  const auto claim = find_at(token.claims(), atom.pointer);
  if (!claim) return Holds::no;
  if (!claim->is(JsonKind::array)) return is_value(*claim, atom.value);
  Holds held = Holds::no;
  for (const Json item : *claim) {
    const Holds one = is_value(item, atom.value);
    if (one == Holds::yes) return one;
    if (one == Holds::unreadable) held = one;
  }
  return held;
}

std::string value_at(const VerifiedToken& token, const Atom& atom) {
  if (!find_at(token.claims(), atom.pointer)) return "nothing there";
  return has_claim(token, atom) == Holds::unreadable ? "an object or a list in a list there" : "another value there";
}

std::string list_at(const VerifiedToken& token, const std::string& name) {
  const auto list = token.claims().find(name);
  if (!list) return "no " + name + " claim";
  if (!list->is(JsonKind::array)) return name + " that is no list";
  std::string words;
  for (const Json entry : *list) {
    if (words.size() > most_shown) return name + " [" + words + ", …]";
    words += (words.empty() ? "" : ", ") + printable(entry.string().value_or(""));
  }
  return name + " [" + words + "]";
}

std::string scope_of(const VerifiedToken& token) {
  return token.scope() ? "scope " + printable(*token.scope(), most_shown) : "no scope claim";
}

std::string_view kind_of(const Atom& atom) {
  switch (atom.kind) {
    case Atom::Kind::scope:
      return "scope:";
    case Atom::Kind::permission:
      return "permission:";
    case Atom::Kind::role:
      return "role:";
    case Atom::Kind::organization:
      return "organization:";
    case Atom::Kind::client:
      return "client:";
    case Atom::Kind::claim:
      return "claim:";
  }
  return {};
}

}  // namespace

Holds holds(const Atom& atom, const VerifiedToken& token) {
  switch (atom.kind) {
    case Atom::Kind::scope:
      return yes_or_no(token.has_scope(atom.value));
    case Atom::Kind::permission:
      return yes_or_no(token.has_permission(atom.value));
    case Atom::Kind::role:
      return has_role(token, atom.value);
    case Atom::Kind::organization:
      return yes_or_no(token.organization() == atom.value);
    case Atom::Kind::client:
      return yes_or_no(token.client() == atom.value);
    case Atom::Kind::claim:
      return has_claim(token, atom);
  }
  return Holds::unreadable;
}

std::string text_of(const Atom& atom) {
  std::string text{kind_of(atom)};
  if (atom.kind == Atom::Kind::claim) text += atom.pointer + '=';
  return text + atom.value;
}

std::string what_it_has(const Atom& atom, const VerifiedToken& token) {
  switch (atom.kind) {
    case Atom::Kind::scope:
      return scope_of(token) +
             (token.has_permission(atom.value) ? "; it has that word as a permission, which is another claim" : "");
    case Atom::Kind::permission:
      return list_at(token, "permissions") +
             (token.has_scope(atom.value) ? "; it has that word as a scope, which is another claim" : "");
    case Atom::Kind::role:
      return list_at(token, "roles");
    case Atom::Kind::organization:
      return token.organization() ? "org_id " + printable(*token.organization()) : "no org_id claim";
    case Atom::Kind::client:
      return token.client() ? "client " + printable(*token.client()) : "neither azp nor client_id";
    case Atom::Kind::claim:
      return value_at(token, atom);
  }
  return {};
}

std::string fault_of(const Atom& atom) {
  if (atom.kind == Atom::Kind::scope && !is_scope_word(atom.value))
    return "a scope has no blanks, quotes or backslashes (RFC 6749 §3.3)";
  if (atom.kind == Atom::Kind::claim && (atom.pointer.empty() || !is_json_pointer(atom.pointer)))
    return "a claim is claim:POINTER=VALUE with a JSON pointer such as /plan or /https:~1~1x.example~1roles "
           "(RFC 6901: ~1 is a slash, ~0 a tilde)";
  if (atom.value.empty()) return "a requirement has a value: " + text_of(atom) + "VALUE";
  return {};
}

bool is_scope_word(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

}  // namespace portcullis
