// Text inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::world {

/// For text and for attribute values in double quotes: & < > " ' become references.
std::string html_escape(std::string_view text);

}  // namespace portcullis::world
