// Nonces that nobody has to remember: an HMAC of the time. RFC 9449 §8, §9.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis {

/// Takes the nonces of those with the same Secrets::nonce_seed; without one, of the same `seed`, its own alone. Safe
/// from any thread.
class NonceMint {
 public:
  explicit NonceMint(const Secrets& secrets);

  /// A new nonce comes each `life`, and the one before it is still good: a client has at least that long.
  static constexpr std::chrono::seconds life{150};

  /// The nonce for the next proof: 43 characters of base64url, which are NQCHAR.
  std::string at(WallTime now) const;

  enum class Age : std::uint8_t { current, previous, unknown };
  Age age_of(std::string_view nonce, WallTime now) const;

 private:
  std::string of_period(std::int64_t period) const;
  const std::array<unsigned char, 32> seed_;
};

}  // namespace portcullis
