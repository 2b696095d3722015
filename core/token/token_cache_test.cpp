#include "core/token/token_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/signed_token.h"

namespace portcullis::testing {
namespace {

using std::chrono::seconds;

constexpr std::array<std::uint64_t, 4> key{0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                                           0x27D4EB2F165667C5};
constexpr WallTime noon{seconds{1767225600}};
constexpr seconds leeway{30};

struct Desk {
  Signer signer;
  std::shared_ptr<const KeySet> keys = std::make_shared<const KeySet>(*KeySet::parse(signer.jwks()));

  std::string token(const std::string& more = "") const { return signer.sign(claims(more)); }
  RememberedToken verified(const std::string& compact) const {
    const IssuerRule issuer = signer.issuer();
    auto token = parse_token(compact, {});
    const auto candidates = keys->candidates(token->algorithm(), token->key_id(), MissingKeyId::refused);
    return {*verify(*std::move(token), *candidates->first, issuer.expect, noon + seconds{200}), 3, keys};
  }
  void remember(const TokenCache& cache, const std::string& compact) const {
    for (int meeting = 0; meeting < 2; ++meeting) cache.remember(verified(compact), leeway, noon);
  }
  std::string numbered(int number) const { return token(R"(,"jti":")" + std::to_string(number) + '"'); }
};

TEST(TokenCache, FindsATokenByAllItsOctetsAndNoOther) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string compact = desk.token();
  EXPECT_FALSE(cache.find(compact, noon));
  desk.remember(cache, compact);
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

// A forger has a good token and changes what stands before its end, where the place is looked for.
TEST(TokenCache, HasNotMetATokenThatOnlyEndsLikeAGoodOne) {
  const Desk desk;
  const std::string compact = desk.token();
  const TokenCache once{16, key}, twice{16, key};
  once.remember(desk.verified(compact), leeway, noon);
  desk.remember(twice, compact);
  for (const TokenCache* cache : {&once, &twice}) {
    EXPECT_TRUE(cache->has_met(compact));
    for (std::size_t at = 0; at < compact.size(); ++at) {
      std::string other = compact;
      other[at] = other[at] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(cache->has_met(other)) << "octet " << at;
    }
    EXPECT_FALSE(cache->has_met("A" + compact));
    EXPECT_FALSE(cache->find(compact.substr(1), noon));
  }
}

// Event loops look at once where a caller that all of them serve is remembered.
TEST(TokenCache, HasMetATokenWhoeverElseLooksAtIt) {
  const Desk desk;
  const std::string compact = desk.token();
  const TokenCache cache{16, key};
  desk.remember(cache, compact);
  std::atomic<bool> over = false;
  std::thread other{[&] {
    while (!over) (void)cache.find(compact, noon);
  }};
  int missed = 0;
  for (int look = 0; look < 50'000; ++look) missed += cache.has_met(compact) ? 0 : 1;
  over = true;
  other.join();
  EXPECT_EQ(missed, 0);
}

TEST(TokenCache, IsAskedForAnythingAtAll) {
  const TokenCache cache{16, key};
  for (const std::size_t size : {0, 1, 63, 64, 65, 127, 128, 129, 4096, 4097}) {
    EXPECT_FALSE(cache.find(std::string(size, 'x'), noon)) << size;
    EXPECT_FALSE(cache.has_met(std::string(size, 'x'))) << size;
  }
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
    desk.remember(cache, compact);
    EXPECT_EQ(cache.find(compact, WallTime{seconds{row.at}}).has_value(), row.found) << row.at;
  }
}

TEST(TokenCache, ForgetsAnExpiredTokenForGood) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string compact = desk.token();
  desk.remember(cache, compact);
  EXPECT_FALSE(cache.find(compact, noon + seconds{3700}));
  EXPECT_FALSE(cache.find(compact, noon)) << "also for a clock that steps back";
}

TEST(TokenCache, ForgetsWhatItIsToldTo) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string compact = desk.token(), other = desk.numbered(1);
  for (const auto& token : {compact, other}) desk.remember(cache, token);
  cache.forget(compact);
  EXPECT_FALSE(cache.find(compact, noon));
  EXPECT_TRUE(cache.find(other, noon));
  cache.forget("never.seen.before");
  EXPECT_FALSE(cache.has_met("never.seen.before"));
  EXPECT_TRUE(cache.has_met(compact)) << "it is verified again, and then remembered at once";
  cache.remember(desk.verified(compact), leeway, noon);
  EXPECT_TRUE(cache.find(compact, noon));
}

TEST(TokenCache, HoldsAsManyAsItMayAndTheLatestAreAmongThem) {
  const Desk desk;
  const TokenCache cache{32, key};
  std::vector<std::string> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(desk.numbered(i));
    desk.remember(cache, all.back());
    EXPECT_TRUE(cache.find(all.back(), noon)) << "the newest is always there";
  }
  const auto held =
      std::count_if(all.begin(), all.end(), [&](const auto& token) { return cache.find(token, noon).has_value(); });
  EXPECT_LE(held, 32);
  EXPECT_GE(held, 16);
}

