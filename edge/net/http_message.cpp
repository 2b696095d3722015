#include "edge/net/http_message.h"

#include <algorithm>

#include "edge/net/field_syntax.h"

namespace portcullis::net {
namespace {

auto named(std::string_view name) {
  return [name](const Headers::Field& field) { return equal_ignoring_case(field.first, name); };
}

}  // namespace

std::string_view Headers::first(std::string_view name) const noexcept {
  const auto found = std::find_if(fields_.begin(), fields_.end(), named(name));
  return found == fields_.end() ? std::string_view{} : std::string_view{found->second};
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& field : fields_)
    if (named(name)(field)) values.push_back(field.second);
  return values;
}

bool Headers::has(std::string_view name) const noexcept {
  return std::any_of(fields_.begin(), fields_.end(), named(name));
}

}  // namespace portcullis::net
