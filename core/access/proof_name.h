// What a DPoP proof is remembered by.
#pragma once

#include <array>
#include <string_view>

#include "portcullis/replay.h"

namespace portcullis {

/// Half of a hash keyed with `seed`: who does not know that cannot choose proofs whose names meet, nor read anything
/// from a name.
/// @param thumbprint  of the proof's key: 43 characters
/// @param uri         normalised, so without U+0000
ReplayKey proof_name(const std::array<unsigned char, 32>& seed, std::string_view thumbprint, std::string_view uri,
                     std::string_view id);

}  // namespace portcullis
