// Which settings were written, and where: what tells them from defaults.
#pragma once

#include <string>

#include "edge/config/config.h"
#include "edge/config/reader.h"

namespace portcullis::config {

/// Adds every member of `mapping` and below, "issuers[0].audience" for instance, to `written`.
void note_members(const Reader& reader, const YamlNode& mapping, const std::string& path, WrittenSettings& written);

/// Adds the variables that make the issuer of a configuration whose file names none.
void note_environment_issuer(const Environment& environment, const Config& config, WrittenSettings& written);
/// Adds the variables that override a file, for each of so many issuers.
void note_overrides(const Environment& environment, std::size_t issuers, WrittenSettings& written);

}  // namespace portcullis::config
