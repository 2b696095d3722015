// The tokens, keys and thumbprints that the RFCs print, and PEM in every form that people have it in.
#include <gtest/gtest.h>

#include "core/token/base64url.h"
#include "portcullis/json_writer.h"
#include "portcullis/keys.h"
#include "tests/used_tokens.h"
#include "tests/vector_file.h"

namespace portcullis {
namespace {

using testing::text;

KeySet keys_of(const Json& test) {
  if (const auto secret = test.find("secret")) {
    auto key = VerificationKey::from_secret(*base64url_decode(*secret->string()));
    EXPECT_TRUE(key) << (key ? "" : key.error());
    return KeySet::of_static_keys({*key});
  }
  JsonWriter jwks;
  jwks.begin_object().key("keys").begin_array();
  write_json(jwks, *test.find("jwk"));
  jwks.end_array().end_object();
  auto keys = KeySet::parse(jwks.text());
  EXPECT_TRUE(keys) << (keys ? "" : keys.error());
  return *keys;
}

TEST(RfcTokens, HaveTheSignatureVerdictAndTheShapeThatTheRfcSays) {
  const auto file = testing::vector_file("rfc.json");
  int good = 0;
  const Json list_of_tokens = *file.root().find("tokens");
  for (const Json test : list_of_tokens) {
    SCOPED_TRACE(text(test, "id"));
    const std::string token = text(test, "token");
    testing::note_token(token);
    const auto parsed = parse_token(token, {});
    EXPECT_EQ(parsed ? "ok" : facts(parsed.error().reason).code, text(test, "parse"));
    const std::string signature = text(test, "signature");
    if (signature.empty()) continue;
    const auto verdict = check_signature(token, keys_of(test), {});
    EXPECT_EQ(verdict ? "good" : "bad", signature) << (verdict ? "" : verdict.error().detail);
    good += verdict ? 1 : 0;
  }
  EXPECT_GE(good, 9);
}

TEST(RfcThumbprints, AreThoseTheRfcPrints) {
  const auto file = testing::vector_file("rfc.json");
  int compared = 0;
  const Json list_of_thumbprints = *file.root().find("thumbprints");
  for (const Json test : list_of_thumbprints) {
    SCOPED_TRACE(text(test, "id"));
    const KeySet keys = keys_of(test);
    EXPECT_EQ(keys.keys().front().thumbprint(), text(test, "thumbprint"));
    ++compared;
  }
  EXPECT_GE(compared, 2);
}

TEST(Pem, IsReadInEveryMangledFormAndRefusedWithASentenceOtherwise) {
  const auto file = testing::vector_file("pem.json");
  const Json list_of_cases = *file.root().find("cases");
  for (const Json test : list_of_cases) {
    SCOPED_TRACE(text(test, "id"));
    const auto key = VerificationKey::from_pem(text(test, "pem"));
    EXPECT_EQ(key ? "ok" : "refused", text(test, "expect")) << (key ? "" : key.error());
    if (!key) {
      EXPECT_GT(key.error().size(), 10u);
      EXPECT_LT(key.error().size(), 100u) << "a sentence quotes none of the text";
    }
    if (key && text(test, "id").starts_with("certificate/normal")) {
      EXPECT_EQ(key->thumbprint(), text(file.root(), "thumbprint_k1"));
      EXPECT_TRUE(key->expires_at());
    }
  }
}

}  // namespace
}  // namespace portcullis
