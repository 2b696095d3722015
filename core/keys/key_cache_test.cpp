// The life of one remote key source, with the clock in the test's hand. tokens.md §6.
#include "core/keys/key_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  KeyCache cache{0, RemoteKeys{"https://tenant.example.com/jwks", seconds{600}, seconds{86400}}, Spread::none()};
  testing::Signer first, second;

  void fill(WallTime now) { cache.learn(cache.look(now).refresh->ticket, good(first.jwks("k1")), now); }
  std::string both() {
    const std::string one = first.jwks("k1"), two = second.jwks("k2");
    return one.substr(0, one.size() - 2) + ',' + two.substr(std::string_view{R"({"keys":[)"}.size());
  }
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
    KeyCache one{0, RemoteKeys{"https://tenant.example.com/jwks"}, Spread::none()};
    one.learn(one.look(start).refresh->ticket, good(first.jwks("k1")), start);
    const WallTime later = start + seconds{700};
    one.learn(one.look(later).refresh->ticket, answer, later);
    ASSERT_TRUE(one.look(later).keys);
    EXPECT_EQ(one.look(later).keys->keys().front().key_id(), "k1");
    EXPECT_FALSE(one.status(later).last_error.empty());
    EXPECT_EQ(one.look(later + seconds{2}).refresh->if_none_match, "") << "next time without the condition";
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

TEST_F(KeyCacheTest, NotModifiedCountsOnlyWhereItWasAskedFor) {
  cache.learn(cache.look(start).refresh->ticket, FetchedKeys{200, first.jwks("k1"), "", {}, {}}, start);
  const WallTime later = start + seconds{600};
  cache.learn(cache.look(later).refresh->ticket, status(304), later);
  EXPECT_EQ(cache.status(later).last_error, "HTTP status 304");
  EXPECT_EQ(cache.status(later).age, seconds{600});
  EXPECT_TRUE(cache.look(later).keys);
}

TEST_F(KeyCacheTest, NotModifiedKeepsTheMaxAgeUnlessItBringsAnother) {
  WallTime now = start;
  const auto answer = [&](int code, std::optional<seconds> max_age) {
    cache.learn(cache.look(now).refresh->ticket, FetchedKeys{code, first.jwks("k1"), "\"v1\"", max_age, {}}, now);
  };
  const auto fresh_for = [&](seconds so_long) {
    EXPECT_FALSE(cache.look(now + so_long - seconds{1}).refresh);
    now += so_long;
  };
  answer(200, seconds{120});
  fresh_for(seconds{120});
  answer(304, {});
  fresh_for(seconds{120});
  answer(304, seconds{300});
  fresh_for(seconds{300});
  answer(304, {});
  fresh_for(seconds{300});
  answer(200, {});
  fresh_for(seconds{600});
}

