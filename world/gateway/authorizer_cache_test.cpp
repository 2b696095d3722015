#include "world/gateway/authorizer_cache.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

using std::chrono::seconds;

const WallTime start{std::chrono::milliseconds{1'767'225'600'000}};

std::shared_ptr<const AuthorizerAnswer> answer_for(std::string principal) {
  auto answer = std::make_shared<AuthorizerAnswer>();
  answer->principal = std::move(principal);
  answer->usage_identifier_key = "key";
  return answer;
}

TEST(AuthorizerCache, GivesTheWholeAnswerBackUntilItsTimeIsOver) {  // CA-05, CA-15
  AuthorizerCache cache;
  cache.keep("k", answer_for("ada"), seconds{300}, start);
  ASSERT_TRUE(cache.find("k", start));
  EXPECT_EQ(cache.find("k", start + seconds{299})->usage_identifier_key, "key");
  EXPECT_FALSE(cache.find("k", start + seconds{300}));
  EXPECT_EQ(cache.size(), 0U);
}

TEST(AuthorizerCache, KeepsNothingWithoutATimeToLive) {  // CA-03
  AuthorizerCache cache;
  cache.keep("k", answer_for("ada"), seconds{0}, start);
  EXPECT_FALSE(cache.find("k", start));
}

TEST(AuthorizerCache, ReplacesAnAnswerByALaterOne) {
  AuthorizerCache cache;
  cache.keep("k", answer_for("ada"), seconds{300}, start);
  cache.keep("k", answer_for("grace"), seconds{300}, start + seconds{200});
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.find("k", start + seconds{400})->principal, "grace");
}

TEST(AuthorizerCache, TellsEveryPartOfTheKeyApart) {  // CA-09, CA-13, CA-14, C021 step 5
  using Values = std::vector<std::string>;
  const std::string plain = AuthorizerCache::key("a", "dev", Values{"x", "y"});
  EXPECT_EQ(plain, AuthorizerCache::key("a", "dev", Values{"x", "y"}));
  for (const std::string& other : {
           AuthorizerCache::key("b", "dev", Values{"x", "y"}),
           AuthorizerCache::key("a", "prod", Values{"x", "y"}),
           AuthorizerCache::key("a", "dev", Values{"x", "z"}),
           AuthorizerCache::key("a", "dev", Values{"xy"}),
           AuthorizerCache::key("a", "dev", Values{"x", "y", ""}),
           AuthorizerCache::key("ad", "ev", Values{"x", "y"}),
       })
    EXPECT_NE(plain, other);
  EXPECT_NE(AuthorizerCache::key("a", "dev", Values{"a,b", "c"}), AuthorizerCache::key("a", "dev", Values{"a", "b,c"}));
  EXPECT_NE(AuthorizerCache::key("a", "dev", Values{"1:x", ""}), AuthorizerCache::key("a", "dev", Values{"", "1:x"}));
}

TEST(AuthorizerCache, StaysWithinItsBoundAndForgetsWhatWasNotUsed) {  // CA-16
  AuthorizerCache cache{100};
  cache.keep("used", answer_for("ada"), seconds{300}, start);
  for (int i = 0; i < 100'000; ++i) {
    cache.keep("junk " + std::to_string(i), answer_for("nobody"), seconds{300}, start);
    ASSERT_TRUE(cache.find("used", start));
  }
  EXPECT_EQ(cache.size(), 100U);
  EXPECT_FALSE(cache.find("junk 0", start));
  EXPECT_TRUE(cache.find("junk 99999", start));
}

}  // namespace
}  // namespace portcullis::world
