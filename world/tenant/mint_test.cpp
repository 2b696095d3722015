#include "world/tenant/mint.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "world/encoding/base64.h"
#include "world/tenant/tenant.h"

namespace portcullis::world {
namespace {

namespace json = boost::json;

BIGNUM* number(const json::value& jwk, const char* name) {
  const std::string bytes = base64url_decode(jwk.at(name).get_string()).value_or("");
  return BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr);
}

/// Verifies with the numbers of the JWK, as a stranger would.
bool verifies(const std::string& token, const json::value& jwk) {
  const auto dot = token.rfind('.');
  const std::string input = token.substr(0, dot), signature = base64url_decode(token.substr(dot + 1)).value_or("");
  BIGNUM* n = number(jwk, "n");
  BIGNUM* e = number(jwk, "e");
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* maker = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(maker);
  EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const bool good =
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(maker);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return good;
}

json::value header_of(const std::string& token) {
  return json::parse(base64url_decode(token.substr(0, token.find('.'))).value_or(""));
}

/// Two keys for all tests: making them takes its time.
const Mint& shared_mint() {
  static const Mint mint{*SigningKey::generate(), *SigningKey::generate()};
  return mint;
}

TEST(Mint, SignsWithTheFirstPublishedKey) {
  const std::string token = shared_mint().sign(R"({"sub":"ada"})");
  const auto jwks = json::parse(shared_mint().jwks());
  const auto& keys = jwks.at("keys");
  EXPECT_EQ(header_of(token), (json::value{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", keys.at(0).at("kid")}}));
  EXPECT_TRUE(verifies(token, keys.at(0)));
  EXPECT_FALSE(verifies(token, keys.at(1)));
  EXPECT_FALSE(verifies('x' + token, keys.at(0)));
}

TEST(Mint, SignsWithAKeyThatNobodyKnowsOnRequest) {
  Mint mint = shared_mint();
  const auto token = mint.sign_with_unknown_key("{}");
  ASSERT_TRUE(token);
  const auto jwks = json::parse(mint.jwks());
  for (const auto& key : jwks.at("keys").get_array()) {
    EXPECT_NE(key.at("kid"), header_of(*token).at("kid"));
    EXPECT_FALSE(verifies(*token, key));
  }
}

TEST(Mint, SignsTheTokensOfTheTenant) {
  Tenant tenant{{"http://localhost:3001/", known_people(), Exposure::loopback},
                shared_mint(),
                TenantClock{[] { return WallTime{}; }},
                TenantControl{""}};
  const auto jwks = json::parse(tenant.answer({"GET", "/.well-known/jwks.json", {}, {}, {}}).body);
  const std::string form =
      "grant_type=password&client_id=demo-spa&username=ada@example.com&password=lovelace"
      "&audience=https://api.example.com&scope=openid";
  const auto answer = json::parse(tenant.answer({"POST", "/oauth/token", {}, form, {}}).body);
  for (const char* name : {"access_token", "id_token"})
    EXPECT_TRUE(verifies(std::string{answer.at(name).get_string()}, jwks.at("keys").at(0))) << name;
}

TEST(Mint, ReadsOnlyWhatItsPublishedKeysSigned) {
  Mint mint = shared_mint();
  const std::string token = mint.sign(R"({"sub":"ada"})");
  EXPECT_EQ(mint.read_own(token), R"({"sub":"ada"})");
  const std::string other = mint.sign(R"({"sub":"eve"})");
  const std::string mixed = token.substr(0, token.find('.')) +
                            other.substr(other.find('.'), other.rfind('.') - other.find('.')) +
                            token.substr(token.rfind('.'));
  for (const std::string& foreign : {mixed, *mint.sign_with_unknown_key(R"({"sub":"ada"})"), token + "A",
                                     std::string{"a.b.c"}, std::string{"."}, std::string{}})
    EXPECT_FALSE(mint.read_own(foreign)) << foreign.size();
}

TEST(Mint, PublishesThePreviousKeyUntilItIsRevoked) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mint_test.XXXXXX").string();
  const std::string directory = mkdtemp(pattern.data());
  auto mint = Mint::open(directory);
  ASSERT_TRUE(mint) << mint.error();
  const auto keys_of = [](const Mint& of) { return json::parse(of.jwks()).at("keys").as_array(); };
  const auto before = keys_of(*mint);
  const std::string token = mint->sign("{}"), tag = mint->jwks_tag();
  ASSERT_TRUE(mint->rotate());
  const auto after = keys_of(*mint);
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after[0], before[1]);  // what was next signs now
  EXPECT_EQ(after[2], before[0]);
  EXPECT_EQ(header_of(mint->sign("{}")).at("kid"), before[1].at("kid"));
  EXPECT_TRUE(mint->read_own(token));
  EXPECT_NE(mint->jwks_tag(), tag);
  EXPECT_EQ(keys_of(*Mint::open(directory)), after);  // a restart keeps it

  ASSERT_TRUE(mint->revoke_previous());
  EXPECT_EQ(keys_of(*mint).size(), 2U);
  EXPECT_FALSE(mint->read_own(token));
  EXPECT_EQ(keys_of(*Mint::open(directory)), keys_of(*mint));
  std::filesystem::remove_all(directory);
}

TEST(Mint, KeepsItsKeysInFilesOfTheirOwnerOnly) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mint_test.XXXXXX").string();
  const std::string directory = mkdtemp(pattern.data());
  const auto first = Mint::open(directory);
  ASSERT_TRUE(first) << first.error();
  for (const char* name : {"/current.pem", "/next.pem"}) {
    struct stat facts {};
    ASSERT_EQ(stat((directory + name).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  }
  const auto second = Mint::open(directory);
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(first->jwks(), second->jwks());
  std::ofstream{directory + "/next.pem"} << "broken";
  const auto broken = Mint::open(directory);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error(), directory + "/next.pem: holds no RSA private key");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace portcullis::world
