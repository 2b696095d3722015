// The result cache of REST authorizers: gateway.md §4.1.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "portcullis/time.h"
#include "world/gateway/authorizer_answer.h"

namespace portcullis::world {

inline constexpr std::chrono::seconds default_authorizer_ttl{300};
inline constexpr std::chrono::seconds longest_authorizer_ttl{3600};

/// Keeps the policy, never a verdict: each request is evaluated against the policy with its own ARN.
/// Bounded: beyond `capacity` the entry unused for longest goes. Failures are not answers, so they
/// cannot be put here. Single-threaded.
class AuthorizerCache {
 public:
  explicit AuthorizerCache(std::size_t capacity = 1'000) : capacity_(capacity) {}

  /// The key of an authorizer's answer for a stage and identity values. Every part carries its length,
  /// so (`a,b`, `c`) and (`a`, `b,c`) differ.
  static std::string key(std::string_view authorizer, std::string_view stage, const std::vector<std::string>& identity);

  /// @returns nullptr when there is none, or its time is over
  std::shared_ptr<const AuthorizerAnswer> find(const std::string& key, WallTime now);
  /// A `ttl` of 0 keeps nothing.
  void keep(const std::string& key, std::shared_ptr<const AuthorizerAnswer> answer, std::chrono::seconds ttl,
            WallTime now);
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const AuthorizerAnswer> answer;
    WallTime until;
  };
  using Entries = std::list<Entry>;
  void forget(Entries::iterator entry);

  std::size_t capacity_;
  Entries entries_;                                                 // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // views into the entries
};

}  // namespace portcullis::world
