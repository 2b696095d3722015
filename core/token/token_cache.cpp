#include "core/token/token_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>

#include "core/token/claims.h"
#include "core/token/token_parts.h"

namespace portcullis {
namespace {

constexpr std::size_t block_size = 64;  // octets that are hashed at once

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Both halves of a product, folded: every bit of the one depends on every bit of the other.
std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::optional<WallTime> date_of(const Json& claims, std::string_view name) {
  const auto claim = claims.find(name);
  return claim ? numeric_date(*claim) : std::nullopt;
}

void set_times(RememberedToken& remembered, std::chrono::seconds leeway) noexcept {
  const Json claims = remembered.token.claims();
  const WallTime begin =
      std::max(date_of(claims, "nbf").value_or(WallTime{}), date_of(claims, "iat").value_or(WallTime{}));
  remembered.valid_from = begin - leeway;
  remembered.valid_until = remembered.token.expires_at() + leeway;
}

}  // namespace

TokenCache::TokenCache(std::size_t most, const std::array<std::uint64_t, 4>& key)
    : key_(key), rows_(most == 0 ? 0 : std::bit_ceil((most + ways - 1) / ways)) {}

// Four lanes, so that no multiplication waits for the one before.
std::uint64_t TokenCache::hash_of(std::string_view octets) const noexcept {
  std::array<std::uint64_t, 4> lanes = key_;
  const auto take_in = [&](const char* block) {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane)
      lanes[lane] = folded(lanes[lane] ^ word_at(block + 16 * lane), key_[3 - lane] ^ word_at(block + 16 * lane + 8));
  };
  std::size_t at = 0;
  for (; at + block_size <= octets.size(); at += block_size) take_in(octets.data() + at);
  if (at < octets.size()) {
    std::array<char, block_size> tail{};
    std::memcpy(tail.data(), octets.data() + at, octets.size() - at);
    take_in(tail.data());
  }
  return folded(folded(lanes[0] ^ octets.size(), lanes[1]), folded(lanes[2], lanes[3]));
}

std::uint64_t TokenCache::hash_of_end(std::string_view compact) const noexcept {
  return hash_of(compact.substr(compact.size() - std::min(compact.size(), block_size)));
}

// The row is ours while this lives, or somebody else's; never that for who waits.
class TokenCache::Visit {
 public:
  enum class WhereInUse : std::uint8_t { leaves, waits };
  explicit Visit(Row& row, WhereInUse then = WhereInUse::leaves) noexcept : row_(row), ours_(take(row, then)) {}
  ~Visit() {
    if (ours_) row_.in_use.clear(std::memory_order_release);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  bool is_ours() const noexcept { return ours_; }

 private:
  static bool take(Row& row, WhereInUse then) noexcept {
    constexpr int most_looks = 100;
    for (int looks = 0; row.in_use.test_and_set(std::memory_order_acquire); ++looks) {
      if (then == WhereInUse::leaves) return false;
      if (looks >= most_looks) std::this_thread::yield();  // whoever has it is not running
    }
    return true;
  }
  Row& row_;
  const bool ours_;
};

bool TokenCache::is_met(const Row& row, Tag whole) noexcept {
  return std::ranges::find(row.met, whole) != row.met.end();
}

TokenCache::Meeting TokenCache::note_met(Row& row, Tag whole) noexcept {
  if (is_met(row, whole)) return Meeting::again;
  row.met[row.meetings++ % ways] = whole;
  return Meeting::first;
}

std::optional<TokenCache::Place> TokenCache::place_of(const Row& row, std::string_view compact, Tag tag) noexcept {
  for (Place place = 0; place < ways; ++place)
    if (row.tags[place] == tag && row.held[place] && TokenAccess::parts(row.held[place]->token).compact == compact)
      return place;
  return std::nullopt;
}

std::optional<RememberedToken> TokenCache::find(std::string_view compact, WallTime now) const noexcept {
  if (!keeps(compact)) return std::nullopt;
  const std::uint64_t hash = hash_of_end(compact);
  Row& row = row_of(hash);
  const Visit visit{row};
  const auto place = visit.is_ours() ? place_of(row, compact, tag_of(hash)) : std::nullopt;
  if (!place) return std::nullopt;
  auto& held = row.held[*place];
  if (now < held->valid_from) return std::nullopt;  // the clock stepped back
  if (now >= held->valid_until) {
    held.reset();  // it would never be asked for with success again
    return std::nullopt;
  }
  row.asked[*place] = ++row.turns;
  return held;
}

bool TokenCache::has_met(std::string_view compact) const noexcept {
  if (rows_.empty()) return false;
  const std::uint64_t hash = hash_of_end(compact);
  const Tag whole = tag_of(hash_of(compact));  // before others have to wait for it
  Row& row = row_of(hash);
  const Visit visit{row, Visit::WhereInUse::waits};
  return is_met(row, whole) || place_of(row, compact, tag_of(hash));
}

void TokenCache::forget(std::string_view compact) const noexcept {
  if (!keeps(compact)) return;
  const std::uint64_t hash = hash_of_end(compact);
  Row& row = row_of(hash);
  const Visit visit{row};
  const auto place = visit.is_ours() ? place_of(row, compact, tag_of(hash)) : std::nullopt;
  if (!place) return;
  row.held[*place].reset();
  (void)note_met(row, tag_of(hash_of(compact)));
}

void TokenCache::take_over_meetings(const TokenCache& before) const noexcept {
  if (key_ != before.key_ || rows_.size() != before.rows_.size()) return;
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    Row& theirs = before.rows_[at];
    Row& ours = rows_[at];
    const Visit visit{theirs, Visit::WhereInUse::waits};
    ours.met = theirs.met;
    ours.meetings = theirs.meetings;
    for (const auto& held : theirs.held)  // last, so that none of them gives way to one that came once
      if (held) ours.met[ours.meetings++ % ways] = tag_of(hash_of(TokenAccess::parts(held->token).compact));
  }
}

void TokenCache::remember(RememberedToken verified, std::chrono::seconds leeway, WallTime now) const noexcept {
  const std::string_view compact = TokenAccess::parts(verified.token).compact;
  if (rows_.empty()) return;
  const std::uint64_t hash = hash_of_end(compact);
  Row& row = row_of(hash);
  const Visit visit{row};
  if (!visit.is_ours()) return;
  auto place = place_of(row, compact, tag_of(hash));
  if (!place) {
    if (note_met(row, tag_of(hash_of(compact))) == Meeting::first || !keeps(compact)) return;
    // An empty or expired place, then the one asked for longest ago.
    const auto rank = [&](Place one) {
      return !row.held[one] || now >= row.held[one]->valid_until ? 0 : row.asked[one];
    };
    place = 0;
    for (Place one = 1; one < ways; ++one)
      if (rank(one) < rank(*place)) place = one;
  }
  set_times(verified, leeway);
  row.tags[*place] = tag_of(hash);
  row.asked[*place] = ++row.turns;
  row.held[*place] = std::move(verified);
}

}  // namespace portcullis
