// The last decisions, for the admin listener: the very lines of the log, which hold nothing that can be replayed.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace portcullis::serve {

/// Safe from any thread.
class DecisionRing {
 public:
  static constexpr std::size_t most_kept = 512;

  /// @param line  one JSON object
  void add(std::string line);
  /// {"decisions":[…]}, the youngest first.
  std::string json() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::size_t next_ = 0;
};

}  // namespace portcullis::serve
