// Many keys, one choice. RFC 7517 §5; tokens.md §2.1, §2.4.
#include <algorithm>

#include "core/token/base64url.h"
#include "core/token/jwk.h"
#include "core/token/jws.h"
#include "core/token/printable.h"
#include "core/token/signature.h"
#include "portcullis/keys.h"

namespace portcullis {
namespace {

constexpr std::size_t document_bytes = 256 * 1024;
constexpr std::size_t most_keys = 64;

std::string key_id_of(const Json& entry) {
  const auto kid = entry.find("kid");
  return std::string{kid ? kid->string().value_or("").substr(0, 64) : ""};
}

// Two keys under one name: nobody can say which is meant, so neither is used.
void drop_twins(std::vector<VerificationKey>& keys, std::vector<KeySet::Skipped>& skipped) {
  const auto twins = [](const VerificationKey& a, const VerificationKey& b) {
    return a.key_id() && a.key_id() == b.key_id() && a.type() == b.type();
  };
  std::vector<VerificationKey> single;
  for (const VerificationKey& key : keys) {
    const auto same = std::count_if(keys.begin(), keys.end(), [&](const auto& other) { return twins(key, other); });
    if (same <= 1) {
      single.push_back(key);
    } else {
      skipped.push_back({*key.key_id(), "another key has the same kid"});
    }
  }
  keys = std::move(single);
}

}  // namespace

KeySet::KeySet(Kind kind, std::vector<VerificationKey> keys, std::vector<Skipped> skipped)
    : kind_(kind), keys_(std::move(keys)), skipped_(std::move(skipped)) {}

Result<KeySet, std::string> KeySet::parse(std::string_view jwks) {
  const auto document = JsonDocument::parse(jwks, {.bytes = document_bytes, .duplicates = DuplicateNames::marked});
  if (!document) return "the key set is not JSON: " + document.error().detail;
  const Json root = document->root();
  const auto entries = root.find("keys");
  if (!entries || !entries->is(JsonKind::array)) return std::string{"the key set has no array 'keys'"};
  if (root.has_duplicate_names()) return std::string{"the key set has two members of one name"};
  if (entries->size() > most_keys) return std::string{"the key set has more than 64 keys"};
  std::vector<VerificationKey> keys;
  std::vector<Skipped> skipped;
  for (const Json entry : *entries) {
    auto key = key_of_jwk(entry);
    if (key) {
      keys.push_back(*std::move(key));
    } else {
      skipped.push_back({key_id_of(entry), key.error()});
    }
  }
  drop_twins(keys, skipped);
  if (keys.empty()) {
    std::string why = "the key set has no usable key";
    for (const Skipped& entry : skipped) why += "; " + printable(entry.key_id) + ": " + entry.why;
    return why.substr(0, 500);
  }
  return KeySet{Kind::published, std::move(keys), std::move(skipped)};
}

KeySet KeySet::of_static_keys(std::vector<VerificationKey> keys) {
  return KeySet{Kind::configured, std::move(keys), {}};
}

Result<Candidates> KeySet::candidates(Algorithm algorithm, std::optional<std::string_view> wanted,
                                      MissingKeyId missing_key_id) const {
  const bool by_name = kind_ == Kind::published && wanted.has_value();
  Candidates fitting{nullptr};
  bool named = false;
  for (const VerificationKey& key : keys_) {
    if (by_name && (!key.key_id() || *key.key_id() != *wanted)) continue;
    named = true;
    if (!key.fits(algorithm)) continue;
    if (!fitting.first) {
      fitting.first = &key;
    } else {
      fitting.others.push_back(&key);
    }
  }
  if (by_name && !named) return Error{Reason::unknown_kid, "no key has the kid " + printable(*wanted)};
  if (!fitting.first)
    return Error{Reason::key_mismatch, "no key of this issuer fits " + std::string{name_of(algorithm)}};
  if (kind_ == Kind::published && !wanted) {
    if (missing_key_id == MissingKeyId::refused)
      return Error{Reason::unknown_kid, "the token has no kid (allow_missing_kid is off)"};
    if (!fitting.others.empty()) return Error{Reason::unknown_kid, "the token has no kid, and several keys fit"};
  }
  return fitting;
}

Result<Done> check_signature(std::string_view compact, const KeySet& keys, const TokenLimits& limits) {
  const auto jws = parse_jws(compact, limits);
  if (!jws) return jws.error();
  if (!base64url_decode(jws->payload)) return Error{Reason::malformed, "the payload is not strict base64url"};
  const auto candidates = keys.candidates(jws->algorithm, jws->key_id, MissingKeyId::allowed_if_one_key_fits);
  if (!candidates) return candidates.error();
  const auto signed_by = [&](const VerificationKey* key) {
    return verify_signature(KeyAccess::material(*key), jws->algorithm, jws->signing_input, jws->signature) ==
           SignatureVerdict::good;
  };
  if (signed_by(candidates->first) || std::any_of(candidates->others.begin(), candidates->others.end(), signed_by))
    return Done{};
  return Error{Reason::bad_signature, "the key did not sign these bytes"};
}

}  // namespace portcullis
