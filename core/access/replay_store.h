// The DPoP proofs that were seen within their window. RFC 9449 §11.1.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "portcullis/authorizer.h"

namespace portcullis {

/// A table of fixed size, taken at the first proof: 24 bytes each, a keyed hash and the time from which on the
/// proof's own time refuses it. Safe from any thread: one short lock.
class ReplayStore {
 public:
  /// @param capacity  a power of two
  ReplayStore(const Secrets& secrets, std::size_t capacity);

  /// Some 130,000 proofs: with a window of 300 s, 400 a second. 3 MiB.
  static constexpr std::size_t usual_capacity = std::size_t{1} << 17;

  enum class Verdict : std::uint8_t {
    first_time,
    seen,
    full,  // every place that this proof may have is taken: it cannot be remembered, so it must not pass
  };
  /// Looks the proof up and remembers it, in one step.
  /// @param thumbprint  of the proof's key: 43 characters
  /// @param uri         normalised, so without U+0000
  /// @param until       from then on the proof is too old for everybody
  [[nodiscard]] Verdict remember(std::string_view thumbprint, std::string_view uri, std::string_view id, WallTime until,
                                 WallTime now);

 private:
  struct Entry {
    std::array<std::uint64_t, 2> digest;
    std::int64_t until;  // milliseconds; 0: never used
  };
  static constexpr std::size_t places = 64;  // that one proof may have, side by side

  std::array<std::uint64_t, 2> digest_of(std::string_view thumbprint, std::string_view uri, std::string_view id) const;

  const Secrets secrets_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace portcullis
