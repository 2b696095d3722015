// The grammar of routes: what API Gateway can express, and a sentence for all the rest.
#include "core/access/route_pattern.h"

#include <gtest/gtest.h>

namespace portcullis {
namespace {

TEST(RoutePattern, IsAMethodAndAPathOrNothing) {
  struct Row {
    const char* text;
    bool good;
  };
  const Row rows[] = {
      {"GET /orders", true},
      {"get /orders", false},
      {"GET  /orders", false},
      {"GET\t/orders", false},
      {"GET orders", false},
      {"GET", false},
      {"", false},
      {"/orders", false},
      {" GET /orders", false},
      {"ANY /orders", true},
      {"* /orders", false},
      {"M-SEARCH /orders", true},
      {"GET /", true},
      {"GET //", false},
      {"GET /a//b", false},
      {"GET /a/", true},
      {"GET /{id}", true},
      {"GET /{}", false},
      {"GET /{+}", false},
      {"GET /{id", false},
      {"GET /id}", false},
      {"GET /a{id}", false},
      {"GET /{id}a", false},
      {"GET /{i d}", false},
      {"GET /{path+}", true},
      {"GET /{path+}/x", false},
      {"GET /{path+}/", false},
      {"GET /a/{path+}", true},
      {"GET /{a}/{b}", true},
      {"GET /{a}/{b+}", true},
      {"GET /*", false},
      {"GET /a?b=c", false},
      {"GET /${stage}", false},
      {"GET /a/../b", false},
      {"GET /a/./b", false},
      {"GET /a%2Fb", false},
      {"GET /a%41", false},
      {"GET /aA", true},
      {"$connect", true},
      {"$default", false},
      {"GET $connect", false},
      {"$connect ", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto pattern = RoutePattern::parse(row.text);
    EXPECT_EQ(static_cast<bool>(pattern), row.good);
    if (!pattern) {
      EXPECT_FALSE(pattern.error().empty());
    }
  }
}

TEST(RoutePattern, KnowsItsSegments) {
  using Kind = RoutePattern::Segment::Kind;
  const auto pattern = RoutePattern::parse("ANY /files/{owner}/{path+}");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->any_method());
  EXPECT_FALSE(pattern->web_socket_connect());
  ASSERT_EQ(pattern->segments.size(), 3U);
  EXPECT_EQ(pattern->segments[0].kind, Kind::literal);
  EXPECT_EQ(pattern->segments[1].kind, Kind::parameter);
  EXPECT_EQ(pattern->segments[1].text, "owner");
  EXPECT_EQ(pattern->segments[2].kind, Kind::rest);
  EXPECT_EQ(pattern->segments[2].text, "path");
  const auto connect = RoutePattern::parse("$connect");
  ASSERT_TRUE(connect);
  EXPECT_TRUE(connect->web_socket_connect());
  EXPECT_TRUE(connect->segments.empty());
}

}  // namespace
}  // namespace portcullis