TEST_F(KeyCacheTest, ClampsTheServersMaxAge) {
  struct Row {
    int max_age, fresh_for;
  };
  for (const Row& row : {Row{15, 60}, Row{60, 60}, Row{900, 900}, Row{1'000'000, 86400}}) {
    SCOPED_TRACE(row.max_age);
    KeyCache one{0, RemoteKeys{"https://tenant.example.com/jwks"}, Spread::none()};
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
  const auto one = cache.unknown_key(keys, "new", start);
  ASSERT_TRUE(one);
  const auto joined = cache.unknown_key(keys, "new", start + seconds{1});
  ASSERT_TRUE(joined) << "a cooldown never forbids joining the fetch under way";
  EXPECT_EQ(one->ticket, joined->ticket);
  cache.learn(one->ticket, failed(), start + seconds{3});
  EXPECT_FALSE(cache.unknown_key(keys, "new", start + seconds{29})) << "a failing fetch counts too";
  EXPECT_TRUE(cache.look(start + seconds{29}).keys);
  EXPECT_TRUE(cache.unknown_key(keys, "new", start + seconds{30}));
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

// tokens.md §6.5: a Lambda was frozen, and only the wall clock knows.
TEST_F(KeyCacheTest, ThawsWithStaleKeysAtOnceAndWithNoneAfterTheStaleWindow) {
  fill(start);
  const auto thawed = cache.look(start + std::chrono::hours{3});
  EXPECT_TRUE(thawed.keys);
  ASSERT_TRUE(thawed.refresh);
  const auto refrozen = cache.look(start + std::chrono::hours{6});
  EXPECT_TRUE(refrozen.keys);
  ASSERT_TRUE(refrozen.refresh) << "the fetch of the first thaw is lost";
  EXPECT_NE(refrozen.refresh->ticket, thawed.refresh->ticket);
  EXPECT_FALSE(cache.look(start + std::chrono::hours{24 * 7}).keys);
}

TEST_F(KeyCacheTest, SurvivesAClockThatStepsBack) {
  fill(start);
  EXPECT_FALSE(cache.look(start - seconds{5}).refresh) << "clocks are set back a little all the time";
  const WallTime back = start - std::chrono::hours{24 * 365};
  const auto view = cache.look(back);
  EXPECT_TRUE(view.keys);
  ASSERT_TRUE(view.refresh) << "nobody knows how old they are";
  cache.learn(view.refresh->ticket, failed(), back);
  EXPECT_TRUE(cache.look(back + seconds{86399}).keys);
  EXPECT_FALSE(cache.look(back + seconds{86400}).keys) << "nor do they serve until next year";
  KeyCache other{0, RemoteKeys{"https://tenant.example.com/jwks"}, Spread::none()};
  other.learn(other.look(start).refresh->ticket, failed(), start);
  EXPECT_TRUE(other.look(back).refresh) << "a retry time a year ahead is the clock's fault";
}

// tokens.md §5.4: the age of keys is the delay of a revocation, so the window can be closed.
TEST_F(KeyCacheTest, WithoutAStaleWindowOldKeysAreNotUsed) {
  KeyCache strict{0, RemoteKeys{"https://tenant.example.com/jwks", seconds{600}, seconds{0}}, Spread::none()};
  strict.learn(strict.look(start).refresh->ticket, good(first.jwks("k1")), start);
  EXPECT_TRUE(strict.look(start + seconds{599}).keys);
  const auto old = strict.look(start + seconds{600});
  EXPECT_FALSE(old.keys);
  ASSERT_TRUE(old.refresh);
  strict.learn(old.refresh->ticket, failed(), start + seconds{600});
  EXPECT_FALSE(strict.look(start + seconds{600}).keys);
  EXPECT_EQ(strict.look(start + seconds{600}).why_none, "connect timeout");
}

TEST_F(KeyCacheTest, TakesAnotherKeyUnderTheSameKidForAnotherKey) {
  fill(start);
  const auto before = cache.look(start).keys;
  const WallTime later = start + seconds{600};
  cache.learn(cache.look(later).refresh->ticket, good(second.jwks("k1")), later);
  const auto after = cache.look(later).keys;
  EXPECT_NE(before->keys().front().thumbprint(), after->keys().front().thumbprint());
}

// tokens.md §6.5, §6.1: instances that began together must not come back together.
TEST(KeyCacheSpread, MovesEachPauseByATenthAndNeverBeyondItsBounds) {
  const testing::Signer signer;
  struct Row {
    const char* what;
    FetchedKeys answer;
    int soonest, latest;  // seconds until the next fetch
  };
  const Row rows[] = {
      {"fresh", {200, signer.jwks(), "", {}, {}}, 540, 660},
      {"as the server says", {200, signer.jwks(), "", seconds{3000}, {}}, 2700, 3300},
      {"never under a minute", {200, signer.jwks(), "", seconds{15}, {}}, 60, 66},
      {"never over a day", {200, signer.jwks(), "", seconds{86400}, {}}, 77760, 86400},
      {"never before Retry-After", {429, "", "", {}, seconds{100}}, 100, 110},
      {"Retry-After has a bound", {503, "", "", {}, seconds{1'000'000}}, 600, 660},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    std::vector<std::int64_t> pauses;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      KeyCache cache{0, RemoteKeys{"https://tenant.example.com/jwks"}, Spread::seeded(seed)};
      cache.learn(cache.look(start).refresh->ticket, row.answer, start);
      EXPECT_FALSE(cache.look(start + seconds{row.soonest} - std::chrono::milliseconds{1}).refresh);
      std::int64_t low = row.soonest * 1000, high = row.latest * 1000;
      while (low < high) {  // the first millisecond at which it asks again
        const std::int64_t middle = (low + high) / 2;
        KeyCache again{0, RemoteKeys{"https://tenant.example.com/jwks"}, Spread::seeded(seed)};
        again.learn(again.look(start).refresh->ticket, row.answer, start);
        if (again.look(start + std::chrono::milliseconds{middle}).refresh) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      EXPECT_TRUE(cache.look(start + std::chrono::milliseconds{low}).refresh);
      pauses.push_back(low);
    }
    std::sort(pauses.begin(), pauses.end());
    EXPECT_GT(std::unique(pauses.begin(), pauses.end()) - pauses.begin(), 5) << "instances differ";
  }
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
    KeyCache one{0, RemoteKeys{"https://tenant.example.com/jwks"}, Spread::none()};
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
  KeyCache strict{0, RemoteKeys{"https://tenant.example.com/jwks", seconds{600}, seconds{0}}, Spread::none()};
  EXPECT_FALSE(strict.adopt(*KeySet::parse(first.jwks("k1")), start, start));
  EXPECT_FALSE(strict.look(start).keys);
}

// tokens.md §6.3: what is looked for in vain is not looked for again as soon as the cooldown ends.
TEST_F(KeyCacheTest, RemembersAMinuteLongWhatAGoodFetchDidNotBring) {
  fill(start);
  const auto ask = [&](const char* kid, int after) {
    return cache.unknown_key(cache.look(start).keys, kid, start + seconds{after});
  };
  const auto one = ask("made-up", 0);
  ASSERT_TRUE(one);
  cache.learn(one->ticket, status(304), start + seconds{1});
  EXPECT_FALSE(ask("met the cooldown", 10));
  EXPECT_FALSE(ask("made-up", 30)) << "looked for in vain";
  const auto two = ask("met the cooldown", 30);
  ASSERT_TRUE(two) << "nobody has looked for it";
  cache.learn(two->ticket, failed(), start + seconds{31});
  EXPECT_FALSE(ask("made-up", 59));
  const auto three = ask("met the cooldown", 60);
  ASSERT_TRUE(three) << "a failed fetch says nothing about it";
  cache.learn(three->ticket, good(second.jwks("new")), start + seconds{61});
  EXPECT_EQ(key_id(start + seconds{61}), "new");
  EXPECT_TRUE(ask("made-up", 90)) << "a minute is over";
}

TEST(UnknownKeyIds, AreBoundedAndTheOldestGoFirst) {
  UnknownKeyIds ids;
  for (int i = 0; i < 1000; ++i) ids.looked_for("id" + std::to_string(i), 1, start);
  ids.brought_keys(1);
  EXPECT_EQ(ids.size(), UnknownKeyIds::most);
  EXPECT_FALSE(ids.in_vain("id743", start));
  EXPECT_TRUE(ids.in_vain("id744", start));
  ids.looked_for("id744", 2, start);
  EXPECT_EQ(ids.size(), UnknownKeyIds::most) << "one entry an id";
  ids.brought_keys(1);
  EXPECT_FALSE(ids.in_vain("id744", start)) << "its latest fetch is not over";
}

// tokens.md T-DOS-01, §6.3; C009.
TEST_F(KeyCacheTest, AFloodOfUnknownKeysCostsOneFetchACooldownAndKeepsNobodyWithAKeyOut) {
  fill(start);
  int fetches = 0;
  std::string published = first.jwks("k1");
  std::optional<Ticket> under_way;
  for (int after = 0; after < 62; ++after) {
    const WallTime now = start + seconds{after};
    if (after == 20) published = both();  // k2 beside k1; tokens of k2 come from second 40 on
    const int ids = after % 10 == 0 ? 10'000 : 100;
    for (int i = 0; i < ids; ++i) {
      const auto keys = cache.look(now).keys;
      if (i % 1000 == 0) {
        ASSERT_TRUE(keys && keys->candidates(Algorithm::EdDSA, "k1", MissingKeyId::refused));
      }
      const auto wanted = cache.unknown_key(keys, "made-up " + std::to_string(i), now);
      if (!wanted || under_way == wanted->ticket) continue;
      ++fetches;
      under_way = wanted->ticket;
    }
    if (under_way) cache.learn(*under_way, good(published), now);
    under_way.reset();
    if (after < 40) continue;
    const auto known = cache.look(now).keys->candidates(Algorithm::EdDSA, "k2", MissingKeyId::refused);
    EXPECT_TRUE(known) << "the flood's own fetch at second 30 brought it; second " << after;
  }
  EXPECT_EQ(fetches, 3) << "at 0, 30 and 60 s";
  EXPECT_FALSE(cache.look(start + seconds{62}).refresh);
}

TEST_F(KeyCacheTest, AKeyUsedTheMomentItIsPublishedWaitsForTheCooldownAndNoLonger) {
  fill(start);
  const auto keys = cache.look(start).keys;
  cache.learn(cache.unknown_key(keys, "made-up", start)->ticket, status(304), start);
  int waited = 0;
  for (int after = 1; after <= 60; ++after) {  // the flood goes on and the first token of k2 comes with it
    const WallTime now = start + seconds{after};
    std::optional<NeedKeys> wanted;
    for (int i = 0; i < 100 && !wanted; ++i) wanted = cache.unknown_key(keys, "other " + std::to_string(i), now);
    const auto joined = cache.unknown_key(keys, "k2", now);
    EXPECT_EQ(wanted.has_value(), joined.has_value()) << "whoever has the fetch made, all join it";
    waited = after;
    if (!joined) continue;
    cache.learn(joined->ticket, good(second.jwks("k2")), now);
    break;
  }
  EXPECT_EQ(waited, 30);
  EXPECT_EQ(key_id(start + seconds{30}), "k2");
}

// OpenID Connect Discovery 1.0 §4; tokens.md §5.2: two questions' worth of work under one ticket.
TEST(KeyCacheOfMetadata, AsksForItOnceADayAndAfterEachFailure) {
  const testing::Signer signer;
  const std::string metadata = "https://id.example.com/.well-known/openid-configuration";
  KeyCache cache{0, RemoteKeys{metadata, seconds{600}, seconds{86400}, "https://id.example.com/"}, Spread::none()};
  FetchedKeys answer{200, signer.jwks(), "\"v1\"", {}, {}};
  answer.key_url = "https://id.example.com/keys";
  const auto ask = [&](WallTime now) { return cache.look(now).refresh.value(); };
  NeedKeys wanted = ask(start);
  EXPECT_EQ(wanted.url, metadata);
  EXPECT_EQ(wanted.metadata_of, "https://id.example.com/");
  EXPECT_EQ(cache.status(start).source, metadata);
  cache.learn(wanted.ticket, answer, start);
  EXPECT_EQ(cache.status(start).source, "https://id.example.com/keys");

  WallTime now = start + seconds{600};
  wanted = ask(now);
  EXPECT_EQ(wanted.url, "https://id.example.com/keys");
  EXPECT_EQ(wanted.metadata_of, "");
  EXPECT_EQ(wanted.if_none_match, "\"v1\"");
  cache.learn(wanted.ticket, FetchedKeys{404, "", "", {}, {}}, now);
  now += seconds{1};
  wanted = ask(now);
  EXPECT_EQ(wanted.metadata_of, "https://id.example.com/") << "perhaps the keys have moved";
  EXPECT_EQ(wanted.if_none_match, "") << "the tag is of what was at the old place";
  cache.learn(wanted.ticket, answer, now);
  now += std::chrono::hours{24};
  EXPECT_EQ(ask(now).metadata_of, "https://id.example.com/");
}

TEST(IssuerMetadata, IsLookedForAfterTheIssuersPathAndThenBeforeIt) {
  const auto urls = [](const char* issuer) { return metadata_urls(issuer); };
  using Urls = std::vector<std::string>;
  EXPECT_EQ(urls("https://id.example.com/"), (Urls{"https://id.example.com/.well-known/openid-configuration",
                                                   "https://id.example.com/.well-known/oauth-authorization-server"}));
  EXPECT_EQ(urls("https://id.example.com/realms/one"),
            (Urls{"https://id.example.com/realms/one/.well-known/openid-configuration",
                  "https://id.example.com/.well-known/oauth-authorization-server/realms/one"}));
  EXPECT_EQ(urls("id.example.com"), Urls{});
}

// RFC 8414 §3.3; OpenID Connect Discovery 1.0 §4.3; tokens.md §5.2, §6.4.
TEST(IssuerMetadata, IsBelievedOnlyForItsOwnIssuerAndHost) {
  const auto read = [](const std::string& text) { return key_url_of(text, "https://id.example.com/"); };
  const auto document = [](const std::string& issuer, const std::string& keys) {
    return R"({"issuer":")" + issuer + R"(","id_token_signing_alg_values_supported":["HS256","none"],"jwks_uri":)" +
           keys + "}";
  };
  const std::string own = "https://id.example.com/";
  for (const char* good_url : {"https://id.example.com/keys", "https://ID.example.com:8443/keys?v=1"}) {
    const auto found = read(document(own, '"' + std::string{good_url} + '"'));
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->url, good_url);
  }
  struct Row {
    std::string text;
    const char* why;  // a piece of the sentence
  };
  const std::string fine = R"("https://id.example.com/keys")";
  for (const Row& row : {
           Row{"<html>", "not JSON"},
           Row{"[]", "the same to the last byte"},
           Row{R"({"jwks_uri":)" + fine + "}", "the same to the last byte"},
           Row{document("https://id.example.com", fine), "the same to the last byte"},
           Row{document("https://ID.example.com/", fine), "the same to the last byte"},
           Row{document("https://evil.example/", fine), "the same to the last byte"},
           Row{R"({"issuer":"https://id.example.com/"})", "no 'jwks_uri'"},
           Row{document(own, "1"), "no 'jwks_uri'"},
           Row{document(own, R"("/keys")"), "no absolute URL"},
           Row{document(own, R"("https://id.example.com@evil.example/keys")"), "no absolute URL"},
           Row{document(own, R"("https://id.example.com\\@evil.example/keys")"), "no absolute URL"},
           Row{document(own, R"("https:///keys")"), "no absolute URL"},
           Row{document(own, R"("http://id.example.com/keys")"), "not https"},
           Row{document(own, R"("file://id.example.com/keys")"), "not https"},
           Row{document(own, R"("https://evil.example/keys")"), "another host"},
           Row{document(own, R"("https://id.example.com.evil.example/keys")"), "another host"},
           Row{document(own, R"("https://169.254.169.254/keys")"), "another host"},
       }) {
    SCOPED_TRACE(row.text);
    const auto found = read(row.text);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().find(row.why), std::string::npos) << found.error();
  }
  EXPECT_TRUE(key_url_of(R"({"issuer":"http://localhost:3001/","jwks_uri":"http://localhost:3001/keys"})",
                         "http://localhost:3001/"));
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
        if (view.keys) (void)cache.unknown_key(view.keys, "new", start + seconds{round});
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(fetches.load(), 1);
  EXPECT_EQ(key_id(start + seconds{200}), "k1");
}

// design.md §6: a value is replaced under the readers' hands, and each of them has a whole one.
TEST(Published, GivesEveryReaderAWholeValueWhileItIsReplaced) {
  struct Pair {
    int a, b;
  };
  Published<Pair> published;
  EXPECT_EQ(published.get(), nullptr);
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      int last = 0;
      while (!over) {
        const auto pair = published.get();
        if (!pair) continue;
        EXPECT_EQ(pair->a, -pair->b);
        EXPECT_GE(pair->a, last) << "never back to an older one";
        last = pair->a;
      }
    });
  int written = 0;
  for (int i = 1; i <= 20'000; ++i)
    if (published.put(std::make_shared<const Pair>(Pair{i, -i}))) written = i;
  over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(published.get()->a, written);
}

// The same flood from many threads: what the thread sanitizer is for.
TEST_F(KeyCacheTest, AFloodFromManyThreadsCostsOneFetchACooldownAndGoodTokensGoOnPassing) {
  fill(start);
  std::atomic<int> without_keys{0};
  std::atomic<std::uint64_t> attempts{0};
  const std::string answer = first.jwks("k1");
  for (const int after : {0, 1, 29, 30, 31, 59, 60}) {
    const WallTime now = start + seconds{after};
    std::vector<std::thread> threads;
    for (const char* flood : {"a", "b"})
      threads.emplace_back([&, flood] {
        for (int i = 0; i < 500; ++i) {
          const auto wanted = cache.unknown_key(cache.look(now).keys, flood + std::to_string(i), now);
          if (!wanted) continue;
          attempts = wanted->ticket.attempt;
          cache.learn(wanted->ticket, good(answer), now);
        }
      });
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const auto keys = cache.look(now).keys;
        if (!keys || !keys->candidates(Algorithm::EdDSA, "k1", MissingKeyId::refused)) ++without_keys;
      }
    });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(without_keys, 0);
  EXPECT_EQ(attempts, 4u) << "the first, and at 0, 30 and 60 s";
}

}  // namespace
}  // namespace portcullis
