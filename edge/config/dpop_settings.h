// The key `dpop`: what a proof of a token's sender must be.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Reads `rules.dpop` and `nonce_seed`. Writing it also offers DPoP to callers without a token.
void read_dpop(Reader& reader, const YamlNode& node, Config& config);

}  // namespace portcullis::config
