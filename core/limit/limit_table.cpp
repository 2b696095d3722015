#include "core/limit/limit_table.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <thread>

#include "core/limit/gcra.h"

namespace portcullis {
namespace {

constexpr std::size_t line = 64;  // of a processor's cache
constexpr std::int64_t latest_arrival =
    10'000'000'000;                         // nanoseconds after the clock was read; later is a clock gone back
constexpr std::size_t bytes_of_a_key = 60;  // at most; 2.3 places for each, so that hardly any set is crowded

__extension__ using Wide = unsigned __int128;

/// A key in two words: the one says which set is its own, the other is compared first.
struct Name {
  static Name of(const LimitKey& key) noexcept {
    Name name;
    std::memcpy(&name.chosen, key.data(), sizeof name.chosen);
    std::memcpy(&name.compared, key.data() + sizeof name.chosen, sizeof name.compared);
    return name;
  }
  std::uint64_t chosen, compared;
};

/// The places that some keys share: two cache lines to search in, four with what is found there. Zeros are an empty
/// set, so that memory is not touched before it is used.
struct alignas(2 * line) Set {
  static constexpr std::size_t places = 15;
  struct alignas(16) Place {
    std::uint64_t chosen;
    ArrivalTime full_at;  // 0: never used
  };

  std::uint64_t locked;
  std::uint64_t compared[places];
  std::int64_t latest;  // the time of who was here last
  Place place[places];

  /// @returns `places` where it is not
  std::size_t find(const Name& name) const noexcept {
    for (std::size_t i = 0; i < places; ++i)
      if (compared[i] == name.compared && place[i].chosen == name.chosen) return i;
    return places;
  }

  // Where lock, comparison and bucket are if half of the places are in use. More would crowd the cache for nothing.
  void prefetch() const noexcept {
    const char* const begin = reinterpret_cast<const char*>(this);
    for (const std::size_t at : {0, 2, 3}) __builtin_prefetch(begin + at * line, 1);
  }

