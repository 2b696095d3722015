#include "doors/cli/place_members.h"

#include <array>
#include <charconv>
#include <optional>

namespace portcullis::cli {

void write_place(JsonWriter& json, const Place& place) {
  std::string_view rest = place;
  std::array<std::optional<std::int64_t>, 2> numbers;
  for (auto& number : numbers) {
    const std::size_t colon = rest.rfind(':');
    std::int64_t value = 0;
    if (colon == rest.npos) break;
    const auto [end, error] = std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), value);
    if (error != std::errc{} || end != rest.data() + rest.size()) break;
    number = value;
    rest = rest.substr(0, colon);
  }
  const auto write = [&](const char* name, const std::optional<std::int64_t>& value) {
    json.key(name);
    if (value) {
      json.integer(*value);
    } else {
      json.null();
    }
  };
  json.key("file").string_or_null(rest.empty() ? std::nullopt : std::optional{rest});
  write("line", numbers[1]);
  write("column", numbers[0]);
}

}  // namespace portcullis::cli
