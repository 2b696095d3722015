#include "world/encoding/html.h"

namespace portcullis::world {
namespace {

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const std::string_view replacement = reference(c);
    if (replacement.empty())
      escaped += c;
    else
      escaped += replacement;
  }
  return escaped;
}

}  // namespace portcullis::world
