// Only verify() makes a VerifiedToken.
#include <type_traits>

#include "portcullis/token.h"

using portcullis::UnverifiedToken;
using portcullis::VerifiedToken;

static_assert(!std::is_default_constructible_v<VerifiedToken>);
static_assert(!std::is_constructible_v<VerifiedToken, UnverifiedToken>);
static_assert(!std::is_constructible_v<VerifiedToken, std::shared_ptr<const UnverifiedToken>>);

#if MISUSE
VerifiedToken forge(std::shared_ptr<const UnverifiedToken> token) {
  return VerifiedToken{std::move(token)};
}
#endif
