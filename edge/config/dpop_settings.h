// The key `dpop`: what a proof of a token's sender must be.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Writing it also offers DPoP to callers without a token.
void read_dpop(Reader& reader, const YamlNode& node, DpopRules& dpop);

}  // namespace portcullis::config
