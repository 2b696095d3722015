// What a claim or header value looks like in a message: bounded, one line, no control characters.
#pragma once

#include <string>
#include <string_view>

namespace portcullis {

/// `text` in double quotes, anything but printable ASCII (and the quote itself) as '?', cut after `most`.
std::string printable(std::string_view text, std::size_t most = 64);

}  // namespace portcullis
