#include "core/token/claims.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/token/claim_index.h"
#include "core/token/printable.h"
#include "core/token/token_parts.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_audiences = 32;
constexpr std::size_t most_grants = 1024;            // scopes, permissions
constexpr std::size_t most_grant_bytes = 16 * 1024;  // of both together
constexpr std::size_t most_subject_characters = 255;
constexpr double last_date = 253402300799;  // 9999-12-31T23:59:59Z

Error bad_claim(std::string_view name, const char* what) {
  return Error{Reason::bad_claim, std::string{name} + ' ' + what};
}

Result<Done> require(const ClaimIndex& claims, std::initializer_list<Claim> names) {
  for (const Claim name : names)
    if (!claims[name]) return bad_claim(name_of(name), "is missing");
  return Done{};
}

// Absent is fine; present must be a string that C APIs cannot truncate.
Result<std::optional<std::string_view>> optional_string(const ClaimIndex& claims, Claim name) {
  const auto& claim = claims[name];
  if (!claim) return std::optional<std::string_view>{};
  const auto text = claim->string();
  if (!text) return bad_claim(name_of(name), "is not a string");
  if (text->find('\0') != text->npos) return bad_claim(name_of(name), "holds U+0000");
  return text;
}

// RFC 7515 §4.1.9: "application/" may be left out when there is no other slash; compared without case.
std::string media_type(std::string_view typ) {
  std::string lower{typ};  // as a rule it fits into the string itself
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  constexpr std::string_view prefix = "application/";
  if (lower.starts_with(prefix) && lower.find('/', prefix.size()) == lower.npos) lower.erase(0, prefix.size());
  return lower;
}

Error wrong_type(std::string detail) {
  return Error{Reason::wrong_token_type, std::move(detail)};
}

Result<Done> check_typ(const Json& header, const Expectations& expect) {
  const auto typ = header.find("typ");
  if (typ && !typ->string()) return wrong_type("typ is not a string");
  const std::optional<std::string> type = typ ? std::optional<std::string>{media_type(*typ->string())} : std::nullopt;
  const auto found = [&] { return type ? "typ is " + printable(*typ->string(), 32) : std::string{"there is no typ"}; };
  switch (expect.profile) {
    case Profile::auth0_access:
      if (!type || *type == "jwt" || *type == "at+jwt") return Done{};
      return wrong_type(found() + "; an access token has JWT, at+jwt or none");
    case Profile::rfc9068:
      if (type == "at+jwt") return Done{};
      return wrong_type(found() + "; RFC 9068 demands at+jwt");
    case Profile::id_token:
      if (!type || *type == "jwt") return Done{};
      return wrong_type(found() + "; an ID token has JWT or none");
    case Profile::generic:
      if (!expect.types) {
        if (!type || *type == "jwt") return Done{};
        return wrong_type(found() + "; JWT or none is expected where 'typ' is not configured");
      }
      for (const std::string& accepted : expect.types->items())
        if (type && *type == media_type(accepted)) return Done{};
      return wrong_type(found() + "; it is not in the configured list");
  }
  return wrong_type(found());
}

bool expects_audience(const Expectations& expect, std::string_view audience) {
  const auto wanted = expect.audiences.items();
  return std::find(wanted.begin(), wanted.end(), audience) != wanted.end();
}

// Claims that only another kind of token has (RFC 8725 §3.12).
Result<Done> check_markers(const ClaimIndex& claims, const Expectations& expect) {
  if (claims[Claim::events]) return wrong_type("it has 'events': a logout or security event token");
  switch (expect.profile) {
    case Profile::auth0_access:
    case Profile::rfc9068:
      for (const Claim marker : {Claim::nonce, Claim::at_hash, Claim::c_hash})
        if (claims[marker])
          return wrong_type("it has '" + std::string{name_of(marker)} + "': an ID token. Send the access token");
      return Done{};
    case Profile::id_token:
      for (const Claim marker : {Claim::scope, Claim::permissions, Claim::gty})
        if (claims[marker])
          return wrong_type("it has '" + std::string{name_of(marker)} +
                            "': an access token. An ID token is expected here");
      if (const auto client = claims[Claim::client_id];
          client && !(client->string() && expects_audience(expect, *client->string())))
        return wrong_type("it has a 'client_id' other than its audience: an access token");
      return Done{};
    case Profile::generic:
      return Done{};
  }
  return Done{};
}

