#include <charconv>

#include "portcullis/json.h"

namespace portcullis {
namespace {

/// One reference token, unescaped.
std::string unescape(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size())
      text += token[++i] == '0' ? '~' : '/';
    else
      text += token[i];
  }
  return text;
}

/// An index has no sign and no leading zero (RFC 6901 §4).
std::optional<Json> item_at(const Json& array, std::string_view token) {
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool plain =
      problem == std::errc{} && end == token.data() + token.size() && (token.size() == 1 || token.front() != '0');
  if (!plain || index >= array.size()) return std::nullopt;
  auto item = array.begin();
  for (; index > 0; --index) ++item;
  return *item;
}

}  // namespace

bool is_json_pointer(std::string_view text) noexcept {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  return true;
}

std::optional<Json> find_at(const Json& root, std::string_view pointer) {
  if (!is_json_pointer(pointer)) return std::nullopt;
  std::optional<Json> found = root;
  while (found && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (found->is(JsonKind::array))
      found = item_at(*found, token);
    else
      found = found->find(unescape(token));  // nothing where it is a scalar
  }
  return found;
}

}  // namespace portcullis
