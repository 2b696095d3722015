// Whether a DPoP proof came before, to any of the machines that share a store. RFC 9449 §11.1.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <variant>

#include "portcullis/limit.h"

namespace portcullis {

/// What a proof is remembered by: a keyed hash of its key, URL and `jti`, so a store can read none of them.
using ReplayKey = std::array<unsigned char, 16>;

/// "Did this proof come before? Remember it, in the same step." One round trip. The same question asked once more,
/// because its answer was lost, must not be taken for a second proof.
struct NeedReplayCheck {
  ReplayKey key{};
  std::chrono::milliseconds remember{1};  // for so long: after that its own time refuses it everywhere; at least 1 ms
};

enum class ReplayVerdict : std::uint8_t { seen, first_time };  // what says nothing of itself says `seen`
using ReplayOutcome = std::variant<ReplayVerdict, StoreFailed>;

}  // namespace portcullis