Result<Done> check_issuer(const ClaimIndex& claims, const Expectations& expect) {
  const auto iss = claims[Claim::iss];
  const auto found = iss ? iss->string() : std::nullopt;
  if (std::holds_alternative<UncheckedIssuer>(expect.issuer)) {
    if (iss && !found) return Error{Reason::bad_iss, "iss is not a string"};
    return Done{};
  }
  const std::string& expected = std::get<std::string>(expect.issuer);
  if (!iss) return Error{Reason::bad_iss, "iss is missing"};
  if (!found) return Error{Reason::bad_iss, "iss is not a string"};
  if (*found != expected) return Error{Reason::bad_iss, "iss is " + printable(*found, 200) + ", expected " + expected};
  return Done{};
}

Error wrong_audience(const std::string& found, const Expectations& expect) {
  std::string wanted;
  for (const std::string& audience : expect.audiences.items())
    wanted += (wanted.empty() ? "" : " or ") + printable(audience, 200);
  return Error{Reason::bad_aud, "aud is " + found + ", expected " + wanted};
}

// A string, or an array of strings of which one must match (RFC 7519 §4.1.3); byte for byte.
Result<Done> check_audience(const ClaimIndex& claims, const Expectations& expect) {
  const auto aud = claims[Claim::aud];
  if (!aud) return Error{Reason::bad_aud, "aud is missing"};
  if (const auto one = aud->string()) {
    if (expects_audience(expect, *one)) return Done{};
    return wrong_audience(printable(*one, 200), expect);
  }
  if (!aud->is(JsonKind::array)) return Error{Reason::bad_aud, "aud is neither a string nor an array of strings"};
  if (aud->size() > most_audiences)
    return Error{Reason::too_large, "aud has " + std::to_string(aud->size()) + " entries, limit 32"};
  bool match = false;
  for (const Json entry : *aud) {
    const auto text = entry.string();
    if (!text) return Error{Reason::bad_aud, "aud has an entry that is not a string"};
    if (expect.profile == Profile::id_token && text->ends_with("/userinfo"))
      return Error{Reason::bad_aud, "aud names /userinfo: an access token. An ID token is expected here"};
    match = match || expects_audience(expect, *text);
  }
  if (match) return Done{};
  std::string found;
  for (const Json entry : *aud) found += (found.empty() ? "" : ", ") + printable(*entry.string(), 100);
  return wrong_audience("[" + found + "]", expect);
}

Result<Done> check_subject(const ClaimIndex& claims, const Expectations& expect) {
  const auto subject = optional_string(claims, Claim::sub);
  if (!subject) return subject.error();
  if (!*subject) return expect.profile == Profile::generic ? Result<Done>{Done{}} : bad_claim("sub", "is missing");
  const std::string_view text = **subject;
  if (text.empty()) return bad_claim("sub", "is empty");
  const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  const auto characters = text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continuation));
  if (characters > most_subject_characters) return bad_claim("sub", "has more than 255 characters");
  return Done{};
}

Result<Done> check_grants(const ClaimIndex& claims) {
  const auto scope = optional_string(claims, Claim::scope);
  if (!scope) return scope.error();
  std::size_t bytes = scope->value_or("").size();
  const std::string_view words = scope->value_or("");
  if (static_cast<std::size_t>(std::count(words.begin(), words.end(), ' ')) >= most_grants)
    return Error{Reason::too_large, "scope has more than 1024 words"};
  if (const auto permissions = claims[Claim::permissions]) {
    if (!permissions->is(JsonKind::array)) return bad_claim("permissions", "is not an array");
    for (const Json permission : *permissions) {
      if (!permission.string()) return bad_claim("permissions", "has an entry that is not a string");
      bytes += permission.string()->size();
    }
  }
  if (bytes > most_grant_bytes) return Error{Reason::too_large, "scope and permissions have more than 16 KiB"};
  return Done{};
}

Result<Done> check_clients(const ClaimIndex& claims, const Expectations& expect) {
  const auto azp = optional_string(claims, Claim::azp);
  if (!azp) return azp.error();
  const auto client = optional_string(claims, Claim::client_id);
  if (!client) return client.error();
  if (*azp && *client && **azp != **client) return Error{Reason::bad_claim, "azp and client_id differ"};
  if (expect.profile == Profile::id_token) {
    const auto aud = claims[Claim::aud];
    if (!*azp && aud && aud->size() > 1) return bad_claim("azp", "is missing although aud has several entries");
    if (*azp && !expects_audience(expect, **azp))  // OIDC Core §3.1.3.7: present, then our client
      return Error{Reason::bad_claim, "azp is not our client"};
  }
  if (!expect.clients) return Done{};
  const auto allowed = expect.clients->items();
  const auto& caller = *azp ? *azp : *client;
  if (caller && std::find(allowed.begin(), allowed.end(), *caller) != allowed.end()) return Done{};
  return Error{Reason::bad_claim, (caller ? "client " + printable(*caller) : std::string{"a token without azp"}) +
                                      " is not in the configured clients"};
}

