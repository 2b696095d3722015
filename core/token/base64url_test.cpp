// One spelling per value. RFC 4648 §3.5; tokens.md §1.2.
#include "core/token/base64url.h"

#include <gtest/gtest.h>

namespace portcullis {
namespace {

TEST(Base64Url, DecodesExactlyWhatItWouldEncode) {
  const std::string alphabet = "AQgw-_Zz09+/= \n.";
  std::vector<std::string> texts{""};
  for (std::size_t begin = 0, length = 0; length < 4; ++length) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin)
      for (const char c : alphabet) texts.push_back(texts[begin] + c);
  }
  int accepted = 0;
  for (const std::string& text : texts) {
    const auto bytes = base64url_decode(text);
    if (!bytes) continue;
    EXPECT_EQ(base64url_encode(*bytes), text);
    ++accepted;
  }
  EXPECT_GT(accepted, 100);
}

TEST(Base64Url, EncodesEveryByteStringSoThatItDecodes) {
  for (int a = 0; a < 256; ++a)
    for (const std::string& tail : {std::string{}, std::string{"\0", 1}, std::string{"\xFF\x80"}}) {
      const std::string bytes = static_cast<char>(a) + tail;
      EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    }
  EXPECT_EQ(base64url_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xFF\xFE"), "__4");
}

TEST(Base64, WantsThePaddingThatRfc4648Demands) {
  EXPECT_EQ(base64_decode("Zg=="), "f");
  EXPECT_EQ(base64_decode("Zm8="), "fo");
  EXPECT_EQ(base64_decode("Zm9v"), "foo");
  EXPECT_EQ(base64_decode("+/+/"), "\xFB\xFF\xBF");
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "=", "====", "Z===", "-_-_", "Zm 9v"})
    EXPECT_FALSE(base64_decode(bad)) << bad;
}

}  // namespace
}  // namespace portcullis
