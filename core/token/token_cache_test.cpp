#include "core/token/token_cache.h"

#include <gtest/gtest.h>

#include "tests/signed_token.h"

namespace portcullis::testing {
namespace {

using std::chrono::seconds;

constexpr std::array<unsigned char, 32> key{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                            17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
constexpr WallTime noon{seconds{1767225600}};

struct Desk {
  Signer signer;
  std::shared_ptr<const KeySet> keys = std::make_shared<const KeySet>(*KeySet::parse(signer.jwks()));

  std::string token(const std::string& more = "") const { return signer.sign(claims(more)); }
  RememberedToken verified(const std::string& compact) const {
    const IssuerRule issuer = signer.issuer();
    auto token = parse_token(compact, {});
    const auto candidates = keys->candidates(token->algorithm(), token->key_id(), MissingKeyId::refused);
    RememberedToken made{*verify(*std::move(token), *candidates->front(), issuer.expect, noon), 3, keys};
    set_times(made, issuer.expect.leeway);
    return made;
  }
  std::string numbered(int number) const { return token(R"(,"jti":")" + std::to_string(number) + '"'); }
};

TEST(TokenCache, FindsATokenByAllItsOctetsAndNoOther) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string compact = desk.token();
  EXPECT_FALSE(cache.find(compact, noon));
  cache.remember(desk.verified(compact), noon);
  const auto found = cache.find(compact, noon);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->token.subject(), "auth0|ada");
  EXPECT_EQ(found->issuer, 3U);
  EXPECT_EQ(found->keys, desk.keys);
  for (std::size_t at = 0; at < compact.size(); ++at) {
    std::string other = compact;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(cache.find(other, noon)) << "octet " << at;
  }
  EXPECT_FALSE(cache.find(compact.substr(0, compact.size() - 1), noon));
  EXPECT_FALSE(cache.find(compact + "A", noon));
}

TEST(TokenCache, FindsATokenWithinItsTimesOnly) {
  const Desk desk;
  const std::string compact = desk.token(R"(,"nbf":1767225700)");  // claims(): iat 1767225540, exp 1767229200
  struct Row {
    std::int64_t at;
    bool found;
  };
  for (const Row& row : {Row{1767225669, false}, {1767225670, true}, {1767229229, true}, {1767229230, false}}) {
    const TokenCache cache{64, key};
    auto made = [&] {
      const IssuerRule issuer = desk.signer.issuer();
      auto token = parse_token(compact, {});
      const auto candidates = desk.keys->candidates(token->algorithm(), token->key_id(), MissingKeyId::refused);
      RememberedToken later{*verify(*std::move(token), *candidates->front(), issuer.expect, noon + seconds{200}), 0,
                            desk.keys};
      set_times(later, issuer.expect.leeway);
      return later;
    }();
    cache.remember(std::move(made), noon);
    EXPECT_EQ(cache.find(compact, WallTime{seconds{row.at}}).has_value(), row.found) << row.at;
  }
}

TEST(TokenCache, ForgetsAnExpiredTokenForGood) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string compact = desk.token();
  cache.remember(desk.verified(compact), noon);
  EXPECT_FALSE(cache.find(compact, noon + seconds{3700}));
  EXPECT_FALSE(cache.find(compact, noon)) << "also for a clock that steps back";
}

TEST(TokenCache, HoldsAsManyAsItMayAndTheLatestAreAmongThem) {
  const Desk desk;
  const TokenCache cache{16, key};
  std::vector<std::string> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(desk.numbered(i));
    cache.remember(desk.verified(all.back()), noon);
    EXPECT_TRUE(cache.find(all.back(), noon)) << "the newest is always there";
  }
  const auto held =
      std::count_if(all.begin(), all.end(), [&](const auto& token) { return cache.find(token, noon).has_value(); });
  EXPECT_LE(held, 16);
  EXPECT_GE(held, 8);
}

TEST(TokenCache, GivesUpTheTokenAskedForLongestAgo) {
  const Desk desk;
  const TokenCache cache{4, key};  // one row
  std::vector<std::string> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(desk.numbered(i));
    cache.remember(desk.verified(all.back()), noon);
  }
  cache.remember(desk.verified(all[1]), noon);  // again: takes no second place
  EXPECT_TRUE(cache.find(all[0], noon));
  const std::string fifth = desk.numbered(5);
  cache.remember(desk.verified(fifth), noon);
  EXPECT_FALSE(cache.find(all[2], noon));
  for (const auto& token : {all[0], all[1], all[3], fifth}) EXPECT_TRUE(cache.find(token, noon));
}

TEST(TokenCache, OfNoPlacesRemembersNothing) {
  const Desk desk;
  const TokenCache cache{0, key};
  const std::string compact = desk.token();
  cache.remember(desk.verified(compact), noon);
  EXPECT_FALSE(cache.find(compact, noon));
}

TEST(TokenCache, LeavesOutTokensLongerThanItsBound) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string fitting = desk.token(R"(,"jti":")" + std::string(2700, 'x') + '"');
  const std::string longer = desk.token(R"(,"jti":")" + std::string(2900, 'x') + '"');
  ASSERT_LE(fitting.size(), TokenCache::longest_token);
  ASSERT_GT(longer.size(), TokenCache::longest_token);
  for (const auto& token : {fitting, longer}) cache.remember(desk.verified(token), noon);
  EXPECT_TRUE(cache.find(fitting, noon));
  EXPECT_FALSE(cache.find(longer, noon));
}

}  // namespace
}  // namespace portcullis::testing
