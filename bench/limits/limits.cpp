// What counting a request costs: the table of limits beside what one would write first, a map for each of 64 locks,
// both with a million keys that ask in any order; and one hot key beside the clock and the hash that it cannot do
// without.
//   limits ROUNDS      prints one JSON object
#include <malloc.h>
#include <time.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/limit/gcra.h"
#include "core/limit/limit_key.h"
#include "core/limit/limit_table.h"

namespace {

using namespace portcullis;

constexpr std::size_t keys = 1'000'000;
constexpr std::size_t turns = 100'000;
constexpr std::chrono::hours interval{1};  // nobody's bucket is full again meanwhile
constexpr std::int64_t burst = Rate::most_burst;

double nanoseconds_spent() {
  timespec spent{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) != 0) std::abort();
  return static_cast<double>(spent.tv_sec) * 1e9 + static_cast<double>(spent.tv_nsec);
}

/// What the allocator has given out, in bytes.
std::size_t given_out() {
  const auto all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

std::int64_t monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

/// What a bucket is about, in 51 octets: limit, window, issuer, subject. Made anew each time in one place, for in a
/// request it has just been read as well.
class KeyText {
 public:
  std::string_view of(std::size_t number) {
    std::uint64_t digits = number;
    for (std::size_t at = text_.size(); at > text_.size() - 8; digits >>= 4)
      text_[--at] = "0123456789abcdef"[digits & 15];
    return {text_.data(), text_.size()};
  }

 private:
  std::array<char, 51> text_ = [] {
    std::array<char, 51> text;
    std::memcpy(text.data(),
                "per-user\x1f"
                "1\x1f"
                "0\x1f"
                "auth0|507f1f77bcf86cd799439011.........",
                text.size());
    return text;
  }();
};

/// The way of the textbook.
class ShardedMap {
 public:
  LimitState take(std::string_view key, std::int64_t now) {
    const std::size_t hash = std::hash<std::string_view>{}(key);
    Shard& shard = shards_[hash >> 58];
    const std::lock_guard lock{shard.mutex};
    auto found = shard.buckets.find(key);
    if (found == shard.buckets.end()) found = shard.buckets.emplace(std::string{key}, 0).first;
    const Taken made = portcullis::take({{}, interval, burst}, found->second, now, 1);
    found->second = made.after;
    return made.state;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<std::string, ArrivalTime, Hash, std::equal_to<>> buckets;
  };
  std::array<Shard, 64> shards_;
};

template <class Turn>
double time_of(Turn turn) {
  const double begun = nanoseconds_spent();
  for (std::size_t i = 0; i < turns; ++i) turn();
  return (nanoseconds_spent() - begun) / static_cast<double>(turns);
}

int measure(int rounds) {
  KeyText text;
  const LimitKeyHash hash{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
  std::mt19937_64 random{1};
  std::int64_t admitted = 0;
  const auto from_table = [&](LimitTable& table, std::string_view key) {
    const LimitTake take{hash.of(key), interval, burst};
    LimitState state;
    table.take({&take, 1}, 1, MonoTime{monotonic()}, {&state, 1});
    admitted += state.verdict == LimitState::Verdict::admitted;
  };

  const std::size_t before = given_out();
  ShardedMap map;
  for (std::size_t i = 0; i < keys; ++i) map.take(text.of(i), monotonic());
  const std::size_t map_bytes = given_out() - before + sizeof map;
  LimitTable table{keys}, small{1000};
  for (std::size_t i = 0; i < keys; ++i) from_table(table, text.of(i));
  const std::uint64_t given_up = table.live_evictions();

  std::printf("{\"keys\":%zu,\"bytes\":{\"map\":%zu,\"table\":%zu},\"given_up\":%llu,\"rounds\":[", keys, map_bytes,
              table.bytes(), static_cast<unsigned long long>(given_up));
  std::size_t sink = 0;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    const double by_map = time_of(
        [&] { admitted += map.take(text.of(random() % keys), monotonic()).verdict == LimitState::Verdict::admitted; });
    const double by_table = time_of([&] { from_table(table, text.of(random() % keys)); });
    const double floor = time_of([&] { sink += hash.of(text.of(7))[0] + static_cast<std::size_t>(monotonic()); });
    const auto other = static_cast<std::size_t>(round + 1);  // no bucket holds enough for all rounds
    const double hot = time_of([&] { from_table(small, text.of(other)); });
    if (round < 0) continue;
    std::printf("%s{\"map\":%.1f,\"table\":%.1f,\"floor\":%.1f,\"hot\":%.1f}", round == 0 ? "" : ",", by_map, by_table,
                floor, hot);
  }
  std::printf("],\"sink\":%d}\n", static_cast<int>(sink & 1));
  // Every one was admitted, or what was measured is not what it is called.
  return admitted == static_cast<std::int64_t>(keys + 3 * turns * static_cast<std::size_t>(rounds + 1)) ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (rounds >= 1) return measure(rounds);
  std::fprintf(stderr, "usage: limits ROUNDS\n");
  return 2;
}
