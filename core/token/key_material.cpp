#include "core/token/key_material.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/token/base64url.h"
#include "core/token/digest.h"

namespace portcullis {
namespace {

constexpr int least_rsa_bits = 2048;  // RFC 7518 §3.3
constexpr int most_rsa_bits = 8192;   // bounds the work of one verification
constexpr int most_exponent_bits = 32;

struct FreeBignum {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
using Bignum = std::unique_ptr<BIGNUM, FreeBignum>;

const unsigned char* octets(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bignum number_of(const std::string& bytes) {
  return Bignum{BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr)};
}

Bignum number_in(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return nullptr;
  return Bignum{number};
}

std::string bytes_of(const BIGNUM* number) {
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string bytes_of(const BIGNUM* number, std::size_t width) {
  std::string bytes(width, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(width));
  return bytes;
}

std::string raw_public_key(const EVP_PKEY* key) {
  std::string bytes(32, '\0');
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1) return {};
  return bytes;
}

bool is_prime(unsigned number) {
  for (unsigned divisor = 3; divisor * divisor <= number; divisor += 2)
    if (number % divisor == 0) return false;
  return number % 2 != 0;
}

bool is_power_of_65537(unsigned value, unsigned prime) {
  unsigned power = 1;
  do {
    if (power == value) return true;
    power = power * 65537U % prime;
  } while (power != 1);
  return false;
}

// A widespread chip made primes out of powers of 65537 modulo all small primes (CVE-2017-15361, "ROCA"): such keys can
// be factored. Any other key has this form by chance once in 2^167.
bool was_made_by_roca(const BIGNUM* modulus) {
  constexpr unsigned last_prime = 701;  // of those that went into keys from 2048 bits on
  for (unsigned prime = 3; prime <= last_prime; prime += 2)
    if (is_prime(prime) && !is_power_of_65537(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime)) return false;
  return true;
}

// OpenSSL builds keys that no gate has seen: e = 1 verifies forgeries, even moduli and 512 bits pass.
std::string fault_of_rsa(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  if (bits < least_rsa_bits) return "RSA with " + std::to_string(bits) + " bits; at least 2048 are needed";
  if (bits > most_rsa_bits) return "RSA with " + std::to_string(bits) + " bits; at most 8192 are accepted";
  if (!BN_is_odd(modulus)) return "its RSA modulus is even";
  if (!BN_is_odd(exponent) || BN_num_bits(exponent) > most_exponent_bits || BN_is_one(exponent))
    return "its RSA exponent is not an odd number from 3 to 2^32-1";
  if (was_made_by_roca(modulus)) return "its RSA modulus has the form of keys that can be factored (CVE-2017-15361)";
  return {};
}

Result<AnyKey, std::string> admit_rsa(const BIGNUM* modulus, const BIGNUM* exponent) {
  if (auto fault = fault_of_rsa(modulus, exponent); !fault.empty()) return fault;
  Rsa key = rsa_of(modulus, exponent);
  if (!key) return std::string{"out of memory"};
  return AnyKey{RsaKey{std::move(key), BN_num_bits(modulus), bytes_of(modulus), bytes_of(exponent)}};
}

// The encodings of the points whose order divides 8, sign bit cleared: under such a "key" a trivial
// signature verifies for every message.
bool is_small_order(std::string point) {
  static constexpr std::array<std::string_view, 7> small{
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU", "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
      "7P_______________________________________38", "7f_______________________________________38",
      "7v_______________________________________38"};
  point.back() = static_cast<char>(point.back() & 0x7F);
  return std::find(small.begin(), small.end(), base64url_encode(point)) != small.end();
}

std::optional<Curve> curve_named(std::string_view group) {
  if (group == "prime256v1" || group == "P-256") return Curve::P256;
  if (group == "secp384r1" || group == "P-384") return Curve::P384;
  if (group == "secp521r1" || group == "P-521") return Curve::P521;
  return std::nullopt;
}

Result<AnyKey, std::string> admit_ec(EvpKey key) {
  int explicit_parameters = 0;
  if (EVP_PKEY_get_int_param(key.get(), OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters) == 1 &&
      explicit_parameters != 0)
    return std::string{"EC with explicit parameters instead of a named curve"};
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size) != 1)
    return std::string{"EC without a named curve"};
  const auto curve = curve_named({group.data(), size});
  if (!curve) return std::string{"EC on a curve other than P-256, P-384 and P-521"};
  return AnyKey{EcKey{std::move(key), *curve}};
}

EvpKey key_from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
  EVP_PKEY* key = nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  if (context && parameters && EVP_PKEY_fromdata_init(context) == 1 &&
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    key = nullptr;
  OSSL_PARAM_free(parameters);
  EVP_PKEY_CTX_free(context);
  ERR_clear_error();
  return EvpKey{key};
}

struct FreeBuilder {
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
};
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeBuilder>;

const char* group_name(Curve curve) {
  switch (curve) {
    case Curve::P256:
      return "prime256v1";
    case Curve::P384:
      return "secp384r1";
    case Curve::P521:
      return "secp521r1";
  }
  return "";
}

const char* jwk_name(Curve curve) {
  switch (curve) {
    case Curve::P256:
      return "P-256";
    case Curve::P384:
      return "P-384";
    case Curve::P521:
      return "P-521";
  }
  return "";
}

// The required members alone, in lexicographic order, without white space (RFC 7638 §3.2).
struct CanonicalJwk {
  std::string operator()(const RsaKey& rsa) const {
    return R"({"e":")" + base64url_encode(rsa.exponent) + R"(","kty":"RSA","n":")" + base64url_encode(rsa.modulus) +
           R"("})";
  }
  std::string operator()(const EcKey& ec) const {
    const Bignum x = number_in(ec.key.get(), OSSL_PKEY_PARAM_EC_PUB_X);
    const Bignum y = number_in(ec.key.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
    const std::size_t width = coordinate_bytes(ec.curve);
    return std::string{R"({"crv":")"} + jwk_name(ec.curve) + R"(","kty":"EC","x":")" +
           base64url_encode(bytes_of(x.get(), width)) + R"(","y":")" + base64url_encode(bytes_of(y.get(), width)) +
           R"("})";
  }
  std::string operator()(const Ed25519Key& ed) const {
    return R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url_encode(raw_public_key(ed.key.get())) + R"("})";
  }
  std::string operator()(const HmacSecret&) const { return {}; }
};

}  // namespace

