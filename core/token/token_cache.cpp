#include "core/token/token_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/token/claims.h"
#include "core/token/token_parts.h"

namespace portcullis {
namespace {

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

}  // namespace

void set_times(RememberedToken& remembered, std::chrono::seconds leeway) noexcept {
  const Json claims = remembered.token.claims();
  const WallTime begin =
      std::max(date_of(claims, "nbf").value_or(WallTime{}), date_of(claims, "iat").value_or(WallTime{}));
  remembered.valid_from = begin - leeway;
  remembered.valid_until = remembered.token.expires_at() + leeway;
}

TokenCache::TokenCache(std::size_t most, const std::array<unsigned char, 32>& key)
    : rows_(most == 0 ? 0 : std::bit_ceil((most + ways - 1) / ways)) {
  std::memcpy(key_.data(), key.data(), sizeof key_);
}

std::uint64_t TokenCache::hash_of(std::string_view compact) const noexcept {
  std::uint64_t left = key_[0] ^ compact.size();
  std::uint64_t right = key_[1];
  const char* at = compact.data();
  std::size_t rest = compact.size();
  for (; rest >= 32; at += 32, rest -= 32) {
    left = folded(left ^ word_at(at), key_[2] ^ word_at(at + 8));
    right = folded(right ^ word_at(at + 16), key_[3] ^ word_at(at + 24));
  }
  std::array<char, 32> tail{};
  std::memcpy(tail.data(), at, rest);
  left = folded(left ^ word_at(tail.data()), key_[2] ^ word_at(tail.data() + 8));
  right = folded(right ^ word_at(tail.data() + 16), key_[3] ^ word_at(tail.data() + 24));
  return folded(left ^ key_[3], right ^ key_[2]);
}

std::optional<RememberedToken> TokenCache::find(std::string_view compact, WallTime now) const noexcept {
  if (rows_.empty() || compact.size() > longest_token) return std::nullopt;
  const std::uint64_t hash = hash_of(compact);
  Row& row = rows_[hash & (rows_.size() - 1)];
  const std::unique_lock lock{row.mutex, std::try_to_lock};
  if (!lock) return std::nullopt;
  for (Place& place : row.places) {
    if (!place.held || place.hash != hash || TokenAccess::parts(place.held->token).compact != compact) continue;
    if (now >= place.held->valid_until) {
      place.held.reset();  // it would never be asked for with success again
      return std::nullopt;
    }
    if (now < place.held->valid_from) return std::nullopt;  // the clock stepped back
    place.asked = ++row.turns;
    return place.held;
  }
  return std::nullopt;
}

void TokenCache::remember(RememberedToken verified, WallTime now) const noexcept {
  const std::string_view compact = TokenAccess::parts(verified.token).compact;
  if (rows_.empty() || compact.size() > longest_token) return;
  const std::uint64_t hash = hash_of(compact);
  Row& row = rows_[hash & (rows_.size() - 1)];
  const std::unique_lock lock{row.mutex, std::try_to_lock};
  if (!lock) return;
  // First the same token's own place, then an empty or expired one, then the one asked for longest ago.
  const auto rank = [&](const Place& place) -> std::uint64_t {
    if (place.held && place.hash == hash && TokenAccess::parts(place.held->token).compact == compact) return 0;
    if (!place.held || now >= place.held->valid_until) return 1;
    return 1 + place.asked;
  };
  Place& place = *std::min_element(row.places.begin(), row.places.end(),
                                   [&](const Place& a, const Place& b) { return rank(a) < rank(b); });
  place.hash = hash;
  place.asked = ++row.turns;
  place.held = std::move(verified);
}

}  // namespace portcullis
