// The life of one remote key source, with the clock in the test's hand. tokens.md §6.
#include "core/keys/key_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/signed_token.h"

namespace portcullis {
namespace {

using std::chrono::seconds;

const WallTime start = testing::new_year().wall;

FetchOutcome good(const std::string& body) {
  return FetchedKeys{200, body, "\"v1\"", {}, {}};
}
FetchOutcome status(int code) {
  return FetchedKeys{code, "<html>", "", {}, {}};
}
FetchOutcome failed() {
  return FetchFailed{"connect timeout"};
}

struct KeyCacheTest : ::testing::Test {
  KeyCache cache{0, RemoteKeys{"https://tenant.example.com/jwks", seconds{600}, seconds{86400}}};
  testing::Signer first, second;

  void fill(WallTime now) { cache.learn(cache.look(now).refresh->ticket, good(first.jwks("k1")), now); }
  std::string key_id(WallTime now) {
    const auto view = cache.look(now);
    return view.keys ? *view.keys->keys().front().key_id() : "none";
  }
};

TEST_F(KeyCacheTest, AsksOnceAndAllWhoComeMeanwhileHoldTheSameTicket) {
  const auto one = cache.look(start), two = cache.look(start);
  ASSERT_TRUE(one.refresh && two.refresh);
  EXPECT_EQ(one.refresh->ticket, two.refresh->ticket);
  EXPECT_FALSE(one.keys);
  cache.learn(one.refresh->ticket, good(first.jwks("k1")), start);
  const auto after = cache.look(start);
  EXPECT_TRUE(after.keys);
  EXPECT_FALSE(after.refresh);
}

TEST_F(KeyCacheTest, ServesFreshKeysWithoutAskingAndStaleOnesAtOnceWithOneErrand) {
  fill(start);
  EXPECT_FALSE(cache.look(start + seconds{599}).refresh);
  const auto stale = cache.look(start + seconds{600});
  EXPECT_TRUE(stale.keys);
  ASSERT_TRUE(stale.refresh);
  EXPECT_EQ(stale.refresh->if_none_match, "\"v1\"");
  EXPECT_FALSE(cache.look(start + seconds{600}).refresh) << "the errand is handed out once";
  const auto expired = cache.look(start + seconds{600 + 86400});
  EXPECT_FALSE(expired.keys);
  EXPECT_TRUE(expired.refresh);
}

TEST_F(KeyCacheTest, KeepsGoodKeysWhateverTheServerSaysNext) {
  for (const FetchOutcome& answer :
       {failed(), status(500), status(429), status(304 + 1), good("<html></html>"), good(""), good(R"({"keys":[]})"),
        good(R"({"keys":[null]})"), good(R"({"keys":{}})")}) {
    KeyCache one{0, RemoteKeys{"https://tenant.example.com/jwks"}};
    one.learn(one.look(start).refresh->ticket, good(first.jwks("k1")), start);
    const WallTime later = start + seconds{700};
    one.learn(one.look(later).refresh->ticket, answer, later);
    ASSERT_TRUE(one.look(later).keys);
    EXPECT_EQ(one.look(later).keys->keys().front().key_id(), "k1");
    EXPECT_FALSE(one.status(later).last_error.empty());
  }
}

TEST_F(KeyCacheTest, ReplacesTheWholeSetSoThatRevokedKeysGo) {
  fill(start);
  const WallTime later = start + seconds{700};
  cache.learn(cache.look(later).refresh->ticket, good(second.jwks("k2")), later);
  EXPECT_EQ(key_id(later), "k2");
  EXPECT_EQ(cache.look(later).keys->keys().size(), 1u);
}

TEST_F(KeyCacheTest, NotModifiedMakesTheSameKeysYoungAgain) {
  fill(start);
  const WallTime later = start + seconds{700};
  cache.learn(cache.look(later).refresh->ticket, status(304), later);
  EXPECT_EQ(key_id(later), "k1");
  EXPECT_FALSE(cache.look(later + seconds{599}).refresh);
}

TEST_F(KeyCacheTest, ClampsTheServersMaxAge) {
  struct Row {
    int max_age, fresh_for;
  };
  for (const Row& row : {Row{15, 60}, Row{60, 60}, Row{900, 900}, Row{1'000'000, 86400}}) {
    SCOPED_TRACE(row.max_age);
    KeyCache one{0, RemoteKeys{"https://tenant.example.com/jwks"}};
    one.learn(one.look(start).refresh->ticket, FetchedKeys{200, first.jwks("k1"), "", seconds{row.max_age}, {}}, start);
    EXPECT_FALSE(one.look(start + seconds{row.fresh_for - 1}).refresh);
    EXPECT_TRUE(one.look(start + seconds{row.fresh_for}).refresh);
  }
}

TEST_F(KeyCacheTest, WaitsLongerAfterEachFailureAndAsLongAsTheServerAsks) {
  WallTime now = start;
  for (const int wait : {1, 2, 4, 8, 16, 32, 60, 60}) {
    SCOPED_TRACE(wait);
    const auto view = cache.look(now);
    ASSERT_TRUE(view.refresh);
    cache.learn(view.refresh->ticket, failed(), now);
    EXPECT_FALSE(cache.look(now + seconds{wait} - std::chrono::milliseconds{1}).refresh);
    EXPECT_EQ(cache.look(now).why_none, "connect timeout");
    now += seconds{wait};
  }
  cache.learn(cache.look(now).refresh->ticket, FetchedKeys{429, "", "", {}, seconds{120}}, now);
  EXPECT_FALSE(cache.look(now + seconds{119}).refresh);
  EXPECT_TRUE(cache.look(now + seconds{120}).refresh);
}

TEST_F(KeyCacheTest, RefetchesForAnUnknownKeyOncePerCooldownThatBeginsWithTheFetch) {
  fill(start);
  const auto keys = cache.look(start).keys;
  const auto one = cache.unknown_key(keys, start);
  ASSERT_TRUE(one);
  const auto joined = cache.unknown_key(keys, start + seconds{1});
  ASSERT_TRUE(joined) << "a cooldown never forbids joining the fetch under way";
  EXPECT_EQ(one->ticket, joined->ticket);
  cache.learn(one->ticket, failed(), start + seconds{3});
  EXPECT_FALSE(cache.unknown_key(keys, start + seconds{29})) << "a failing fetch counts too";
  EXPECT_TRUE(cache.look(start + seconds{29}).keys);
  EXPECT_TRUE(cache.unknown_key(keys, start + seconds{30}));
}

TEST_F(KeyCacheTest, IgnoresOutcomesOfOtherTickets) {
  const Ticket ticket = cache.look(start).refresh->ticket;
  cache.learn({ticket.source + 1, ticket.attempt}, good(second.jwks("k2")), start);
  cache.learn({ticket.source, ticket.attempt + 1}, good(second.jwks("k2")), start);
  EXPECT_EQ(key_id(start), "none");
  cache.learn(ticket, good(first.jwks("k1")), start);
  cache.learn(ticket, good(second.jwks("k2")), start);
  EXPECT_EQ(key_id(start), "k1") << "a ticket is told once";
}

TEST_F(KeyCacheTest, TakesATicketThatNobodyToldForLost) {
  const Ticket lost = cache.look(start).refresh->ticket;
  EXPECT_EQ(cache.look(start + seconds{9}).refresh->ticket, lost);
  const Ticket next = cache.look(start + seconds{10}).refresh->ticket;
  EXPECT_NE(next, lost);
  cache.learn(lost, good(second.jwks("k2")), start + seconds{11});
  EXPECT_EQ(key_id(start + seconds{11}), "none");
}

TEST_F(KeyCacheTest, SurvivesAClockThatStepsBack) {
  fill(start);
  EXPECT_TRUE(cache.look(start - seconds{3600}).keys);
  const WallTime back = start - std::chrono::hours{24 * 365};
  KeyCache other{0, RemoteKeys{"https://tenant.example.com/jwks"}};
  other.learn(other.look(start).refresh->ticket, failed(), start);
  EXPECT_TRUE(other.look(back).refresh) << "a retry time a year ahead is the clock's fault";
}

TEST_F(KeyCacheTest, AdoptsOldKeysAsStaleOnesThatOneErrandRefreshes) {
  const WallTime fetched = start - seconds{3600};
  EXPECT_FALSE(cache.has_keys(start));
  ASSERT_TRUE(cache.adopt(*KeySet::parse(first.jwks("k1")), fetched, start));
  EXPECT_TRUE(cache.has_keys(start));
  EXPECT_EQ(cache.status(start).age, seconds{3600});
  const auto view = cache.look(start);
  ASSERT_TRUE(view.keys);
  ASSERT_TRUE(view.refresh) << "has_keys() took no ticket away";
  EXPECT_EQ(view.refresh->if_none_match, "") << "nobody knows their ETag";
  EXPECT_FALSE(cache.look(start).refresh);
  cache.learn(view.refresh->ticket, good(second.jwks("k2")), start);
  EXPECT_EQ(key_id(start), "k2");
  EXPECT_EQ(cache.look(start).keys->keys().size(), 1u);
  EXPECT_FALSE(cache.look(start + seconds{599}).refresh) << "fetched ones are fresh";
}

TEST_F(KeyCacheTest, AdoptedKeysServeUntilTheyAreStaleOldWhateverTheFetchesSay) {
  const WallTime fetched = start - seconds{86400} + seconds{5};
  ASSERT_TRUE(cache.adopt(*KeySet::parse(first.jwks("k1")), fetched, start));
  cache.learn(cache.look(start).refresh->ticket, failed(), start);
  EXPECT_TRUE(cache.look(start + seconds{4}).keys);
  EXPECT_FALSE(cache.look(start + seconds{5}).keys) << "the age counts from when they were fetched";
  EXPECT_FALSE(cache.has_keys(start + seconds{5}));
  EXPECT_EQ(cache.look(start + seconds{5}).why_none, "connect timeout");
}

TEST_F(KeyCacheTest, AdoptsNothingOldFutureOrLate) {
  struct Row {
    const char* what;
    WallTime fetched;
    bool adopted;
  };
  for (const Row& row : {Row{"of this moment", start, true}, Row{"just young enough", start - seconds{86399}, true},
                         Row{"too old", start - seconds{86400}, false}, Row{"ancient", WallTime{}, false},
                         Row{"of the future", start + std::chrono::milliseconds{1}, false}}) {
    SCOPED_TRACE(row.what);
    KeyCache one{0, RemoteKeys{"https://tenant.example.com/jwks"}};
    const auto adopted = one.adopt(*KeySet::parse(first.jwks("k1")), row.fetched, start);
    EXPECT_EQ(static_cast<bool>(adopted), row.adopted);
    EXPECT_EQ(one.has_keys(start), row.adopted);
    EXPECT_TRUE(row.adopted || !adopted.error().empty());
  }
  fill(start);
  EXPECT_FALSE(cache.adopt(*KeySet::parse(second.jwks("k2")), start, start)) << "fetched keys are never replaced";
  EXPECT_EQ(key_id(start), "k1");
}

TEST_F(KeyCacheTest, NeverAdoptsWhereStaleIsZero) {
  KeyCache strict{0, RemoteKeys{"https://tenant.example.com/jwks", seconds{600}, seconds{0}}};
  EXPECT_FALSE(strict.adopt(*KeySet::parse(first.jwks("k1")), start, start));
  EXPECT_FALSE(strict.look(start).keys);
}

TEST_F(KeyCacheTest, HandsOutOneTicketToManyThreads) {
  std::atomic<int> fetches{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto view = cache.look(start + seconds{round});
        if (view.refresh && !view.keys) {
          ++fetches;
          cache.learn(view.refresh->ticket, good(first.jwks("k1")), start + seconds{round});
        }
        if (view.keys) (void)cache.unknown_key(view.keys, start + seconds{round});
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(fetches.load(), 1);
  EXPECT_EQ(key_id(start + seconds{200}), "k1");
}

}  // namespace
}  // namespace portcullis
