// Scopes: words with single spaces between them (RFC 6749 §3.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::world {

/// Each word once, in the order of their first appearance.
std::vector<std::string> scope_words(std::string_view text);
std::string scope_text(const std::vector<std::string>& words);
bool contains(const std::vector<std::string>& words, std::string_view wanted);

}  // namespace portcullis::world
