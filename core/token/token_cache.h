// Remembers tokens that were verified, so that the next request with the same one costs no signature check.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "portcullis/keys.h"
#include "portcullis/time.h"
#include "portcullis/token.h"

namespace portcullis {

/// A verified token and what it was verified with.
struct RememberedToken {
  VerifiedToken token;
  std::size_t issuer;                    // among the configured ones
  std::shared_ptr<const KeySet> keys;    // the set its key was in; never null
  WallTime valid_from{}, valid_until{};  // by exp, nbf and iat, leeway included: from then on, and not at the end
};

/// A fixed number of places, taken over from whoever was asked for longest ago. Only what verify() made can get in, so
/// nobody fills it without good tokens; and only when it comes again, so tokens that come once push nobody out. Found
/// by a keyed hash of the last octets, which are the signature's: an attacker can make tokens that end like another,
/// but none that is good and gets in. Then compared in full: whatever ends alike costs a look or a place, never an
/// answer. Safe from any thread; nobody but has_met() waits: who finds a part of it in use goes on as if nothing were
/// remembered. Looking up allocates nothing.
class TokenCache {
 public:
  /// @param most  0: remembers nothing
  /// @param key   random: who does not know it cannot make tokens collide
  TokenCache(std::size_t most, const std::array<std::uint64_t, 4>& key);

  /// The token with exactly these octets, if `now` is within its times. Whether its keys are still in use, and what
  /// the caller may do, is left to judge.
  std::optional<RememberedToken> find(std::string_view compact, WallTime now) const noexcept;
  /// The first time, the token is only noted as met; when it comes again before as many others did as there are
  /// places, it gets one.
  /// @param verified  its times are set here
  void remember(RememberedToken verified, std::chrono::seconds leeway, WallTime now) const noexcept;

  /// Whether this token was verified not long ago, remembered or only met. Of one that was only met by a hash, so it is
  /// no proof: nothing may be allowed by it. By a hash of all octets, so who has a good token cannot make bad ones that
  /// count as met. Waits some ten nanoseconds for who is there: what it says decides whether a caller is refused.
  bool has_met(std::string_view compact) const noexcept;

  /// The keys it was verified with are not in use any more. It was met all the same: where the same keys were fetched
  /// again, as they are every few minutes, it is verified and gets its place back.
  void forget(std::string_view compact) const noexcept;

  /// For new rules, which remember nothing yet: what was met under the old ones was met, and what was remembered, too.
  /// Nothing where the number of places or the key is another.
  void take_over_meetings(const TokenCache& before) const noexcept;

  static constexpr std::size_t longest_token = 4096;  // octets; longer ones are only noted, and verified each time

 private:
  // So many that rows fill evenly: with half as many tokens as places, one in 150 finds its row full; with rows of
  // four it would be one in seven, again and again.
  static constexpr std::size_t ways = 16;
  using Place = std::size_t;  // in its row
  using Tag = std::uint32_t;  // the half of a hash that does not say which row
  struct alignas(64) Row {    // what every look takes lies together in few cache lines
    std::array<Tag, ways> tags{};
    std::array<Tag, ways> met{};  // of the latest that were verified and got no place, or lost it to new keys: by all
                                  // their octets
    std::atomic_flag in_use;
    std::uint64_t meetings = 0, turns = 0;
    std::array<std::uint64_t, ways> asked{};  // when last, in turns of the row
    std::array<std::optional<RememberedToken>, ways> held;
  };
  class Visit;
  std::uint64_t hash_of(std::string_view octets) const noexcept;
  std::uint64_t hash_of_end(std::string_view compact) const noexcept;
  bool keeps(std::string_view compact) const noexcept { return !rows_.empty() && compact.size() <= longest_token; }
  Row& row_of(std::uint64_t hash) const noexcept { return rows_[hash & (rows_.size() - 1)]; }
  static Tag tag_of(std::uint64_t hash) noexcept { return static_cast<Tag>(hash >> 32); }
  static bool is_met(const Row& row, Tag whole) noexcept;  // by the hash of all octets
  enum class Meeting : std::uint8_t { first, again };
  static Meeting note_met(Row& row, Tag whole) noexcept;
  static std::optional<Place> place_of(const Row& row, std::string_view compact, Tag tag) noexcept;

  std::array<std::uint64_t, 4> key_;
  mutable std::vector<Row> rows_;
};

}  // namespace portcullis
