#include "core/keys/unknown_key_ids.h"

#include <algorithm>

namespace portcullis {

void UnknownKeyIds::looked_for(std::string_view key_id, std::uint64_t attempt, WallTime now) {
  const auto known = std::find_if(ids_.begin(), ids_.end(), [&](const Entry& entry) { return entry.key_id == key_id; });
  if (known != ids_.end()) ids_.erase(known);
  if (ids_.size() == most) ids_.pop_front();
  ids_.push_back({std::string{key_id}, attempt, now, Entry::Outcome::open});
}

void UnknownKeyIds::brought_keys(std::uint64_t attempt) {
  for (Entry& entry : ids_)
    if (entry.attempt == attempt) entry.outcome = Entry::Outcome::in_vain;
}

bool UnknownKeyIds::in_vain(std::string_view key_id, WallTime now) const {
  return std::any_of(ids_.begin(), ids_.end(), [&](const Entry& entry) {
    const auto age = now - entry.asked_at;  // before it: the clock stepped back
    return entry.outcome == Entry::Outcome::in_vain && age < remembered && age >= -remembered && entry.key_id == key_id;
  });
}

}  // namespace portcullis