Result<AnyKey, std::string> admit_public_key(EvpKey key) {
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_RSA: {
      const Bignum modulus = number_in(key.get(), OSSL_PKEY_PARAM_RSA_N);
      const Bignum exponent = number_in(key.get(), OSSL_PKEY_PARAM_RSA_E);
      if (!modulus || !exponent) return std::string{"its modulus or exponent cannot be read"};
      return admit_rsa(modulus.get(), exponent.get());
    }
    case EVP_PKEY_EC:
      return admit_ec(std::move(key));
    case EVP_PKEY_ED25519:
      if (is_small_order(raw_public_key(key.get()))) return std::string{"an Ed25519 point of small order"};
      return AnyKey{Ed25519Key{std::move(key)}};
    default:
      return std::string{"not an RSA, EC or Ed25519 key"};
  }
}

Result<AnyKey, std::string> rsa_key(const std::string& modulus, const std::string& exponent) {
  if (modulus.empty() || exponent.empty()) return std::string{"its modulus or exponent is empty"};
  if (modulus.size() > most_rsa_bits / 8 + 1) return std::string{"its RSA modulus has more than 8192 bits"};
  if (exponent.size() > most_exponent_bits / 8)
    return std::string{"its RSA exponent is not an odd number from 3 to 2^32-1"};
  const Bignum n = number_of(modulus);
  const Bignum e = number_of(exponent);
  if (!n || !e) return std::string{"out of memory"};
  return admit_rsa(n.get(), e.get());
}

EvpKey evp_key_of(const RsaKey& rsa) {
  const Bignum n = number_of(rsa.modulus);
  const Bignum e = number_of(rsa.exponent);
  const ParameterBuilder builder{OSSL_PARAM_BLD_new()};
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return key_from_parameters("RSA", builder.get());
}

Result<AnyKey, std::string> ec_key(Curve curve, const std::string& x, const std::string& y) {
  const std::size_t width = coordinate_bytes(curve);
  if (x.size() != width || y.size() != width)  // exactly: RFC 7518 §6.2.1.2
    return "its coordinates do not have " + std::to_string(width) + " octets";
  const std::string point = '\x04' + x + y;  // uncompressed, so no infinity and no compressed form
  const ParameterBuilder builder{OSSL_PARAM_BLD_new()};
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve), 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return std::string{"out of memory"};
  EvpKey key = key_from_parameters("EC", builder.get());
  if (!key) return std::string{"its point is not on the curve"};
  return AnyKey{EcKey{std::move(key), curve}};
}

Result<AnyKey, std::string> ed25519_key(const std::string& x) {
  if (x.size() != 32) return std::string{"its x does not have 32 octets"};
  EvpKey key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(x), x.size())};
  ERR_clear_error();
  if (!key) return std::string{"not an Ed25519 key"};
  return admit_public_key(std::move(key));
}

std::string thumbprint_of(const AnyKey& key) {
  const std::string canonical = std::visit(CanonicalJwk{}, key);
  return canonical.empty() ? canonical : base64url_encode(sha256(canonical));
}

}  // namespace portcullis
