// One reading of a path for every door. gateway.md §8.2.
#include "core/access/path.h"

#include <gtest/gtest.h>

namespace portcullis {
namespace {

TEST(NormalPath, IsTheOneReadingOfAnUnambiguousPath) {
  struct Row {
    const char *raw, *normal;
  };
  for (const Row& row :
       {Row{"/", "/"}, Row{"/api/public", "/api/public"}, Row{"/api/public/", "/api/public/"},
        Row{"/a%7eb%7Ec", "/a~b~c"}, Row{"/a%40b", "/a%40b"}, Row{"/a%3ab", "/a%3Ab"}, Row{"/A", "/A"},
        Row{"/a%20b", "/a%20b"}, Row{"/%C3%BC", "/%C3%BC"}, Row{"/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="},
        Row{"/...", "/..."}, Row{"/.a/b..", "/.a/b.."}, Row{"/100%25", "/100%25"}, Row{"/%25zz", "/%25zz"}}) {
    const auto normal = normal_path(row.raw, NonAscii::refused);
    ASSERT_TRUE(normal) << row.raw << ": " << normal.error().detail;
    EXPECT_EQ(*normal, row.normal);
  }
}

TEST(NormalPath, RefusesWhatTwoServersMightReadInTwoWays) {
  for (const char* raw :
       {"",          "a",           "*",         "http://host/a", "//a",    "/a//b",         "/./a",   "/a/..",
        "/a/../b",   "/a/.",        "/%2e%2e/a", "/.%2E/a",       "/a%2Fb", "/a%2fb",        "/a%5Cb", "/a\\b",
        "/a;b",      "/a%3Bb",      "/a\nb",     "/a%00b",        "/a%1fb", "/a%7F",         "/a b",   "/%252e",
        "/%25%32e",  "/%25%324%30", "/a%",       "/a%2",          "/a%zz",  "/%61pi/public", "/a%2Db", "/a%5f",
        "/%39",      "/a%2Eb",      "/%255",     "/a#b",          "/a?b",   "/a%ff",         "/%C3",   "/\xC3\xBC",
        "/%ED%A0%80"}) {
    const auto normal = normal_path(raw, NonAscii::refused);
    ASSERT_FALSE(normal) << raw;
    EXPECT_EQ(normal.error().reason, Reason::bad_request);
  }
  EXPECT_FALSE(normal_path("/" + std::string(9000, 'a'), NonAscii::refused));
  EXPECT_FALSE(normal_path(std::string("/a\0b", 4), NonAscii::refused));
}

TEST(IsPlainPath, NeverSaysOtherwiseThanTheCloserLook) {
  for (const char* raw : {"/", "/api/public", "/orders/1.5/", "/a/b-c_d~e", "/a:b@c!$&'()*+,="})
    EXPECT_TRUE(is_plain_path(raw)) << raw;
  EXPECT_FALSE(is_plain_path(""));
  EXPECT_FALSE(is_plain_path("/" + std::string(9000, 'a')));
  std::size_t plain = 0;
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second)
      for (const char* end : {"", "/", "/a", "."}) {
        const std::string raw = std::string{"/"} + static_cast<char>(first) + static_cast<char>(second) + end;
        if (!is_plain_path(raw)) continue;
        ++plain;
        const auto normal = normal_path(raw, NonAscii::refused);
        ASSERT_TRUE(normal) << raw << ": " << normal.error().detail;
        EXPECT_EQ(*normal, raw);
      }
  EXPECT_GT(plain, 20'000u);
}

TEST(NormalPath, TakesWhatTheGatewayDecodedForItsPercentEncoding) {
  EXPECT_EQ(*normal_path("/\xC3\xBC", NonAscii::percent_encoded), "/%C3%BC");
  EXPECT_FALSE(normal_path("/\xC3", NonAscii::percent_encoded)) << "no UTF-8";
}

}  // namespace
}  // namespace portcullis
