// The key `cors`: which pages may read the answers.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Reads `cors`.
void read_cors(Reader& reader, const YamlNode& node, CorsSettings& cors);

}  // namespace portcullis::config
