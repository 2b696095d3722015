// The tenant's signing keys, and the tokens they sign. The only file of world that knows OpenSSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "portcullis/result.h"

namespace portcullis::world {

/// An RSA-2048 key with a self-signed certificate. Copies share the key. Failures are sentences without key material.
class SigningKey {
 public:
  static Result<SigningKey, std::string> generate();
  /// Reads what to_pem() wrote.
  static Result<SigningKey, std::string> from_pem(std::string_view pem);
  std::string to_pem() const;  // private key, then certificate: for the state directory only

  const std::string& kid() const noexcept;  // RFC 7638 thumbprint
  std::string jwk() const;                  // alg e kid kty n use x5c x5t (RFC 7517 §4, RFC 7518 §6.3)
  std::string certificate_pem() const;
  /// A compact JWS (RFC 7515 §7.1) with the header {"alg":"RS256","typ":"JWT","kid":…}.
  std::string sign_rs256(std::string_view payload_json) const;

 private:
  struct Material;
  explicit SigningKey(std::shared_ptr<const Material> material) : material_(std::move(material)) {}
  static SigningKey assemble(std::shared_ptr<Material> material);
  std::shared_ptr<const Material> material_;
};

/// The current key signs, the next one is published already, and so is the previous one until somebody
/// revokes it (Auth0's life of a key: next, current, previous, gone).
class Mint {
 public:
  Mint(SigningKey current, SigningKey next);
  /// Opens the keys in `directory`, made private here, or makes them on the first start (mode 0600).
  static Result<Mint, std::string> open(const std::string& directory);

  std::string sign(std::string_view payload_json) const { return current_.sign_rs256(payload_json); }
  /// Signed by a key whose kid is published nowhere: what a foreign tenant would send. The key is made
  /// at the first call and lives as long as the mint. @returns nullopt when OpenSSL cannot make one
  std::optional<std::string> sign_with_unknown_key(std::string_view payload_json);
  /// The payload of a token that a published key of ours signed.
  std::optional<std::string> read_own(std::string_view token) const;
  std::string jwks() const;
  /// An entity tag of that set, in quotes: another one whenever a key is.
  std::string jwks_tag() const;
  const SigningKey& current() const noexcept { return current_; }

  /// The next key signs from now on, a new one is next, the current one is previous.
  Result<Done, std::string> rotate();
  /// The previous key is published no more: its tokens are refused by whoever looks. Nothing without one.
  Result<Done, std::string> revoke_previous();

 private:
  Result<Done, std::string> keep() const;

  std::string directory_;  // empty: nothing is kept
  SigningKey current_;
  SigningKey next_;
  std::optional<SigningKey> previous_;
  std::optional<SigningKey> stranger_;
};

}  // namespace portcullis::world
