// Origins of pages that do not come from this world and may still log in and read decisions.
#pragma once

#include <string>
#include <vector>

#include "portcullis/result.h"

namespace portcullis::world {

/// Each as browsers write an origin (RFC 6454 §6.1): lower case, without the scheme's own port.
/// @returns  what is wrong, as a sentence: no http or https URL, a path, more than 8
Result<std::vector<std::string>, std::string> page_origins_from(const std::vector<std::string>& written);

}  // namespace portcullis::world
