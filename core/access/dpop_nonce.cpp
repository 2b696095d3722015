#include "core/access/dpop_nonce.h"

#include "core/token/base64url.h"
#include "core/token/digest.h"

namespace portcullis {
namespace {

std::int64_t period_of(WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / NonceMint::life;
}

}  // namespace

NonceMint::NonceMint(const Secrets& secrets) : seed_(secrets.nonce_seed.value_or(secrets.seed)) {}

// A key of its own: what the seed hashes elsewhere always holds U+0000, and this label does not. Made when it is used,
// which most programs never do.
std::string NonceMint::of_period(std::int64_t period) const {
  const std::string key =
      hmac_sha256({reinterpret_cast<const char*>(seed_.data()), seed_.size()}, "key of DPoP nonces");
  return base64url_encode(hmac_sha256(key, std::to_string(period)));
}

std::string NonceMint::at(WallTime now) const {
  return of_period(period_of(now));
}

NonceMint::Age NonceMint::age_of(std::string_view nonce, WallTime now) const {
  const std::int64_t period = period_of(now);
  if (equal_in_constant_time(nonce, of_period(period))) return Age::current;
  return equal_in_constant_time(nonce, of_period(period - 1)) ? Age::previous : Age::unknown;
}

}  // namespace portcullis
