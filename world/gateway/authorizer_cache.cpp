#include "world/gateway/authorizer_cache.h"

namespace portcullis::world {

std::string AuthorizerCache::key(std::string_view authorizer, std::string_view stage,
                                 const std::vector<std::string>& identity) {
  std::string key;
  const auto add = [&](std::string_view part) { key.append(std::to_string(part.size())).append(":").append(part); };
  add(authorizer);
  add(stage);
  for (const std::string& value : identity) add(value);
  return key;
}

std::shared_ptr<const AuthorizerAnswer> AuthorizerCache::find(const std::string& key, WallTime now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  if (now >= entry->until) {
    forget(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->answer;
}

void AuthorizerCache::keep(const std::string& key, std::shared_ptr<const AuthorizerAnswer> answer,
                           std::chrono::seconds ttl, WallTime now) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found->second);
  if (ttl <= std::chrono::seconds{0}) return;
  if (entries_.size() >= capacity_) forget(std::prev(entries_.end()));
  entries_.push_front(Entry{key, std::move(answer), now + ttl});
  by_key_.emplace(entries_.front().key, entries_.begin());
}

void AuthorizerCache::forget(Entries::iterator entry) {
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace portcullis::world
