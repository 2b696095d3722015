// The compact JWS: shape, encoding, JSON, header policy. RFC 7515 §3.1, §4, §7.1.
#include <algorithm>
#include <array>

#include "core/token/base64url.h"
#include "core/token/jws.h"
#include "core/token/printable.h"
#include "core/token/token_parts.h"

namespace portcullis {
namespace {

constexpr std::size_t key_id_bytes = 256;
constexpr std::size_t most_on_stack = 8 * 1024;  // decoded octets; a usual token's parts take no memory of their own

struct Segments {
  std::string_view header, payload, signature;
};

std::size_t count_dots(std::string_view text, std::size_t enough) {
  std::size_t dots = 0;
  for (std::size_t at = text.find('.'); at != text.npos && dots < enough; at = text.find('.', at + 1)) ++dots;
  return dots;
}

// Exactly two dots and three non-empty parts (RFC 7515 §7.1). What only looks like a token of another
// kind is told apart: the commonest mistake is a login without `audience`.
Result<Segments> split(std::string_view compact, const TokenLimits& limits) {
  if (compact.size() > limits.token) {
    if (count_dots(compact.substr(0, limits.token), 5) > 4) return Error{Reason::malformed, "more than four dots"};
    return Error{Reason::too_large, std::to_string(compact.size()) + " bytes, limit " + std::to_string(limits.token)};
  }
  if (compact.empty()) return Error{Reason::malformed, "the token is empty"};
  const std::size_t fine = jws_prefix(compact);
  if (fine != compact.size())
    return Error{Reason::malformed, "character " + std::to_string(fine + 1) + " is not base64url"};

  const std::size_t first = std::min(compact.find('.'), compact.size());
  const std::size_t second = std::min(compact.find('.', first + 1), compact.size());
  if (second == compact.size() || compact.find('.', second + 1) != compact.npos) {
    const std::size_t dots = count_dots(compact, compact.size());
    if (dots == 0) return Error{Reason::not_jws, "one part: an opaque token. Was 'audience' sent at login?"};
    if (dots == 1) return Error{Reason::not_jws, "two parts: no signed JWT. Was 'audience' sent at login?"};
    if (dots == 4) return Error{Reason::not_jws, "five parts: an encrypted token (JWE). Was 'audience' sent at login?"};
    return Error{Reason::malformed, std::to_string(dots + 1) + " parts instead of three"};
  }
  const Segments segments{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                          compact.substr(second + 1)};
  if (segments.header.empty()) return Error{Reason::malformed, "the header part is empty"};
  if (segments.payload.empty()) return Error{Reason::malformed, "the payload part is empty"};
  if (segments.signature.empty()) return Error{Reason::malformed, "the signature part is empty: an unsigned token"};
  return segments;
}

// Parameters whose presence is refused (tokens.md §1.4): keys the token brings itself, certificates,
// nesting, compression, unencoded payloads, and everything that belongs to encryption.
constexpr std::array<std::string_view, 15> forbidden{"jwk", "jku", "x5u", "x5c", "cty", "zip", "b64", "enc",
                                                     "p2c", "p2s", "epk", "apu", "apv", "iv",  "tag"};

struct Selectors {
  Algorithm algorithm;
  std::optional<std::string> key_id;
};

Result<std::optional<std::string>> read_key_id(const Json& header) {
  const auto kid = header.find("kid");
  if (!kid) return std::optional<std::string>{};
  if (!kid->string()) return Error{Reason::malformed, "kid is not a string"};
  if (kid->string()->empty()) return Error{Reason::malformed, "kid is empty"};
  if (kid->string()->size() > key_id_bytes)
    return Error{Reason::too_large,
                 "kid has " + std::to_string(kid->string()->size()) + " bytes, limit " + std::to_string(key_id_bytes)};
  if (kid->string()->find('\0') != std::string_view::npos) return Error{Reason::malformed, "kid holds U+0000"};
  return std::optional<std::string>{*kid->string()};
}

Result<Selectors> check_header(const Json& header, EmbeddedKey embedded) {
  for (auto member = header.begin(); member != header.end(); ++member) {
    const std::string_view name = member.name();
    if (name == "alg" || name == "kid" || name == "typ") continue;  // most headers have these and no more
    if (name == "jwk" && embedded == EmbeddedKey::expected) continue;
    if (std::find(forbidden.begin(), forbidden.end(), name) != forbidden.end())
      return Error{Reason::header_forbidden, "the header has " + std::string{name}};
  }
  if (header.find("crit")) return Error{Reason::crit, "no extension is understood (RFC 7515 §4.1.11)"};

  const auto alg = header.find("alg");
  if (!alg || !alg->string()) return Error{Reason::alg_not_allowed, "the header has no alg that is a string"};
  const auto algorithm = algorithm_named(*alg->string());
  if (!algorithm) return Error{Reason::alg_not_allowed, "alg is " + printable(*alg->string(), 32)};
  auto key_id = read_key_id(header);
  if (!key_id) return key_id.error();
  return Selectors{*algorithm, *std::move(key_id)};
}

}  // namespace

Result<JsonDocument> parse_segment(std::string_view segment, const char* name, const JsonLimits& limits) {
  std::array<char, most_on_stack> place;  // NOLINT(cppcoreguidelines-pro-type-member-init): only what is filled is read
  std::optional<std::string> elsewhere;
  auto bytes = base64url_decode(segment, place);
  if (!bytes && segment.size() > place.size()) {
    elsewhere = base64url_decode(segment);
    if (elsewhere) bytes = *elsewhere;
  }
  if (!bytes) return Error{Reason::malformed, std::string{"the "} + name + " is not strict base64url"};
  auto document = JsonDocument::parse(*bytes, limits);
  if (!document) return Error{document.error().reason, std::string{name} + ": " + document.error().detail};
  if (!document->root().is(JsonKind::object))
    return Error{Reason::bad_json, std::string{"the "} + name + " is not a JSON object"};
  return document;
}

Result<Jws> parse_jws(std::string_view compact, const TokenLimits& limits, EmbeddedKey embedded) {
  const auto segments = split(compact, limits);
  if (!segments) return segments.error();
  auto header = parse_segment(segments->header, "header", {.bytes = limits.header, .members = 32});
  if (!header) return header.error();
  auto selectors = check_header(header->root(), embedded);
  if (!selectors) return selectors.error();
  auto signature = base64url_decode(segments->signature);
  if (!signature) return Error{Reason::malformed, "the signature is not strict base64url"};
  const std::size_t signing_input_bytes = segments->header.size() + 1 + segments->payload.size();
  return Jws{compact.substr(0, signing_input_bytes),
             segments->payload,
             *std::move(signature),
             *std::move(header),
             selectors->algorithm,
             std::move(selectors->key_id)};
}

Result<UnverifiedToken> parse_token(std::string_view compact, const TokenLimits& limits) {
  auto jws = parse_jws(compact, limits);
  if (!jws) return jws.error();
  auto payload = parse_segment(jws->payload, "payload", {.bytes = limits.token});
  if (!payload) return payload.error();
  return UnverifiedToken{std::make_shared<const UnverifiedToken::Parts>(
      UnverifiedToken::Parts{std::string{compact}, jws->signing_input.size(), std::move(jws->signature),
                             std::move(jws->header), *std::move(payload), jws->algorithm, std::move(jws->key_id)})};
}

UnverifiedToken::UnverifiedToken(std::shared_ptr<const Parts> parts) noexcept : parts_(std::move(parts)) {}
UnverifiedToken::UnverifiedToken(UnverifiedToken&&) noexcept = default;
UnverifiedToken& UnverifiedToken::operator=(UnverifiedToken&&) noexcept = default;
UnverifiedToken::~UnverifiedToken() = default;

Algorithm UnverifiedToken::algorithm() const noexcept {
  return parts_->algorithm;
}

std::optional<std::string_view> UnverifiedToken::key_id() const noexcept {
  if (!parts_->key_id) return std::nullopt;
  return std::string_view{*parts_->key_id};
}

std::optional<std::string_view> UnverifiedToken::claimed_issuer() const noexcept {
  const auto iss = parts_->payload.root().find("iss");
  return iss ? iss->string() : std::nullopt;
}

bool UnverifiedToken::claims_audience(std::string_view audience) const noexcept {
  const auto aud = parts_->payload.root().find("aud");
  if (!aud) return false;
  if (aud->string()) return *aud->string() == audience;
  if (!aud->is(JsonKind::array)) return false;
  for (const Json entry : *aud)
    if (entry.string() == audience) return true;
  return false;
}

}  // namespace portcullis
