// Project Wycheproof's vectors, read from ../shared/vectors beside the repository, in which they are not. Where
// they are not there, the test is skipped and says how many were left out; those of the same kinds that we make
// ourselves are in tests/vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "core/token/base64url.h"
#include "core/token/signature.h"
#include "portcullis/json_writer.h"
#include "portcullis/keys.h"
#include "tests/vector_file.h"

namespace portcullis {
namespace {

using testing::text;

const std::string folder = "../../../shared/vectors/wycheproof/";  // seen from tests/vectors

enum class Verdict : std::uint8_t { good, bad };

struct Row {
  const char* file;
  Algorithm algorithm;
  int vectors;
};

// Of one primitive: keys and signatures as they are, without a token around them.
constexpr std::array primitives{
    Row{"ecdsa_secp256k1_sha256_p1363_test.json", Algorithm::ES256, 252},  // a curve that is not spoken here
    Row{"ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::ES256, 262},
    Row{"ecdsa_secp384r1_sha384_p1363_test.json", Algorithm::ES384, 280},
    Row{"ecdsa_secp521r1_sha512_p1363_test.json", Algorithm::ES512, 318},
    Row{"ed25519_test.json", Algorithm::EdDSA, 151},
    Row{"ed448_test.json", Algorithm::EdDSA, 87},  // a curve that is not spoken here
    Row{"hmac_sha256_test.json", Algorithm::HS256, 174},
    Row{"hmac_sha384_test.json", Algorithm::HS384, 174},
    Row{"hmac_sha512_test.json", Algorithm::HS512, 174},
    Row{"rsa_pss_2048_sha256_mgf1_0_test.json", Algorithm::PS256, 103},  // no salt
    Row{"rsa_pss_2048_sha256_mgf1_32_test.json", Algorithm::PS256, 108},
    Row{"rsa_pss_2048_sha256_mgf1sha1_20_test.json", Algorithm::PS256, 108},  // MGF1 with SHA-1
    Row{"rsa_pss_2048_sha384_mgf1_48_test.json", Algorithm::PS384, 141},
    Row{"rsa_pss_3072_sha256_mgf1_32_test.json", Algorithm::PS256, 108},
    Row{"rsa_pss_4096_sha256_mgf1_32_test.json", Algorithm::PS256, 108},
    Row{"rsa_pss_4096_sha384_mgf1_48_test.json", Algorithm::PS384, 141},
    Row{"rsa_pss_4096_sha512_mgf1_64_test.json", Algorithm::PS512, 179},
    Row{"rsa_signature_2048_sha256_test.json", Algorithm::RS256, 259},
    Row{"rsa_signature_2048_sha384_test.json", Algorithm::RS384, 258},
    Row{"rsa_signature_2048_sha512_test.json", Algorithm::RS512, 259},
    Row{"rsa_signature_3072_sha256_test.json", Algorithm::RS256, 259},
    Row{"rsa_signature_4096_sha256_test.json", Algorithm::RS256, 258},
};
constexpr std::array documents{
    Row{"json_web_crypto_test.json", {}, 83},
    Row{"json_web_key_test.json", {}, 26},
    Row{"json_web_signature_test.json", {}, 401},
};

int digit(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

std::string from_hex(const std::string& hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    octets += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return octets;
}

struct Exception {
  std::string_view file;
  std::array<int, 6> ids;
  Verdict ours;
  const char* why;
};

// What is called valid there and is refused here, and the other way round: tokens.md §7.2.
constexpr std::string_view jws = "json_web_signature_test.json", jwk = "json_web_key_test.json",
                           crypto = "json_web_crypto_test.json", no_salt = "rsa_pss_2048_sha256_mgf1_0_test.json";
constexpr std::array exceptions{
    Exception{jws, {346, 350}, Verdict::bad, "the JWK says PS256, the token is PS384"},
    Exception{jws, {347, 351}, Verdict::bad, "the JWK says ES521, which is no algorithm"},
    Exception{jws, {367, 370}, Verdict::good, "the very token of 357, which is valid"},
    Exception{jws, {372, 373}, Verdict::bad, "a question mark inside a part"},
    Exception{jws, {259, 264, 268, 272, 320, 325}, Verdict::bad, "a token without a payload is none (RFC 7519 §7.2)"},
    Exception{jwk, {2}, Verdict::bad, "several secrets: they come from the configuration, one an issuer"},
    Exception{crypto, {48}, Verdict::bad, "several secrets, as above"},
    Exception{crypto, {50, 67}, Verdict::bad, "encrypted: there is no code for JWE"},
    Exception{no_salt, {69}, Verdict::good, "a salt of 32 octets among those without: that is PS256"},
};

std::optional<Verdict> exception_for(const Row& row, const Json& test) {
  const double id = test.find("tcId")->number().value();
  for (const Exception& exception : exceptions)
    if (exception.file == row.file && std::find(exception.ids.begin(), exception.ids.end(), id) != exception.ids.end())
      return exception.ours;
  return std::nullopt;
}

/// Whether every vector of a file is to be refused, whatever it is called there: tokens.md §1.5.
bool is_not_spoken(std::string_view file) {
  return file.find("secp256k1") != file.npos || file.starts_with("ed448") || file.find("mgf1_0") != file.npos ||
         file.find("mgf1sha1") != file.npos;
}

Verdict wanted(const Row& row, const Json& group, const Json& test) {
  if (const auto exception = exception_for(row, test)) return *exception;
  if (text(test, "result") != "valid" || is_not_spoken(row.file)) return Verdict::bad;  // "acceptable" is not good
  if (!group.find("tagSize")) return Verdict::good;
  const double bits = static_cast<double>(facts(row.algorithm).signature_bytes) * 8;  // RFC 7518 §3.2: no shorter key
  const bool whole = group.find("tagSize")->number() == bits && group.find("keySize")->number() >= bits;
  return whole ? Verdict::good : Verdict::bad;
}

Verdict verdict_on(const Row& row, const Result<VerificationKey, std::string>& key, const Json& test) {
  if (!key || !key->fits(row.algorithm)) return Verdict::bad;
  const std::string signature = from_hex(text(test, test.find("tag") ? "tag" : "sig"));
  const auto verdict =
      verify_signature(KeyAccess::material(*key), row.algorithm, from_hex(text(test, "msg")), signature);
  return verdict == SignatureVerdict::good ? Verdict::good : Verdict::bad;
}

// --- JWS and JWK

KeySet keys_of(const Json& group) {
  const Json keys = group.find("public") ? *group.find("public") : *group.find("private");
  const auto list = keys.find("keys");
  const Json only = list && list->size() == 1 ? *list->begin() : keys;
  if (text(only, "kty") == "oct" && text(only, "alg").starts_with("HS")) {  // as a secret of the configuration
    if (const auto secret = VerificationKey::from_secret(base64url_decode(text(only, "k")).value_or("")))
      return KeySet::of_static_keys({*secret});
  }
  JsonWriter document;
  if (keys.find("keys")) {
    write_json(document, keys);
  } else {
    document.begin_object().key("keys").begin_array();
    write_json(document, keys);
    document.end_array().end_object();
  }
  auto set = KeySet::parse(document.text());
  return set ? *std::move(set) : KeySet::of_static_keys({});
}

Verdict verdict_on(const Json& group, const Json& test) {
  const std::string token = text(test, test.find("jwe") ? "jwe" : "jws");
  return check_signature(token, keys_of(group), {}) ? Verdict::good : Verdict::bad;
}

int total() {
  int vectors = 0;
  for (const Row& row : primitives) vectors += row.vectors;
  for (const Row& row : documents) vectors += row.vectors;
  return vectors;
}

class Wycheproof : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string{PORTCULLIS_SOURCE} + "/tests/vectors/" + folder))
      GTEST_SKIP() << "../shared/vectors is not there";
  }

