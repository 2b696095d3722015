#include "core/token/key_material.h"

namespace portcullis {
namespace {

struct Fits {
  const AlgorithmFacts& algorithm;
  bool operator()(const RsaKey&) const {
    return algorithm.family == Family::rsa_pkcs1 || algorithm.family == Family::rsa_pss;
  }
  bool operator()(const EcKey& ec) const { return algorithm.family == Family::ecdsa && ec.curve == algorithm.curve; }
  bool operator()(const Ed25519Key&) const { return algorithm.family == Family::ed25519; }
  bool operator()(const HmacSecret& secret) const {  // RFC 7518 §3.2: not shorter than the hash
    return algorithm.family == Family::hmac && secret.bytes.size() >= algorithm.signature_bytes;
  }
};

// One key, one algorithm (RFC 8725 §3.1). "EdDSA" and "Ed25519" are two names of the same thing.
bool named_for(const std::optional<Algorithm>& named, Algorithm wanted) {
  if (!named || *named == wanted) return true;
  return facts(*named).family == Family::ed25519 && facts(wanted).family == Family::ed25519;
}

constexpr std::size_t least_secret_bytes = 32;

}  // namespace

VerificationKey::VerificationKey(std::shared_ptr<const Material> material) noexcept : material_(std::move(material)) {}

bool VerificationKey::fits(Algorithm algorithm) const noexcept {
  return named_for(material_->algorithm, algorithm) && std::visit(Fits{facts(algorithm)}, material_->key);
}

const std::optional<std::string>& VerificationKey::key_id() const noexcept {
  return material_->key_id;
}

std::string_view VerificationKey::type() const noexcept {
  struct Type {
    std::string_view operator()(const RsaKey&) const { return "RSA"; }
    std::string_view operator()(const EcKey& ec) const {
      switch (ec.curve) {
        case Curve::P256:
          return "EC P-256";
        case Curve::P384:
          return "EC P-384";
        case Curve::P521:
          return "EC P-521";
      }
      return "EC";
    }
    std::string_view operator()(const Ed25519Key&) const { return "OKP Ed25519"; }
    std::string_view operator()(const HmacSecret&) const { return "secret"; }
  };
  return std::visit(Type{}, material_->key);
}

int VerificationKey::bits() const noexcept {
  struct Bits {
    int operator()(const RsaKey& rsa) const { return rsa.bits; }
    int operator()(const EcKey& ec) const { return EVP_PKEY_get_bits(ec.key.get()); }
    int operator()(const Ed25519Key&) const { return 256; }
    int operator()(const HmacSecret& secret) const { return static_cast<int>(secret.bytes.size() * 8); }
  };
  return std::visit(Bits{}, material_->key);
}

std::string VerificationKey::thumbprint() const {
  return material_->thumbprint;
}

std::optional<std::chrono::sys_seconds> VerificationKey::expires_at() const noexcept {
  return material_->not_after;
}

Result<VerificationKey, std::string> VerificationKey::from_secret(std::string_view secret) {
  if (secret.size() < least_secret_bytes)
    return "the secret has " + std::to_string(secret.size()) + " bytes; HS256 needs at least 32 (RFC 7518 §3.2)";
  return KeyAccess::make({HmacSecret{std::string{secret}}, std::nullopt, std::nullopt, {}, std::nullopt});
}

}  // namespace portcullis
