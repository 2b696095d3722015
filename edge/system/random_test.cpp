#include "edge/system/random.h"

#include <gtest/gtest.h>

#include <array>

namespace portcullis::system {
namespace {

TEST(Random, FillsTheWholeSpanAndNothingBeyondIt) {
  std::array<unsigned char, 66> bytes{};
  fill_random(std::span{bytes}.subspan(1, 64));
  EXPECT_EQ(bytes.front(), 0);
  EXPECT_EQ(bytes.back(), 0);
  EXPECT_NE((std::array<unsigned char, 66>{}), bytes);  // 64 zeros: once in 2^512
}

TEST(Random, HexIsLowerCaseTwiceAsLongAndNeverTheSame) {
  const auto text = random_hex(16);
  EXPECT_EQ(text.size(), 32U);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(text, random_hex(16));
  EXPECT_EQ(random_hex(0), "");
}

}  // namespace
}  // namespace portcullis::system
