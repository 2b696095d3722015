// The key `store` and the variable PORTCULLIS_STORE: where the state of limits is.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// Reads `store`.
void read_store(Reader& reader, const YamlNode& node, std::optional<StoreSettings>& store);

/// "memory" (nothing), redis://…, rediss://… @returns why not, as a sentence that quotes nothing of it
Result<std::optional<StoreSettings>, std::string> parse_store(std::string_view text);

}  // namespace portcullis::config
