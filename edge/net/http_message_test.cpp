#include "edge/net/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "edge/net/field_syntax.h"

namespace portcullis::net {
namespace {

using testing::ElementsAre;

TEST(Headers, AreFoundInAnyCaseAndKeepDuplicatesInOrder) {
  Headers headers{{"Set-Cookie", "a=1"}, {"ETag", "x"}, {"set-cookie", "b=2"}};
  headers.add("SET-COOKIE", "");
  EXPECT_EQ(headers.first("set-COOKIE"), "a=1");
  EXPECT_THAT(headers.all("Set-Cookie"), ElementsAre("a=1", "b=2", ""));
  EXPECT_TRUE(headers.has("etag"));
  EXPECT_EQ(headers.size(), 4U);
  EXPECT_EQ(headers.begin()->first, "Set-Cookie");
}

TEST(Headers, ThatAreNotThereAreEmpty) {
  const Headers headers{{"Host", "a"}};
  EXPECT_EQ(headers.first("Hos"), "");
  EXPECT_EQ(headers.first("Hostt"), "");
  EXPECT_TRUE(headers.all("").empty());
  EXPECT_FALSE(headers.has("Age"));
}

TEST(FieldSyntax, LooksAtEveryOctetWhereverItStands) {
  for (int octet = 0; octet < 256; ++octet)
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(octet);
      EXPECT_EQ(is_field_value(text), octet == '\t' || (octet >= 0x20 && octet != 0x7F)) << octet << " at " << at;
      EXPECT_EQ(is_token(text), octet > 0x20 && octet < 0x7F && !strchr("\"(),/:;<=>?@[\\]{}", octet)) << octet;
    }
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value("\t12345678\t"));
  EXPECT_FALSE(is_token(""));
}

}  // namespace
}  // namespace portcullis::net
