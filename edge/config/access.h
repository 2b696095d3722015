// The key `access` of a route: who may call it.
#pragma once

#include "edge/config/reader.h"

namespace portcullis::config {

/// @returns nothing after the reader was told why
std::optional<Access> read_access(Reader& reader, const YamlNode& node);

/// "scope:X", "permission:X", "role:X", "organization:X", "client:X", "claim:/pointer=value".
/// @returns why not, as a sentence
Result<Atom, std::string> parse_atom(std::string_view text);

}  // namespace portcullis::config
