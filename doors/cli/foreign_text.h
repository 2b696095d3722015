// Text of a log that anybody may have written into, as it may be shown on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::cli {

/// One line of bounded length without control characters, in which no word is long enough to be a token:
/// of a run of 32 or more letters, digits and "-_+=" only the first six are left.
std::string shown(std::string_view foreign);

}  // namespace portcullis::cli
