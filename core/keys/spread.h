// So that many instances that began together do not come back together (tokens.md §6.5).
#pragma once

#include <chrono>
#include <cstdint>

namespace portcullis {

/// Stretches or shortens pauses by up to a tenth, another amount each time. The randomness comes in as a seed.
class Spread {
 public:
  /// Every pause exactly as long as it says.
  static constexpr Spread none() noexcept { return Spread{}; }
  /// @param seed  of this process; what it is cannot be told from a few pauses, but nothing secret hangs on it
  static constexpr Spread seeded(std::uint64_t seed) noexcept {
    Spread spread;
    spread.state_ = seed;
    spread.most_ = 100;
    return spread;
  }

  /// 90 to 110 % of `pause`.
  std::chrono::milliseconds around(std::chrono::milliseconds pause) noexcept { return pause + pause * next() / 1000; }
  /// 100 to 110 %: for a pause that somebody asked for.
  std::chrono::milliseconds beyond(std::chrono::milliseconds pause) noexcept {
    const std::int64_t off = next();
    return pause + pause * (off < 0 ? -off : off) / 1000;
  }

 private:
  constexpr Spread() = default;

  /// Per mille, from -100 to 100. A step of the generator SplitMix64: even enough for pauses.
  std::int64_t next() noexcept {
    if (most_ == 0) return 0;
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    mixed ^= mixed >> 31;
    return static_cast<std::int64_t>(mixed % (2 * most_ + 1)) - static_cast<std::int64_t>(most_);
  }

  std::uint64_t state_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace portcullis
