#include "core/token/jwk.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/token/base64url.h"
#include "core/token/key_material.h"
#include "core/token/printable.h"

namespace portcullis {
namespace {

constexpr std::array<std::string_view, 9> private_members{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"};

bool has_duplicate_names(const Json& value) {
  if (value.has_duplicate_names()) return true;
  for (const Json child : value)
    if (has_duplicate_names(child)) return true;
  return false;
}

std::string text(const Json& jwk, std::string_view name) {
  const auto member = jwk.find(name);
  return std::string{member ? member->string().value_or("") : ""};
}

// Purpose: `use` and `key_ops` must allow verifying, and agree (RFC 7517 §4.2, §4.3).
std::string fault_of_purpose(const Json& jwk) {
  if (const auto use = jwk.find("use"); use && use->string() != "sig") return "its use is not sig";
  const auto operations = jwk.find("key_ops");
  if (!operations) return {};
  if (!operations->is(JsonKind::array)) return "its key_ops is not an array";
  std::set<std::string_view> seen;
  for (const Json operation : *operations) {
    if (!operation.string()) return "its key_ops has an entry that is not a string";
    if (!seen.insert(*operation.string()).second) return "its key_ops names an operation twice";
  }
  return seen.contains("verify") ? std::string{} : "its key_ops does not contain verify";
}

struct Octets {
  std::string bytes;
};

Result<Octets, std::string> octets(const Json& jwk, std::string_view name) {
  const auto member = jwk.find(name);
  if (!member || !member->string()) return "its member " + std::string{name} + " is missing";
  auto bytes = base64url_decode(*member->string());
  if (!bytes) return "its member " + std::string{name} + " is not strict base64url";
  return Octets{*std::move(bytes)};
}

Result<AnyKey, std::string> read_rsa(const Json& jwk) {
  auto modulus = octets(jwk, "n");
  if (!modulus) return modulus.error();
  const auto exponent = octets(jwk, "e");
  if (!exponent) return exponent.error();
  if (modulus->bytes.starts_with('\0')) modulus->bytes.erase(0, 1);  // some publishers add one zero octet
  if (modulus->bytes.starts_with('\0') || exponent->bytes.starts_with('\0'))
    return std::string{"its modulus or exponent has leading zero octets"};  // RFC 7518 §2, Base64urlUInt
  return rsa_key(modulus->bytes, exponent->bytes);
}

Result<AnyKey, std::string> read_ec(const Json& jwk) {
  const std::string crv = text(jwk, "crv");
  const auto x = octets(jwk, "x");
  if (!x) return x.error();
  const auto y = octets(jwk, "y");
  if (!y) return y.error();
  if (crv == "P-256") return ec_key(Curve::P256, x->bytes, y->bytes);
  if (crv == "P-384") return ec_key(Curve::P384, x->bytes, y->bytes);
  if (crv == "P-521") return ec_key(Curve::P521, x->bytes, y->bytes);
  return "its curve " + printable(crv, 16) + " is not supported";
}

Result<AnyKey, std::string> read_okp(const Json& jwk) {
  const std::string crv = text(jwk, "crv");
  if (crv != "Ed25519") return "its curve " + printable(crv, 16) + " is not supported";
  const auto x = octets(jwk, "x");
  if (!x) return x.error();
  return ed25519_key(x->bytes);
}

Result<AnyKey, std::string> read_by_type(const Json& jwk) {
  const std::string kty = text(jwk, "kty");
  if (kty == "RSA") return read_rsa(jwk);
  if (kty == "EC") return read_ec(jwk);
  if (kty == "OKP") return read_okp(jwk);
  if (kty == "oct") return std::string{"a shared secret is never taken from a key set"};
  return "its type " + printable(kty, 16) + " is not supported";
}

// A certificate beside the key must certify this very key (RFC 7517 §4.7).
std::string fault_of_certificate(const Json& jwk, const std::string& thumbprint) {
  const auto chain = jwk.find("x5c");
  if (!chain) return {};
  if (!chain->is(JsonKind::array) || chain->size() == 0) return "its x5c is not an array of certificates";
  const auto first = (*chain->begin()).string();
  const auto der = first ? base64_decode(*first) : std::nullopt;
  if (!der) return "its x5c is not base64";
  const auto certified = key_of_certificate(*der);
  if (!certified) return "its x5c: " + certified.error();
  return thumbprint_of(certified->key) == thumbprint ? std::string{} : "its x5c certifies another key";
}

}  // namespace

Result<VerificationKey, std::string> key_of_jwk(const Json& jwk) {
  if (!jwk.is(JsonKind::object)) return std::string{"it is not an object"};
  if (has_duplicate_names(jwk)) return std::string{"a member name appears twice"};
  const auto leaked = std::find_if(private_members.begin(), private_members.end(),
                                   [&](std::string_view name) { return jwk.find(name).has_value(); });
  if (leaked != private_members.end() && text(jwk, "kty") != "oct")
    return std::string{"it publishes private key material"};
  if (std::string fault = fault_of_purpose(jwk); !fault.empty()) return fault;

  auto key = read_by_type(jwk);
  if (!key) return key.error();

  std::optional<std::string> key_id;
  if (const auto kid = jwk.find("kid")) {
    if (!kid->string()) return std::string{"its kid is not a string"};
    key_id = std::string{*kid->string()};
  }
  std::string thumbprint = thumbprint_of(*key);
  if (std::string fault = fault_of_certificate(jwk, thumbprint); !fault.empty()) return fault;

  std::optional<Algorithm> algorithm;
  if (const auto alg = jwk.find("alg")) {
    algorithm = alg->string() ? algorithm_named(*alg->string()) : std::nullopt;
    if (!algorithm) return std::string{"its alg is not supported"};
  }
  VerificationKey made =
      KeyAccess::make({*std::move(key), algorithm, std::move(key_id), std::move(thumbprint), std::nullopt});
  if (algorithm && !made.fits(*algorithm)) return std::string{"its alg does not fit its type"};
  return made;
}

}  // namespace portcullis