  static void TearDownTestSuite() {  // scripts/test.sh shows such lines
    std::cout << "counted: wycheproof: " << judged_ << " vectors judged, " << total() - judged_
              << " left out (../shared/vectors)\n";
  }

  /// Calls `judge` for each vector of the file, which must be as many as the row says.
  template <class Judge>
  void each(const Row& row, Judge judge) {
    const auto file = testing::vector_file(folder + row.file);
    int vectors = 0;
    const Json groups = *file.root().find("testGroups");
    for (const Json group : groups) {
      const Json tests = *group.find("tests");
      for (const Json test : tests) {
        SCOPED_TRACE(std::string{row.file} + " tcId " + std::string{*test.find("tcId")->number_text()} + ": " +
                     text(test, "comment"));
        judge(group, test);
        ++vectors;
      }
    }
    EXPECT_EQ(vectors, row.vectors) << row.file;
    judged_ += vectors;
  }

  static inline int judged_ = 0;
};

TEST_F(Wycheproof, SignaturesOfEveryPrimitiveHaveTheirVerdict) {
  for (const Row& row : primitives) {
    std::string pem;
    auto key = VerificationKey::from_pem(pem);
    each(row, [&](const Json& group, const Json& test) {
      if (facts(row.algorithm).family == Family::hmac) {
        key = VerificationKey::from_secret(from_hex(text(test, "key")));
      } else if (text(group, "publicKeyPem") != pem) {
        pem = text(group, "publicKeyPem");
        key = VerificationKey::from_pem(pem);
      }
      EXPECT_EQ(verdict_on(row, key, test), wanted(row, group, test));
    });
  }
}

TEST_F(Wycheproof, TokensAndKeySetsHaveTheirVerdict) {
  for (const Row& row : documents)
    each(row,
         [&](const Json& group, const Json& test) { EXPECT_EQ(verdict_on(group, test), wanted(row, group, test)); });
}

}  // namespace
}  // namespace portcullis
