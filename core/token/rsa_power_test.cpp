#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/token/rsa_power.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/rsa.h>

#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/token/pkcs1_signature.h"

namespace portcullis {
namespace {

struct FreeNumber {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
struct FreeContext {
  void operator()(BN_CTX* context) const noexcept { BN_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;
using Octets = std::vector<unsigned char>;

Number small(BN_ULONG value) {
  Number number{BN_new()};
  EXPECT_EQ(BN_set_word(number.get(), value), 1);
  return number;
}

class Numbers {
 public:
  Number below(const Number& bound) {
    const Number drawn = of_bits(BN_num_bits(bound.get()));
    Number number{BN_new()};
    EXPECT_EQ(BN_mod(number.get(), drawn.get(), bound.get(), context()), 1);
    return number;
  }

  // No product of two primes, which the arithmetic does not ask for.
  Number modulus(int bits) {
    Number number = of_bits(bits);
    EXPECT_EQ(BN_set_bit(number.get(), bits - 1) + BN_set_bit(number.get(), 0), 2);
    return number;
  }

  BN_CTX* context() { return context_.get(); }

 private:
  Number of_bits(int bits) {
    Octets octets((static_cast<std::size_t>(bits) + 7) / 8);
    for (auto& octet : octets) octet = static_cast<unsigned char>(random_());
    Number number{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
    BN_mask_bits(number.get(), bits);  // 0 where there is nothing to cut off
    return number;
  }

  std::mt19937_64 random_{20261130};
  std::unique_ptr<BN_CTX, FreeContext> context_{BN_CTX_new()};
};

// As verifying a signature asks for it; empty where it is refused.
Octets by_key(RSA* key, const Number& base) {
  Octets octets(static_cast<std::size_t>(RSA_size(key)));
  EXPECT_GE(BN_bn2binpad(base.get(), octets.data(), RSA_size(key)), 0);
  Octets result(octets.size());
  const int size = RSA_public_decrypt(RSA_size(key), octets.data(), result.data(), key, RSA_NO_PADDING);
  return size == RSA_size(key) ? result : Octets{};
}

// By multiplication and division, without Montgomery's form.
Octets by_division(const Number& base, const Number& exponent, const Number& modulus, BN_CTX* context) {
  const Number power{BN_new()};
  EXPECT_EQ(BN_mod_exp_simple(power.get(), base.get(), exponent.get(), modulus.get(), context), 1);
  Octets result(static_cast<std::size_t>(BN_num_bytes(modulus.get())));
  EXPECT_GE(BN_bn2binpad(power.get(), result.data(), static_cast<int>(result.size())), 0);
  return result;
}

TEST(RsaPower, IsThePowerForEverySizeExponentAndBase) {
  Numbers numbers;
  int powers = 0;
  for (const int bits : {2048, 2049, 2111, 3072, 4096, 8191, 8192}) {
    for (const BN_ULONG e : {3UL, 17UL, 65535UL, 65537UL, 65539UL, 4294967295UL}) {
      const Number modulus = numbers.modulus(bits);
      const Number exponent = small(e);
      const Rsa key = rsa_of(modulus.get(), exponent.get());
      ASSERT_TRUE(key);
      std::vector<Number> bases;
      for (const BN_ULONG base : {0UL, 1UL, 2UL}) bases.push_back(small(base));
      for (const BN_ULONG below : {1UL, 2UL}) {
        bases.emplace_back(BN_dup(modulus.get()));
        ASSERT_EQ(BN_sub_word(bases.back().get(), below), 1);
      }
      for (int turn = 0; turn < (e == 65537 ? 40 : 2); ++turn) bases.push_back(numbers.below(modulus));
      for (const Number& base : bases) {
        ASSERT_EQ(by_key(key.get(), base), by_division(base, exponent, modulus, numbers.context()))
            << bits << " bits, exponent " << e << ", base number " << &base - bases.data();
        ++powers;
      }
    }
  }
  std::cout << "counted: " << powers << " RSA powers beside division\n";
}

TEST(RsaPower, OfNumbersThatAreNotBelowTheModulusIsRefused) {
  Numbers numbers;
  const Number modulus = numbers.modulus(2048);
  const Rsa key = rsa_of(modulus.get(), small(65537).get());
  ASSERT_TRUE(key);
  const Number base{BN_dup(modulus.get())};
  EXPECT_TRUE(by_key(key.get(), base).empty());
  ASSERT_EQ(BN_sub_word(base.get(), 1), 1);
  EXPECT_FALSE(by_key(key.get(), base).empty());
  ASSERT_EQ(BN_add_word(base.get(), 2), 1);
  EXPECT_TRUE(by_key(key.get(), base).empty());
}

TEST(RsaPower, IsWhatEveryKeyHereGoesBy) {
  const Rsa key = rsa_of(Numbers{}.modulus(2048).get(), small(65537).get());
  ASSERT_TRUE(key);
  ASSERT_NE(rsa_method(), nullptr);
  EXPECT_EQ(RSA_get_method(key.get()), rsa_method());
}

}  // namespace
}  // namespace portcullis
