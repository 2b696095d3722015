// A result cannot be dropped.
#include "portcullis/token.h"

using namespace portcullis;

bool good(const UnverifiedToken& token, const VerificationKey& key) {
#if MISUSE
  check_signature(token, key);
  return true;
#else
  return static_cast<bool>(check_signature(token, key));
#endif
}
