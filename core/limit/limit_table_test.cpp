// A table of fixed size: several buckets at one instant, who gives way to whom, how much memory, and threads. The names
// of its buckets.
#include "core/limit/limit_table.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <thread>

#include "core/limit/limit_key.h"
#include "tests/limit_model.h"

namespace portcullis {
namespace {

using std::chrono::nanoseconds;
using testing::limit_key;
using Verdict = LimitState::Verdict;

LimitTake bucket(unsigned number, std::int64_t interval, std::int64_t burst) {
  return {limit_key(number), nanoseconds{interval}, burst};
}

std::vector<LimitState> take(LimitTable& table, const std::vector<LimitTake>& takes, std::int64_t cost,
                             std::int64_t now) {
  std::vector<LimitState> states(takes.size());
  table.take(takes, cost, MonoTime{now}, states);
  return states;
}

bool admits(LimitTable& table, const LimitTake& bucket, std::int64_t now) {
  return take(table, {bucket}, 1, now)[0].verdict == Verdict::admitted;
}

// ratelimit.md §6 row 46.
TEST(LimitTable, WhatOneBucketRefusesNoOtherGives) {
  LimitTable table{1000};
  const LimitTake large = bucket(1, 100, 5), small = bucket(2, 1000, 1), other = bucket(3, 100, 3);
  EXPECT_TRUE(admits(table, small, 0));
  const auto refused = take(table, {large, small, other}, 1, 0);
  EXPECT_EQ(refused[0].verdict, Verdict::admitted);
  EXPECT_EQ(refused[0].remaining, 5) << "without what was asked";
  EXPECT_EQ(refused[0].reset, nanoseconds{0});
  EXPECT_EQ(refused[1].verdict, Verdict::denied);
  EXPECT_EQ(refused[1].retry_after, nanoseconds{1000});
  EXPECT_EQ(refused[2].remaining, 3);
  EXPECT_EQ(take(table, {large, other}, 0, 0)[0].remaining, 5) << "the first is unchanged";
  const auto never = take(table, {large, other}, 4, 0);
  EXPECT_EQ(never[0].remaining, 5);
  EXPECT_EQ(never[1].verdict, Verdict::never);

  const auto admitted = take(table, {large, small, other}, 1, 1000);
  EXPECT_EQ(admitted[0].remaining, 4);
  EXPECT_EQ(admitted[1].remaining, 0);
  EXPECT_EQ(admitted[2].remaining, 2);
  EXPECT_EQ(table.live_evictions(), 0u);
}

TEST(LimitTable, WhatAClockThatWentBackCutsStaysCutWhereAnotherBucketRefuses) {
  LimitTable table{1000};
  const LimitTake cut = bucket(1, 100, 2), refusing = bucket(2, 100, 1);
  take(table, {cut}, 2, 10'000);
  take(table, {refusing}, 1, 5'000);
  EXPECT_EQ(take(table, {cut, refusing}, 1, 5'000)[0].verdict, Verdict::denied);
  EXPECT_EQ(take(table, {cut}, 0, 5'100)[0].remaining, 1) << "heals as if it had been empty at 5,000";
}

TEST(LimitTable, EveryOctetOfAKeyCounts) {
  const LimitTake one = bucket(1, 1000, 1);
  for (std::size_t at = 0; at < one.key.size(); ++at) {
    LimitTable table{1};  // where all keys are neighbours
    LimitTake other = one;
    other.key[at] ^= 0x80;
    EXPECT_TRUE(admits(table, one, 0));
    EXPECT_TRUE(admits(table, other, 0)) << at;
    EXPECT_FALSE(admits(table, one, 0));
  }
}

TEST(LimitTable, LookingTakesNoPlace) {
  LimitTable table{1};
  for (unsigned i = 0; i < 15; ++i) EXPECT_TRUE(admits(table, bucket(i, 1000, 1), 0));
  for (unsigned i = 100; i < 200; ++i) EXPECT_EQ(take(table, {bucket(i, 1000, 3)}, 0, 0)[0].remaining, 3);
  for (unsigned i = 100; i < 200; ++i) EXPECT_EQ(take(table, {bucket(i, 1000, 3)}, 4, 0)[0].verdict, Verdict::never);
  EXPECT_EQ(table.live_evictions(), 0u);
  for (unsigned i = 0; i < 15; ++i) EXPECT_FALSE(admits(table, bucket(i, 1000, 1), 0)) << "still there";
}

// ratelimit.md §6 row 45.
TEST(LimitTable, FullBucketsGiveWayAndThenTheOneThatIsFullSoonest) {
  LimitTable table{1};
  const std::size_t bytes = table.bytes();
  for (unsigned i = 0; i < 15; ++i) admits(table, bucket(i, 1000 + 10 * i, 1), 0);  // full at 1,000, 1,010, … 1,140
  EXPECT_EQ(table.occupied(MonoTime{0}), 1.0);
  EXPECT_TRUE(admits(table, bucket(20, 5000, 1), 1005));  // number 0 is full again
  EXPECT_EQ(table.live_evictions(), 0u);
  EXPECT_TRUE(admits(table, bucket(21, 5000, 1), 1005));
  EXPECT_EQ(table.live_evictions(), 1u) << "number 1 was not";
  EXPECT_FALSE(admits(table, bucket(2, 1020, 1), 1005));
  EXPECT_FALSE(admits(table, bucket(14, 1140, 1), 1005));
  EXPECT_TRUE(admits(table, bucket(1, 1010, 1), 1005)) << "forgotten, which gave it another burst";
  EXPECT_EQ(table.live_evictions(), 2u);
  for (unsigned i = 100; i < 1100; ++i) EXPECT_TRUE(admits(table, bucket(i, 500, 1), 1005));
  EXPECT_EQ(table.live_evictions(), 1002u);
  EXPECT_FALSE(admits(table, bucket(20, 5000, 1), 1005)) << "a flood of small ones takes one place after the other";
  EXPECT_EQ(table.bytes(), bytes);
  EXPECT_EQ(table.occupied(MonoTime{1'000'000}), 0.0);
}

TEST(LimitTable, BucketsOfOneRequestNeverGiveWayToEachOther) {
  LimitTable table{1};
  for (unsigned i = 0; i < 15; ++i) admits(table, bucket(i, 1'000'000, 1), 0);
  std::vector<LimitTake> takes;
  for (unsigned i = 100; i < 115; ++i) takes.push_back(bucket(i, 1000, 1));
  for (const LimitState& state : take(table, takes, 1, 0)) EXPECT_EQ(state.verdict, Verdict::admitted);
  for (const LimitTake& one : takes) EXPECT_FALSE(admits(table, one, 0));
  EXPECT_EQ(table.live_evictions(), 15u);
}

TEST(LimitTable, MoreBucketsThanItTakesAreRefused) {
  LimitTable table{1000};
  std::vector<LimitTake> takes;
  for (unsigned i = 0; i < LimitTable::most_takes; ++i) takes.push_back(bucket(i, 1000, 2));
  EXPECT_EQ(take(table, takes, 1, 0)[15].remaining, 1);
  takes.push_back(bucket(99, 1000, 2));
  for (const LimitState& state : take(table, takes, 1, 0)) EXPECT_EQ(state.verdict, Verdict::never);
  LimitState one;
  table.take({takes.data(), 2}, 1, MonoTime{0}, {&one, 1});
  EXPECT_EQ(one.verdict, Verdict::never);
  EXPECT_TRUE(take(table, {}, 1, 0).empty());
}

TEST(LimitTable, TakesAtMostSixtyBytesAKeyAndHoldsThatMany) {
  for (const std::size_t keys : {std::size_t{1000}, std::size_t{1001}, std::size_t{100'000}, std::size_t{20'000'000}}) {
    const LimitTable table{keys};  // nothing of which is touched
    EXPECT_LE(table.bytes(), 60 * keys);
    EXPECT_GE(table.bytes(), 55 * keys);
  }
  // As many live buckets as it was made for: hardly one of ten thousand gives way.
  LimitTable table{20'000};
  const LimitKeyHash hash{{1, 2, 3}};
  for (int i = 0; i < 20'000; ++i) {
    const LimitTake one{hash.of(std::to_string(i)), std::chrono::hours{1}, 1};
    EXPECT_TRUE(admits(table, one, 0));
  }
  EXPECT_LE(table.live_evictions(), 10u);
  EXPECT_NEAR(table.occupied(MonoTime{0}), 0.427, 0.03);
}

// ratelimit.md §6 row 44, and eight threads.
TEST(LimitTable, WhoArrivesLateIsJudgedAtTheOthersTime) {
  LimitTable table{1000};
  const LimitTake one = bucket(1, 1000, 2);
  const auto elsewhere = [&](std::int64_t now) {
    std::vector<LimitState> states;
    std::jthread{[&] { states = take(table, {one}, 1, now); }}.join();
    return states[0];
  };
  EXPECT_EQ(elsewhere(10'000).verdict, Verdict::admitted);
  EXPECT_EQ(elsewhere(10'000).verdict, Verdict::admitted);
  EXPECT_EQ(elsewhere(4'000).retry_after, nanoseconds{1000});
  EXPECT_EQ(elsewhere(10'999).retry_after, nanoseconds{1}) << "nothing was cut";
  EXPECT_EQ(elsewhere(11'000).verdict, Verdict::admitted);

  const std::int64_t hour = 3'600'000'000'000;
  EXPECT_EQ(elsewhere(hour).verdict, Verdict::admitted);
  EXPECT_EQ(elsewhere(hour).verdict, Verdict::admitted);
  EXPECT_EQ(elsewhere(0).retry_after, nanoseconds{1000});
  EXPECT_EQ(elsewhere(1000).verdict, Verdict::admitted) << "so late is nobody: the clock went back";
}

TEST(LimitTable, ThreadsNeverGetMoreThanTheBucketHolds) {
  constexpr unsigned threads = 8, turns = 20'000;
  constexpr std::int64_t burst = 1000, interval = 50;
  LimitTable table{1000};
  std::atomic<std::int64_t> clock{0}, admitted{0}, together{0};
  const auto run = [&](unsigned own) {
    for (unsigned i = 0; i < turns; ++i) {
      const std::int64_t now = clock.fetch_add(1, std::memory_order_relaxed);
      admitted += admits(table, bucket(1, interval, burst), now);
      // Two at once, in either order, with one that is this thread's own.
      std::vector<LimitTake> takes{bucket(2, 1'000'000'000, 3000), bucket(10 + own, 1'000'000'000, 5000)};
      if (own % 2 == 0) std::swap(takes[0], takes[1]);
      const auto states = take(table, takes, 1, now);
      together += states[0].verdict == Verdict::admitted && states[1].verdict == Verdict::admitted;
    }
  };
  std::vector<std::jthread> running;
  for (unsigned own = 0; own < threads; ++own) running.emplace_back(run, own);
  running.clear();
  const std::int64_t end = clock;
  EXPECT_LE(admitted, burst + end / interval);
  EXPECT_GE(admitted, burst + end / interval - 2);
  EXPECT_EQ(together, 3000) << "to the last unit";
  std::int64_t own = 0;
  for (unsigned i = 0; i < threads; ++i)
    own += 5000 - take(table, {bucket(10 + i, 1'000'000'000, 5000)}, 0, end)[0].remaining;
  EXPECT_EQ(own, 3000) << "what the shared bucket refused was not taken of the others";
}

/// What this process really holds in memory, in bytes.
std::size_t resident() {
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(LimitTable, AFloodOfKeysStaysWithinItsBytesAndNeverEvictsAHotKey) {
  const char* more = std::getenv("PORTCULLIS_SOAK");
  const int keys = more ? std::max(std::atoi(more), 10'000'000) : 100'000;
  constexpr nanoseconds second{1'000'000'000};
  const std::size_t before = resident();
  LimitTable table{static_cast<std::size_t>(keys) / 10};
  const LimitKeyHash hash{{4, 5, 6}};
  const LimitTake hot{hash.of("hot"), second, 20};
  testing::LimitModel model;
  std::int64_t now = 0;
  int differences = 0;
  for (int i = 0; i < keys; ++i) {
    now += 3 * second.count() / keys;  // a third of them owes something at any time: more than there are places
    admits(table, {hash.of(std::to_string(i)), second, 20}, now);
    if (i % 50 != 0) continue;
    const NeedLimit need{{}, 1, {hot}};
    differences += take(table, need.takes, 1, now)[0].reset != model.take(need, now)[0].reset;
  }
  EXPECT_EQ(differences, 0) << "of the hot key's state";
  EXPECT_GT(table.live_evictions(), static_cast<unsigned>(keys) / 20);
  EXPECT_LE(table.bytes(), static_cast<std::size_t>(keys) / 10 * 60);
  if (more) {  // never under a sanitizer, which takes more
    EXPECT_LE(resident() - before, table.bytes() + (4 << 20));
  }
  std::printf("counted: %d keys in a table of %zu bytes, %llu live evictions\n", keys, table.bytes(),
              static_cast<unsigned long long>(table.live_evictions()));
}

std::array<unsigned char, 16> counted() {
  std::array<unsigned char, 16> secret;
  std::iota(secret.begin(), secret.end(), static_cast<unsigned char>(0));
  return secret;
}

LimitKey by_openssl(const std::array<unsigned char, 16>& secret, std::string_view text) {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(mac);
  std::size_t size = 16;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
  LimitKey key{};
  EXPECT_EQ(EVP_MAC_init(context, secret.data(), secret.size(), parameters), 1);
  EXPECT_EQ(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()), 1);
  EXPECT_EQ(EVP_MAC_final(context, key.data(), &size, key.size()), 1);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  return key;
}

// The first of the vectors that SipHash's authors publish for 128 bits: of 0, 1, 2 and 3 octets 00 01 02.
TEST(LimitKeyHash, IsSipHash) {
  const LimitKey published[] = {
      {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93},
      {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45},
      {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4},
      {0x9c, 0x70, 0xb6, 0x0c, 0x52, 0x67, 0xa9, 0x4e, 0x5f, 0x33, 0xb6, 0xb0, 0x29, 0x85, 0xed, 0x51},
  };
  const LimitKeyHash hash{counted()};
  for (std::size_t size = 0; size < std::size(published); ++size)
    EXPECT_EQ(hash.of(std::string_view{"\0\1\2", size}), published[size]) << size;
}

TEST(LimitKeyHash, IsWhatOpenSslSays) {
  std::mt19937 random{1};
  std::string text;
  for (int size = 0; size < 100; ++size) {
    std::array<unsigned char, 16> secret;
    for (unsigned char& octet : secret) octet = static_cast<unsigned char>(random());
    ASSERT_EQ(LimitKeyHash{secret}.of(text), by_openssl(secret, text)) << size;
    text += static_cast<char>(random());
  }
}

TEST(LimitKeyText, PartsNeverRunTogether) {
  const auto text = [](std::initializer_list<std::string_view> parts) {
    LimitKeyText made;
    for (const std::string_view part : parts) made.add(part);
    return std::string{made.text()};
  };
  const std::vector<std::string> texts{text({"a|b", "c"}), text({"a", "b|c"}), text({"a|b|c"}),   text({"a", "b", "c"}),
                                       text({"abc"}),      text({"abc", ""}),  text({"", "abc"}), text({}),
                                       text({""}),         text({"", ""})};
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(texts[i], texts[j]) << i << " " << j;
  EXPECT_EQ(text({"a", "b"}), text({"a", "b"}));
}

}  // namespace
}  // namespace portcullis
