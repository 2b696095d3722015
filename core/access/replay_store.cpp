#include "core/access/replay_store.h"

#include <algorithm>
#include <cstring>

#include "core/access/proof_name.h"

namespace portcullis {

ReplayStore::ReplayStore(const Secrets& secrets, std::size_t capacity) : secrets_(secrets), capacity_(capacity) {}

// Keyed, so that nobody can choose proofs that crowd one place of the table.
std::array<std::uint64_t, 2> ReplayStore::digest_of(std::string_view thumbprint, std::string_view uri,
                                                    std::string_view id) const {
  const ReplayKey name = proof_name(secrets_.seed, thumbprint, uri, id);
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), name.data(), sizeof words);
  return words;
}

ReplayStore::Verdict ReplayStore::remember(std::string_view thumbprint, std::string_view uri, std::string_view id,
                                           WallTime until, WallTime now) {
  const auto digest = digest_of(thumbprint, uri, id);
  const std::int64_t end = std::max<std::int64_t>(until.time_since_epoch().count(), 1);
  const std::int64_t present = now.time_since_epoch().count();
  const std::lock_guard lock{mutex_};
  if (entries_.empty()) entries_.resize(capacity_);
  Entry* free = nullptr;
  for (std::size_t i = 0; i < places && i < capacity_; ++i) {
    Entry& entry = entries_[(digest[0] + i) & (capacity_ - 1)];
    const bool unused = entry.until == 0;
    if (!unused && entry.digest == digest) return Verdict::seen;  // also when the clock went back meanwhile
    if (!free && (unused || entry.until <= present)) free = &entry;
    if (unused) break;  // nothing was ever put behind it
  }
  if (!free) return Verdict::full;
  *free = {digest, end};
  return Verdict::first_time;
}

}  // namespace portcullis
