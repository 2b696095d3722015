// Key ids that were looked for at the issuer in vain (tokens.md §6.3).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "portcullis/time.h"

namespace portcullis {

/// Remembers for which key ids the last fetches were made, so that one bad token does not cost another fetch
/// each time the cooldown ends. Only an id that a *good* fetch did not bring counts: one that merely met the
/// cooldown, or a fetch that failed, may be that of a new key. Bounded; the longest unused goes first.
class UnknownKeyIds {
 public:
  /// A fetch, by its number, is made or joined for this id.
  void looked_for(std::string_view key_id, std::uint64_t attempt, WallTime now);
  /// That fetch brought keys. What it was made for is known, or known to be unknown.
  void brought_keys(std::uint64_t attempt);
  /// Whether a good fetch of the last minute was made for this id.
  bool in_vain(std::string_view key_id, WallTime now) const;

  std::size_t size() const noexcept { return ids_.size(); }

  static constexpr std::size_t most = 256;
  static constexpr std::chrono::seconds remembered{60};

 private:
  struct Entry {
    std::string key_id;  // at most 256 B: the header check's limit
    std::uint64_t attempt;
    WallTime asked_at;
    enum class Outcome : std::uint8_t { open, in_vain } outcome;
  };
  std::deque<Entry> ids_;  // the latest last
};

}  // namespace portcullis
