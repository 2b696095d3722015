#include "core/access/credential.h"

#include <algorithm>

#include "core/token/base64url.h"
#include "core/token/printable.h"

namespace portcullis {
namespace {

constexpr std::size_t most_looked_at = 8 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_scheme_word(std::string_view text) {
  return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Result<Credential> find_credential(std::span<const Header> headers) {
  std::optional<std::string_view> value, proof;
  bool several_proofs = false;
  for (const Header& header : headers) {
    if (equal_without_case(header.name, "dpop")) {
      several_proofs = several_proofs || proof;
      proof = header.value;
    }
    if (!equal_without_case(header.name, "authorization")) continue;
    if (value) return Error{Reason::bad_request, "there are two Authorization headers"};
    value = header.value;
  }
  if (!value) return Credential{{}, "there is no Authorization header"};
  if (value->empty()) return Credential{{}, "the Authorization header is empty"};

  const std::size_t blank = value->find(' ');
  const std::string_view scheme = value->substr(0, blank);
  const bool dpop = equal_without_case(scheme, "dpop");
  if (!dpop && !equal_without_case(scheme, "bearer")) {  // the scheme is case-insensitive: RFC 9110 §11.1
    // What follows may be a password or a token without its scheme: only a plain scheme word is repeated.
    const bool word = blank != value->npos && is_scheme_word(scheme);
    return Credential{{},
                      word ? "the scheme is " + printable(scheme) + ", neither Bearer nor DPoP"
                           : std::string{"the Authorization header does not start with Bearer or DPoP"}};
  }
  const char* const name = dpop ? "DPoP" : "Bearer";
  std::string_view token = blank == value->npos ? std::string_view{} : value->substr(blank);
  while (token.starts_with(' ')) token.remove_prefix(1);  // 1*SP: RFC 9110 §11.4
  if (token.empty()) return Credential{{}, std::string{"there is no token behind "} + name};
  if (!dpop && proof) return Error{Reason::bad_request, "there is a DPoP header, and the scheme is Bearer, not DPoP"};
  if (several_proofs) return Error{Reason::dpop_invalid, "there are two DPoP headers"};
  return Credential{token, {}, dpop ? CredentialScheme::dpop : CredentialScheme::bearer, proof};
}

Result<Done> check_undivided(const Credential& credential) {
  const std::string_view token = credential.token->substr(0, most_looked_at);
  const auto holds = [&](char c) { return token.find(c) != token.npos; };  // a memchr each: find_first_of is none
  if (!holds(' ') && !holds(',') && !holds('\t') && !holds('\r') && !holds('\n')) return Done{};
  return Error{Reason::bad_request, std::string{"there is more than one token behind "} +
                                        (credential.scheme == CredentialScheme::dpop ? "DPoP" : "Bearer")};
}

}  // namespace portcullis
