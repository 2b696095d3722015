#include "world/gateway/identity_expression.h"

#include <optional>
#include <regex>

namespace portcullis::world {
namespace {

constexpr std::size_t longest_value = 8'192;  // the matcher recurs once a character

std::optional<std::regex> compiled(const std::string& text) {
  try {
    return std::regex{text};
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

}  // namespace

bool fits(const std::string& expression, std::string_view value) {
  if (expression.empty()) return true;
  const auto pattern = compiled(expression);
  if (!pattern || value.size() > longest_value) return false;
  try {
    return std::regex_match(value.begin(), value.end(), *pattern);
  } catch (const std::regex_error&) {  // too complex for the matcher
    return false;
  }
}

bool is_expression(const std::string& text) {
  return compiled(text).has_value();
}

}  // namespace portcullis::world
