#include "edge/net/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace portcullis::net