  void lock() noexcept {
    const std::atomic_ref<std::uint64_t> flag{locked};
    int looks = 0;
    while (flag.exchange(1, std::memory_order_acquire) != 0)
      while (flag.load(std::memory_order_relaxed) != 0)
        if (++looks > 100) std::this_thread::yield();  // whoever holds it is not running
  }
  void unlock() noexcept { std::atomic_ref<std::uint64_t>{locked}.store(0, std::memory_order_release); }
};
static_assert(sizeof(Set) == 6 * line && offsetof(Set, latest) == 2 * line);

/// One take while it is made.
struct Visit {
  Name name;
  Set* set;
  std::size_t at;  // its place; Set::places: none yet
  ArrivalTime before, after;
};

/// The sets of some visits, locked as long as this lives: in the order of their addresses, so that nobody waits in a
/// circle.
class Locked {
 public:
  explicit Locked(std::span<const Visit> visits) noexcept {
    for (const Visit& visit : visits) {
      std::size_t at = count_;
      while (at > 0 && visit.set < sets_[at - 1]) --at;
      if (at > 0 && sets_[at - 1] == visit.set) continue;
      std::copy_backward(&sets_[at], &sets_[count_], &sets_[count_ + 1]);
      sets_[at] = visit.set;
      ++count_;
    }
    for (std::size_t i = 0; i < count_; ++i) sets_[i]->lock();
  }
  ~Locked() {
    for (std::size_t i = 0; i < count_; ++i) sets_[i]->unlock();
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  Set* sets_[LimitTable::most_takes + 1];
  std::size_t count_ = 0;
};

/// A thread that read its clock and was then interrupted comes with a time before that of the others. Taken at its
/// word, it would look like a clock gone back, for which what is owed is cut: the bucket would grant too much. So it is
/// judged at the others' time. If this thread itself has had that time before, the clock did go back.
///
/// Why thread_local: to the table both are the same numbers, and the answers must differ (ratelimit.md §6 rows 17 and
/// 44), so only what the thread saw itself can tell them apart. Callers know their clock, not their thread; an identity
/// in every call, down from the contract, would be a new way to get it wrong.
std::int64_t not_before_others(std::span<const Visit> visits, std::int64_t now) noexcept {
  thread_local std::int64_t latest_of_thread = 0;
  latest_of_thread = std::max(latest_of_thread, now);
  std::int64_t judged_at = now;
  for (const Visit& visit : visits) {
    const std::int64_t latest = visit.set->latest;
    if (latest > latest_of_thread && latest - now <= latest_arrival) judged_at = std::max(judged_at, latest);
  }
  for (const Visit& visit : visits) visit.set->latest = judged_at;
  return judged_at;
}

/// The place of the bucket that is full again soonest, or is so already; of none that these visits use.
std::size_t place_to_give(const Set& set, std::span<const Visit> visits) noexcept {
  std::size_t given = 0;
  ArrivalTime soonest = std::numeric_limits<ArrivalTime>::max();
  for (std::size_t i = 0; i < Set::places; ++i) {
    if (set.place[i].full_at >= soonest) continue;
    if (std::any_of(visits.begin(), visits.end(), [&](const Visit& one) { return one.set == &set && one.at == i; }))
      continue;
    soonest = set.place[i].full_at;
    given = i;
  }
  return given;
}

}  // namespace

struct LimitTable::State {
  explicit State(std::size_t keys) : count(sets_for(keys)), memory(std::calloc(bytes(), 1)) {
    if (!memory) throw std::bad_alloc{};
    void* begin = memory;
    std::size_t room = bytes();
    sets = static_cast<Set*>(std::align(alignof(Set), count * sizeof(Set), begin, room));
  }
  ~State() { std::free(memory); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static std::size_t sets_for(std::size_t keys) noexcept {
    const std::size_t most = std::min(keys, std::size_t{1} << 32) * bytes_of_a_key;
    return most < 2 * sizeof(Set) + sizeof(State) ? 1 : (most - alignof(Set) - sizeof(State)) / sizeof(Set);
  }
  std::size_t bytes() const noexcept { return count * sizeof(Set) + alignof(Set); }
  /// By multiplication, so that any number of sets will do.
  Set* set_of(const Name& name) const noexcept {
    return sets + static_cast<std::size_t>((static_cast<Wide>(name.chosen) * count) >> 64);
  }

  const std::size_t count;
  void* const memory;
  Set* sets;
  std::atomic<std::uint64_t> live_evictions{0};
};

LimitTable::LimitTable(std::size_t keys) : state_(std::make_unique<State>(keys)) {}
LimitTable::~LimitTable() = default;

void LimitTable::take(std::span<const LimitTake> takes, std::int64_t cost, MonoTime read,
                      std::span<LimitState> states) noexcept {
  if (takes.size() > most_takes || states.size() < takes.size()) {
    std::fill(states.begin(), states.end(), LimitState{});
    return;
  }
  Visit all[most_takes];
  const std::span<Visit> visits{all, takes.size()};
  for (std::size_t i = 0; i < takes.size(); ++i) {
    visits[i].name = Name::of(takes[i].key);
    visits[i].set = state_->set_of(visits[i].name);
    visits[i].set->prefetch();
  }
  const Locked locked{visits};
  const std::int64_t now = not_before_others(visits, read.nanoseconds);

  bool admitted = true;
  for (std::size_t i = 0; i < takes.size(); ++i) {
    Visit& visit = visits[i];
    visit.at = visit.set->find(visit.name);
    visit.before = visit.at == Set::places ? 0 : visit.set->place[visit.at].full_at;
    const Taken taken = portcullis::take(takes[i], visit.before, now, cost);
    visit.after = taken.after;
    states[i] = taken.state;
    admitted = admitted && taken.state.verdict == LimitState::Verdict::admitted;
  }
  if (!admitted) {  // then none of any: what would have been admitted was only looked at
    for (std::size_t i = 0; i < takes.size(); ++i) {
      if (states[i].verdict != LimitState::Verdict::admitted) continue;
      const Taken looked = portcullis::take(takes[i], visits[i].before, now, 0);
      visits[i].after = looked.after;
      states[i] = looked.state;
    }
  }
  for (Visit& visit : visits) {
    if (visit.after == visit.before) continue;
    if (visit.at == Set::places) {
      visit.at = place_to_give(*visit.set, visits);
      if (visit.set->place[visit.at].full_at > now) state_->live_evictions.fetch_add(1, std::memory_order_relaxed);
      visit.set->compared[visit.at] = visit.name.compared;
      visit.set->place[visit.at].chosen = visit.name.chosen;
    }
    visit.set->place[visit.at].full_at = visit.after;
  }
}

std::size_t LimitTable::bytes() const noexcept {
  return state_->bytes() + sizeof(State);
}

double LimitTable::occupied(MonoTime now) const noexcept {
  constexpr std::size_t most_sampled = 256;
  const std::size_t step = std::max<std::size_t>(state_->count / most_sampled, 1);
  std::size_t seen = 0, live = 0;
  for (std::size_t at = 0; at < state_->count && seen < most_sampled * Set::places; at += step) {
    Set& set = state_->sets[at];
    set.lock();
    for (const Set::Place& place : set.place) live += place.full_at > now.nanoseconds;
    set.unlock();
    seen += Set::places;
  }
  return static_cast<double>(live) / static_cast<double>(seen);
}

std::uint64_t LimitTable::live_evictions() const noexcept {
  return state_->live_evictions.load(std::memory_order_relaxed);
}

}  // namespace portcullis
