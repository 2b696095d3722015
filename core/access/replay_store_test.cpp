// What was seen within its window is seen again, and memory has a bound.
#include "core/access/replay_store.h"

#include <gtest/gtest.h>

#include "core/access/dpop_nonce.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

using std::chrono::seconds;
using Verdict = ReplayStore::Verdict;

const std::string key(43, 'k'), other_key(43, 'o');
const WallTime start = testing::new_year().wall;

Secrets secrets(unsigned char seed) {
  Secrets made;
  made.seed.fill(seed);
  return made;
}

TEST(ReplayStore, KnowsAProofByKeyUriAndId) {
  ReplayStore store{secrets(1), 1024};
  const auto seen = [&](const std::string& thumbprint, const char* uri, const char* id) {
    return store.remember(thumbprint, uri, id, start + seconds{300}, start) == Verdict::seen;
  };
  EXPECT_FALSE(seen(key, "https://a.example/", "1"));
  EXPECT_TRUE(seen(key, "https://a.example/", "1"));
  EXPECT_FALSE(seen(other_key, "https://a.example/", "1"));
  EXPECT_FALSE(seen(key, "https://a.example/b", "1"));
  EXPECT_FALSE(seen(key, "https://a.example/", "2"));
  EXPECT_FALSE(seen(key, "https://a.example/1", ""));  // the same letters in other places
  EXPECT_TRUE(seen(key, "https://a.example/", "2"));
}

TEST(ReplayStore, HasABoundAndRefusesWhatItCannotRemember) {
  ReplayStore store{secrets(1), 64};
  std::size_t taken = 0;
  const auto remember = [&](std::size_t id, WallTime now) {
    return store.remember(key, "https://a.example/", std::to_string(id), now + seconds{300}, now);
  };
  for (std::size_t id = 0; id < 200; ++id) taken += remember(id, start) == Verdict::first_time;
  EXPECT_EQ(taken, 64u);
  EXPECT_EQ(remember(1000, start), Verdict::full);
  for (std::size_t id = 0; id < 64; ++id) EXPECT_EQ(remember(id, start), Verdict::seen) << "nothing was thrown out";
  EXPECT_EQ(remember(1000, start + seconds{299}), Verdict::full);
  EXPECT_EQ(remember(1000, start + seconds{300}), Verdict::first_time) << "what is too old makes room";
  EXPECT_EQ(remember(1000, start + seconds{300}), Verdict::seen);
}

TEST(ReplayStore, RemembersWhenTheClockGoesBack) {
  ReplayStore store{secrets(1), 1024};
  const auto remember = [&](const char* id, seconds later) {
    return store.remember(key, "https://a.example/", id, start + later + seconds{300}, start + later);
  };
  EXPECT_EQ(remember("1", seconds{1000}), Verdict::first_time);
  EXPECT_EQ(remember("1", seconds{0}), Verdict::seen);
  EXPECT_EQ(remember("2", seconds{0}), Verdict::first_time);
  EXPECT_EQ(remember("2", seconds{1000}), Verdict::seen) << "too old for anybody, and still known";
  EXPECT_EQ(remember("2", seconds{0}), Verdict::seen);
}

TEST(NonceMint, GivesNoncesThatAreGoodForOneToTwoLives) {
  const NonceMint mint{secrets(1)};
  const WallTime now{start.time_since_epoch() / NonceMint::life * NonceMint::life};  // where a life begins
  const std::string nonce = mint.at(now);
  EXPECT_EQ(nonce.size(), 43u);
  struct Row {
    seconds later;
    NonceMint::Age age;
  };
  for (const Row& row :
       {Row{seconds{0}, NonceMint::Age::current}, Row{NonceMint::life - seconds{1}, NonceMint::Age::current},
        Row{NonceMint::life, NonceMint::Age::previous}, Row{2 * NonceMint::life - seconds{1}, NonceMint::Age::previous},
        Row{2 * NonceMint::life, NonceMint::Age::unknown}, Row{seconds{-1}, NonceMint::Age::unknown}})
    EXPECT_EQ(mint.age_of(nonce, now + row.later), row.age) << row.later.count();
  EXPECT_EQ(mint.age_of(nonce + 'a', now), NonceMint::Age::unknown);
  EXPECT_EQ(mint.age_of("", now), NonceMint::Age::unknown);
  EXPECT_EQ(NonceMint{secrets(2)}.age_of(nonce, now), NonceMint::Age::unknown) << "of another secret";
}

TEST(NonceMint, TakesTheNoncesOfThoseWithItsSecretWhateverTheirSeed) {
  constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";
  const auto mint = [](unsigned char seed, std::string_view of) {
    Secrets made = secrets(seed);
    made.nonce_seed = nonce_seed_of(of);
    return NonceMint{made};
  };
  const std::string nonce = mint(1, secret).at(start);
  EXPECT_EQ(mint(2, secret).age_of(nonce, start), NonceMint::Age::current);
  EXPECT_EQ(mint(2, secret).age_of(nonce, start + NonceMint::life), NonceMint::Age::previous);
  EXPECT_EQ(mint(1, "0123456789abcdef0123456789abcdeF").age_of(nonce, start), NonceMint::Age::unknown);
  EXPECT_EQ(NonceMint{secrets(1)}.age_of(nonce, start), NonceMint::Age::unknown) << "of the same seed, without it";
  Secrets store = secrets(1);
  store.nonce_seed = shared_seed_of(secret);
  EXPECT_EQ(NonceMint{store}.age_of(nonce, start), NonceMint::Age::unknown) << "of a store with that password";
}

}  // namespace
}  // namespace portcullis
