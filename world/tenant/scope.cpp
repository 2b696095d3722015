#include "world/tenant/scope.h"

#include <algorithm>

namespace portcullis::world {

std::vector<std::string> scope_words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!word.empty() && !contains(found, word)) found.emplace_back(word);
  }
  return found;
}

std::string scope_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool contains(const std::vector<std::string>& words, std::string_view wanted) {
  return std::ranges::find(words, wanted) != words.end();
}

}  // namespace portcullis::world
