// Which keys of a published set may be used, and which one a token names. RFC 7517 §4, §5; case C011.
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>

#include "core/token/base64url.h"
#include "portcullis/keys.h"

namespace portcullis {
namespace {

std::string modulus_of_new_key(unsigned bits) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(bits), &EVP_PKEY_free};
  BIGNUM* n = nullptr;
  EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &n);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(n)), '\0');
  BN_bn2bin(n, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(n);
  return base64url_encode(bytes);
}

const std::string& k1() {
  static const std::string n = modulus_of_new_key(2048);
  return n;
}

// A whole RSA entry; `more` begins with a comma.
std::string rsa(const std::string& kid, const std::string& more = "", const std::string& n = k1()) {
  return R"({"kty":"RSA","kid":")" + kid + R"(","n":")" + n + R"(","e":"AQAB")" + more + "}";
}

std::string set_of(const std::string& entries) {
  return R"({"keys":[)" + entries + "]}";
}

constexpr auto strict = MissingKeyId::refused;

TEST(KeySet, SkipsStrangeEntriesAndKeepsTheGoodOne) {  // C011
  const std::string strange =
      R"({"kty":"AKP","kid":"pq1","alg":"ML-DSA-44","pub":"..."},null,)" +
      rsa("enc1", R"(,"use":"enc")", modulus_of_new_key(2048)) + ',' + rsa("k1", R"(,"use":"sig")") + ',' +
      rsa("small", R"(,"use":"sig")", modulus_of_new_key(1024)) + R"(,{"kty":"oct","kid":"h1","k":"c2VjcmV0"})";
  const auto set = KeySet::parse(set_of(strange));
  ASSERT_TRUE(set) << (set ? "" : set.error());
  ASSERT_EQ(set->keys().size(), 1U);
  EXPECT_EQ(set->keys().front().key_id(), "k1");
  EXPECT_EQ(set->skipped().size(), 5U);
  EXPECT_TRUE(set->candidates(Algorithm::RS256, "k1", strict));
  EXPECT_TRUE(set->candidates(Algorithm::RS512, "k1", strict)) << "without alg, the configured list decides";
  for (const char* kid : {"enc1", "small", "pq1", "", "K1", "k1 ", "nobody"}) {
    SCOPED_TRACE(kid);
    const auto none = set->candidates(Algorithm::RS256, kid, strict);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().reason, Reason::unknown_kid);
  }
  for (const Algorithm other : {Algorithm::HS256, Algorithm::ES256, Algorithm::EdDSA}) {
    SCOPED_TRACE(std::string{name_of(other)});
    const auto none = set->candidates(other, "k1", strict);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().reason, Reason::key_mismatch);
  }
}

TEST(KeySet, NeverGuessesForATokenWithoutKeyId) {
  const auto one = KeySet::parse(set_of(rsa("k1")));
  const auto two = KeySet::parse(set_of(rsa("k1") + ',' + rsa("k2", "", modulus_of_new_key(2048))));
  ASSERT_TRUE(one);
  ASSERT_TRUE(two);
  EXPECT_FALSE(one->candidates(Algorithm::RS256, std::nullopt, strict));
  EXPECT_TRUE(one->candidates(Algorithm::RS256, std::nullopt, MissingKeyId::allowed_if_one_key_fits));
  EXPECT_FALSE(two->candidates(Algorithm::RS256, std::nullopt, MissingKeyId::allowed_if_one_key_fits));
}

