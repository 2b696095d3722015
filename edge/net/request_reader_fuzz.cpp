// A request is what it is however it arrives: octet for octet, in pieces, or all at once; and its bounds hold.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "edge/net/request_reader.h"

namespace {

using portcullis::net::FieldView;
using portcullis::net::RequestReader;

constexpr std::size_t most_octets = 2500, most_fields = 8;

/// One line for each request, in the end one for a refusal. A request whose body has not come is the last one.
std::vector<std::string> read_in_pieces(std::string_view text, std::size_t piece) {
  std::vector<std::string> seen;
  RequestReader reader{most_octets, most_fields};
  while (!text.empty()) {
    const auto room = reader.room();
    if (room.empty()) std::abort();
    const std::size_t size = std::min({piece, room.size(), text.size()});
    std::copy_n(text.data(), size, room.data());
    text.remove_prefix(size);
    reader.received(size);
    for (;;) {
      const auto found = reader.next();
      if (found == RequestReader::Found::nothing) break;
      if (found == RequestReader::Found::refused) {
        seen.push_back("refused");  // 400 or 431, where it is malformed and too large
        return seen;
      }
      std::string line = std::string{reader.method()} + ' ' + std::string{reader.target()};
      if (reader.fields().size() > most_fields) std::abort();
      for (const FieldView& field : reader.fields()) {
        line += '\n' + std::string{field.name} + ": " + std::string{field.value};
        if (field.value.find_first_of("\r\n") != std::string_view::npos) std::abort();
      }
      if (line.size() > most_octets + 2 * most_fields) std::abort();
      seen.push_back(line);
      if (reader.lacks_body()) return seen;
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4 * most_octets) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto whole = read_in_pieces(text, text.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    const auto pieces = read_in_pieces(text, piece);
    // Fewer only where a body came later than its header.
    if (pieces.size() > whole.size() || !std::equal(pieces.begin(), pieces.end(), whole.begin())) std::abort();
  }
  return 0;
}
