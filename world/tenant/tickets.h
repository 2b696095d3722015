// Things that are handed out under a name nobody can guess, for a while.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "edge/system/random.h"
#include "portcullis/time.h"

namespace portcullis::world {

/// Bounded: beyond `most` the oldest is forgotten. Single-threaded.
template <class Value>
class Tickets {
 public:
  explicit Tickets(std::size_t most) : most_(most) {}

  /// @returns the name: 256 random bits
  std::string issue(Value value, WallTime expires) {
    std::string name = system::random_hex(32);
    entries_.emplace(name, Entry{std::move(value), expires});
    order_.push_back(name);
    if (order_.size() > most_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
    return name;
  }
  /// @returns nullptr for an unknown name and for one whose time is over; good until the next call of issue()
  Value* find(std::string_view name, WallTime now) {
    const auto found = entries_.find(name);
    return found == entries_.end() || found->second.expires <= now ? nullptr : &found->second.value;
  }
  void forget(std::string_view name) {
    if (const auto found = entries_.find(name); found != entries_.end()) entries_.erase(found);
  }

 private:
  struct Entry {
    Value value;
    WallTime expires;
  };
  std::size_t most_;
  std::deque<std::string> order_;  // of issue; may name what was forgotten
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace portcullis::world
