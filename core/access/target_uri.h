// A URI in the one form in which two spellings of it compare equal. RFC 3986 §6.2.2, §6.2.3; RFC 9449 §4.3.
#pragma once

#include <string>
#include <string_view>

#include "portcullis/result.h"

namespace portcullis {

/// Scheme and host in small letters, without default port, query and fragment, dot segments removed, each
/// unreserved character plain. Nothing else: `%2F`, `//` and a final slash stay what they are.
/// @returns why it is no http(s) URI of a resource, as a sentence that quotes none of it
Result<std::string> normal_target_uri(std::string_view uri);

}  // namespace portcullis
