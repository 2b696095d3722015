// What a log holds is not ours: it may neither replay a token nor steer a terminal.
#include "doors/cli/foreign_text.h"

#include <gtest/gtest.h>

#include "tests/signed_token.h"

namespace portcullis::cli {
namespace {

TEST(ForeignText, LeavesWhatPortcullisWritesReadable) {
  for (const std::string text :
       {R"(iss is "http://localhost:3001/", expected http://localhost:3001; they differ by the final slash)",
        R"(aud is "https://a.example.com", expected "https://api.example.com")",
        "https://dev-abcdefgh12345678.eu.auth0.com/.well-known/jwks.json: HTTP status 503",
        R"(needs permission:admin; token has permissions ["read:orders", …])", "expired 300 s ago, leeway 30 s"})
    EXPECT_EQ(shown(text), text);
}

TEST(ForeignText, CutsWhatCouldBeAToken) {
  const std::string token = testing::Signer{}.sign(testing::claims());
  const std::string signature = token.substr(token.rfind('.') + 1);
  const std::string opaque(32, 'x'), shorter(31, 'x');
  EXPECT_EQ(shown(token).find(signature.substr(0, 12)), std::string::npos);
  EXPECT_NE(shown("before " + token + " behind").find("behind"), std::string::npos);
  EXPECT_EQ(shown("kid \"" + opaque + "\""), "kid \"xxxxxx…\"");
  EXPECT_EQ(shown(shorter), shorter);
}

TEST(ForeignText, IsOneBoundedLineWithoutControlCharacters) {
  EXPECT_EQ(shown("a\nb\x1b[31mc\x7f"), "a?b?[31mc?");
  EXPECT_EQ(shown("\u202Eabc\xC2\x85\xFF"), "?abc??");
  EXPECT_LT(shown(std::string(100'000, ' ')).size(), 700u);
}

}  // namespace
}  // namespace portcullis::cli
