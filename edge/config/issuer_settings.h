// An entry of `issuers`: whose tokens are accepted, and where the keys come from.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Appends it to the rules, unless something is wrong with it.
void read_issuer(Reader& reader, const YamlNode& node, Purpose purpose, Rules& rules);

}  // namespace portcullis::config