// RFC 7800 §3.1: what cannot be confirmed must not be accepted.
Result<Done> check_confirmation(const ClaimIndex& claims) {
  const auto cnf = claims[Claim::cnf];
  if (!cnf) return Done{};
  if (!cnf->is(JsonKind::object)) return bad_claim("cnf", "is not an object");
  bool known = false;
  for (auto member = cnf->begin(); member != cnf->end(); ++member) {
    if (member.name() != "jkt" && member.name() != "x5t#S256") continue;
    const auto digest = (*member).string();
    if (!digest || digest->size() != 43) return bad_claim("cnf", "has a digest that is not 43 characters");
    known = true;
  }
  return known ? Result<Done>{Done{}} : bad_claim("cnf", "names no way of confirmation that is known");
}

Result<Done> check_types(const ClaimIndex& claims, const Expectations& expect) {
  if (const auto subject = check_subject(claims, expect); !subject) return subject;
  if (const auto grants = check_grants(claims); !grants) return grants;
  for (const Claim name : {Claim::org_id, Claim::jti})
    if (const auto text = optional_string(claims, name); !text) return text.error();
  if (const auto confirmation = check_confirmation(claims); !confirmation) return confirmation;
  switch (expect.profile) {
    case Profile::auth0_access:
    case Profile::id_token:
      return require(claims, {Claim::iat});
    case Profile::rfc9068:
      return require(claims, {Claim::iat, Claim::client_id, Claim::jti});
    case Profile::generic:
      return Done{};
  }
  return Done{};
}

std::string seconds_between(WallTime later, WallTime earlier) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(later - earlier).count()) + " s";
}

Result<std::optional<WallTime>> optional_date(const ClaimIndex& claims, Claim name) {
  const auto& claim = claims[name];
  if (!claim) return std::optional<WallTime>{};
  const auto date = numeric_date(*claim);
  if (!date) return bad_claim(name_of(name), "is not a number of seconds from 1970 to 9999");
  return date;
}

}  // namespace

std::optional<WallTime> numeric_date(const Json& value) noexcept {
  const auto seconds = value.number();
  if (!seconds || !(*seconds >= 0) || *seconds > last_date) return std::nullopt;
  return WallTime{milliseconds{static_cast<std::int64_t>(std::floor(*seconds * 1000))}};
}

bool has_word(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const std::size_t space = list.find(' ');
    if (list.substr(0, space) == word) return !word.empty();
    if (space == list.npos) return false;
    list.remove_prefix(space + 1);
  }
  return false;
}

namespace {
Result<Done> check_time(const ClaimIndex& claims, const Expectations& expect, WallTime now) {
  const auto exp = optional_date(claims, Claim::exp);
  if (!exp) return exp.error();
  const auto nbf = optional_date(claims, Claim::nbf);
  if (!nbf) return nbf.error();
  const auto iat = optional_date(claims, Claim::iat);
  if (!iat) return iat.error();
  if (!*exp) return bad_claim("exp", "is missing");
  const auto leeway = [&] { return ", leeway " + std::to_string(expect.leeway.count()) + " s"; };
  if (now >= **exp + expect.leeway)  // "on or after" is too late: RFC 7519 §4.1.4
    return Error{Reason::expired, "expired " + seconds_between(now, **exp) + " ago" + leeway()};
  if (*nbf && now + expect.leeway < **nbf)
    return Error{Reason::not_yet, "valid in " + seconds_between(**nbf, now) + leeway()};
  if (*iat && **iat > now + expect.leeway)
    return Error{Reason::not_yet, "issued " + seconds_between(**iat, now) + " in the future" + leeway()};
  if (*iat && **exp <= **iat) return bad_claim("exp", "is not after iat");
  return Done{};
}
}  // namespace

bool may_still_be_valid(const UnverifiedToken& token, const Expectations& expect, WallTime now) {
  const ClaimIndex claims{TokenAccess::parts(token).payload.root()};
  return check_audience(claims, expect) && check_time(claims, expect, now);
}

Result<Done> check_claims(const Json& header, const Json& payload, const Expectations& expect, WallTime now) {
  const ClaimIndex claims{payload};
  if (const auto typ = check_typ(header, expect); !typ) return typ;
  if (const auto markers = check_markers(claims, expect); !markers) return markers;
  if (const auto issuer = check_issuer(claims, expect); !issuer) return issuer;
  if (const auto audience = check_audience(claims, expect); !audience) return audience;
  if (const auto types = check_types(claims, expect); !types) return types;
  if (const auto time = check_time(claims, expect, now); !time) return time;
  return check_clients(claims, expect);
}

}  // namespace portcullis
