// RSA_METHOD is called deprecated since OpenSSL 3.0; why the older functions are used: pkcs1_signature.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/token/rsa_power.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

namespace portcullis {
namespace {

constexpr int squarings = 16;
constexpr BN_ULONG exponent = (1UL << squarings) + 1;

// OpenSSL calls it with base < modulus (RFC 8017 §5.2.2 step 1), and has looked.
int power(BIGNUM* result, const BIGNUM* base, const BIGNUM* e, const BIGNUM* modulus, BN_CTX* context,
          BN_MONT_CTX* montgomery) noexcept {
  if (montgomery == nullptr || BN_is_word(e, exponent) != 1)
    return BN_mod_exp_mont(result, base, e, modulus, context, montgomery);
  BN_CTX_start(context);
  BIGNUM* const running = BN_CTX_get(context);
  bool good = running != nullptr && BN_to_montgomery(running, base, montgomery, context) == 1;
  for (int turn = 0; good && turn < squarings; ++turn)
    good = BN_mod_mul_montgomery(running, running, running, montgomery, context) == 1;
  // Here `running` is base^65536 R. A product loses one R, and `base` has none: what comes out is the number itself.
  good = good && BN_mod_mul_montgomery(result, running, base, montgomery, context) == 1;
  BN_CTX_end(context);
  return good ? 1 : 0;
}

}  // namespace

const RSA_METHOD* rsa_method() noexcept {
  // Never freed: keys that live until the very end still ask it how to go.
  static const RSA_METHOD* const method = []() -> const RSA_METHOD* {
    RSA_METHOD* const made = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    if (made != nullptr && RSA_meth_set_bn_mod_exp(made, power) == 1) return made;
    RSA_meth_free(made);
    return nullptr;
  }();
  return method;
}

}  // namespace portcullis