TEST(TokenCache, LosesHardlyAnyOfHalfAsManyAsItMayHold) {
  const Desk desk;
  const TokenCache cache{256, key};
  std::vector<std::string> all;
  for (int i = 0; i < 128; ++i) {
    all.push_back(desk.numbered(i));
    desk.remember(cache, all.back());
  }
  EXPECT_GE(
      std::count_if(all.begin(), all.end(), [&](const auto& token) { return cache.find(token, noon).has_value(); }),
      124);
}

TEST(TokenCache, GivesUpTheTokenAskedForLongestAgo) {
  const Desk desk;
  constexpr int places = 16;
  const TokenCache cache{places, key};  // one row
  std::vector<std::string> all;
  for (int i = 0; i < places; ++i) {
    all.push_back(desk.numbered(i));
    desk.remember(cache, all.back());
  }
  desk.remember(cache, all[1]);  // again: takes no second place
  EXPECT_TRUE(cache.find(all[0], noon));
  all.push_back(desk.numbered(places));
  desk.remember(cache, all.back());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(cache.find(all[i], noon).has_value(), i != 2) << i;
}

TEST(TokenCache, GivesAPlaceToATokenThatComesAgainSoonAndToNoOther) {
  const Desk desk;
  constexpr int places = 16;
  const TokenCache cache{places, key};  // one row
  const std::string caller = desk.numbered(0);
  desk.remember(cache, caller);
  for (int i = 1; i <= 10 * places; ++i) {
    const std::string once = desk.numbered(i);
    cache.remember(desk.verified(once), leeway, noon);
    EXPECT_FALSE(cache.find(once, noon));
  }
  EXPECT_TRUE(cache.find(caller, noon)) << "however many came once";
  struct Row {
    int others;  // that came between
    bool found;
  };
  for (const Row& row : {Row{places - 1, true}, {places, false}}) {
    const TokenCache fresh{places, key};
    fresh.remember(desk.verified(caller), leeway, noon);
    for (int i = 1; i <= row.others; ++i) fresh.remember(desk.verified(desk.numbered(i)), leeway, noon);
    EXPECT_EQ(fresh.has_met(caller), row.found);
    fresh.remember(desk.verified(caller), leeway, noon);
    EXPECT_EQ(fresh.find(caller, noon).has_value(), row.found) << row.others;
    EXPECT_TRUE(fresh.has_met(caller));
    EXPECT_FALSE(fresh.has_met(desk.numbered(places + 1)));
  }
}

TEST(TokenCache, OfNewRulesHasMetWhatTheOldOnesHadAndRemembersNothing) {
  const Desk desk;
  constexpr int places = 16;
  const TokenCache before{places, key};  // one row
  for (int i = 0; i < places; ++i) desk.remember(before, desk.numbered(i));
  const std::string once = desk.numbered(places);
  before.remember(desk.verified(once), leeway, noon);
  const TokenCache after{places, key};
  after.take_over_meetings(before);
  for (int i = 0; i < places; ++i) {
    EXPECT_TRUE(after.has_met(desk.numbered(i))) << i;
    EXPECT_FALSE(after.find(desk.numbered(i), noon)) << i;
  }
  EXPECT_FALSE(after.has_met(once)) << "first go those that came once";
  const TokenCache none{0, key}, larger{64, key}, strange{places, {1, 2, 3, 4}};
  for (const TokenCache* other : {&none, &larger, &strange}) {
    other->take_over_meetings(before);
    EXPECT_FALSE(other->has_met(desk.numbered(0)));
  }
}

TEST(TokenCache, OfNoPlacesRemembersNothing) {
  const Desk desk;
  const TokenCache cache{0, key};
  const std::string compact = desk.token();
  desk.remember(cache, compact);
  EXPECT_FALSE(cache.find(compact, noon));
  EXPECT_FALSE(cache.has_met(compact));
}

TEST(TokenCache, LeavesOutTokensLongerThanItsBound) {
  const Desk desk;
  const TokenCache cache{64, key};
  const std::string fitting = desk.token(R"(,"jti":")" + std::string(2700, 'x') + '"');
  const std::string longer = desk.token(R"(,"jti":")" + std::string(2900, 'x') + '"');
  ASSERT_LE(fitting.size(), TokenCache::longest_token);
  ASSERT_GT(longer.size(), TokenCache::longest_token);
  for (const auto& token : {fitting, longer}) desk.remember(cache, token);
  EXPECT_TRUE(cache.find(fitting, noon));
  EXPECT_FALSE(cache.find(longer, noon));
  EXPECT_TRUE(cache.has_met(longer));
  EXPECT_FALSE(cache.has_met(longer + "A"));
}

}  // namespace
}  // namespace portcullis::testing