TEST(KeySet, JudgesEachEntryByItself) {
  struct Row {
    const char* what;
    std::string entry;
    bool used;
  };
  const std::string d = base64url_encode("private");
  const Row rows[] = {
      {"plain", rsa("x"), true},
      {"use sig", rsa("x", R"(,"use":"sig")"), true},
      {"use enc", rsa("x", R"(,"use":"enc")"), false},
      {"use in capitals", rsa("x", R"(,"use":"SIG")"), false},
      {"use null", rsa("x", R"(,"use":null)"), false},
      {"may verify", rsa("x", R"(,"key_ops":["sign","verify"])"), true},
      {"may not verify", rsa("x", R"(,"key_ops":["encrypt"])"), false},
      {"no operation", rsa("x", R"(,"key_ops":[])"), false},
      {"operation twice", rsa("x", R"(,"key_ops":["verify","verify"])"), false},
      {"operations as a string", rsa("x", R"(,"key_ops":"verify")"), false},
      {"alg fits", rsa("x", R"(,"alg":"RS256")"), true},
      {"alg of another type", rsa("x", R"(,"alg":"ES256")"), false},
      {"alg HS256 on a public key", rsa("x", R"(,"alg":"HS256")"), false},
      {"alg none", rsa("x", R"(,"alg":"none")"), false},
      {"unknown member", rsa("x", R"(,"x-note":"hello")"), true},
      {"member twice", rsa("x", R"(,"use":"sig","use":"sig")"), false},
      {"member twice, once escaped", rsa("x", R"(,"use":"sig","\u0075se":"enc")"), false},
      {"unknown member with a duplicate inside", rsa("x", R"(,"z":{"a":1,"a":2})"), false},
      {"private exponent", rsa("x", R"(,"d":")" + d + '"'), false},
      {"private prime", rsa("x", R"(,"p":")" + d + '"'), false},
      {"secret beside a public key", rsa("x", R"(,"k":")" + d + '"'), false},
      {"kid a number", R"({"kty":"RSA","kid":7,"n":")" + k1() + R"(","e":"AQAB"})", false},
      {"without kid", R"({"kty":"RSA","n":")" + k1() + R"(","e":"AQAB"})", true},
      {"without e", R"({"kty":"RSA","kid":"x","n":")" + k1() + "\"}", false},
      {"padded modulus", rsa("x", "", k1() + "=="), false},
      {"even exponent", R"({"kty":"RSA","kid":"x","n":")" + k1() + R"(","e":"BA"})", false},
      {"exponent one", R"({"kty":"RSA","kid":"x","n":")" + k1() + R"(","e":"AQ"})", false},
      {"empty x5c", rsa("x", R"(,"x5c":[])"), false},
      {"x5c that is no certificate", rsa("x", R"(,"x5c":["AAAA"])"), false},
      {"kty in small letters", R"({"kty":"rsa","kid":"x","n":")" + k1() + R"(","e":"AQAB"})", false},
      {"a string", R"("key")", false},
      {"an array", "[]", false},
  };
  const std::string other = rsa("other", "", modulus_of_new_key(2048));
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const auto set = KeySet::parse(set_of(other + ',' + row.entry));
    ASSERT_TRUE(set) << (set ? "" : set.error());
    EXPECT_EQ(set->keys().size(), row.used ? 2U : 1U) << (set->skipped().empty() ? "" : set->skipped().front().why);
    EXPECT_EQ(set->skipped().size(), row.used ? 0U : 1U);
  }
}

TEST(KeySet, DropsBothOfTwoKeysWithOneName) {
  const std::string second = modulus_of_new_key(2048);
  const auto set = KeySet::parse(set_of(rsa("a") + ',' + rsa("a", "", second) + ',' + rsa("b")));
  ASSERT_TRUE(set);
  EXPECT_FALSE(set->candidates(Algorithm::RS256, "a", strict));
  EXPECT_TRUE(set->candidates(Algorithm::RS256, "b", strict));
  EXPECT_FALSE(KeySet::parse(set_of(rsa("a") + ',' + rsa("a", "", second))));
}

TEST(KeySet, IsADocumentWithAnArrayOfKeysOrNothing) {
  EXPECT_TRUE(KeySet::parse(set_of(rsa("k1"))));
  EXPECT_TRUE(KeySet::parse(R"({"more":1,"keys":[)" + rsa("k1") + "]}"));
  std::string many = rsa("k1");
  for (int i = 1; i < 64; ++i) many += ",null";
  EXPECT_TRUE(KeySet::parse(set_of(many)));
  const std::string wrong[] = {"",
                               "null",
                               "[]",
                               "{}",
                               "<html></html>",
                               set_of(""),
                               R"({"keys":null})",
                               R"({"keys":{}})",
                               rsa("k1"),
                               '[' + rsa("k1") + ']',
                               set_of(rsa("k1")) + "x",
                               R"({"keys":[],"keys":[)" + rsa("k1") + "]}",
                               set_of(many + ",null"),
                               set_of(rsa("k1")) + std::string(256 * 1024, ' ')};
  for (const std::string& text : wrong) {
    SCOPED_TRACE(text.substr(0, 60));
    const auto set = KeySet::parse(text);
    ASSERT_FALSE(set);
    EXPECT_FALSE(set.error().empty());
  }
}

}  // namespace
}  // namespace portcullis
