#include "world/page/page_origin.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

TEST(PageOrigin, IsWrittenAsBrowsersWriteIt) {
  using List = std::vector<std::string>;
  const auto origins = page_origins_from({"http://localhost:5173", "HTTPS://Demo.Example", "https://demo.example:443",
                                          "http://127.0.0.1:80/", "http://[::1]:8080"});
  ASSERT_TRUE(origins) << origins.error();
  EXPECT_EQ(*origins, (List{"http://localhost:5173", "https://demo.example", "https://demo.example", "http://127.0.0.1",
                            "http://[::1]:8080"}));
}

TEST(PageOrigin, IsRefusedWhereItIsNone) {
  for (const char* wrong : {"", "*", "null", "localhost:5173", "ftp://localhost", "file:///x", "http://", "http://a b",
                            "http://u:p@localhost", "http://localhost:0", "http://localhost:65536",
                            "http://localhost/app", "http://localhost/?a", "http://localhost?", "http://localhost#a",
                            "http://*.example", "http://a,http://b", "http://a\r\nX: y", "http://exam\xc3\xa4ple"})
    EXPECT_FALSE(page_origins_from({wrong})) << wrong;
}

TEST(PageOrigin, IsOneOfEightAtMost) {
  std::vector<std::string> some(8, "http://localhost:5173");
  EXPECT_TRUE(page_origins_from(some));
  some.push_back(some.front());
  EXPECT_FALSE(page_origins_from(some));
}

}  // namespace
}  // namespace portcullis::world
