#include "core/token/printable.h"

namespace portcullis {

std::string printable(std::string_view text, std::size_t most) {
  std::string quoted = "\"";
  for (const char character : text.substr(0, most)) {
    const bool plain = character >= 0x20 && character < 0x7F && character != '"' && character != '\\';
    quoted += plain ? character : '?';
  }
  quoted += text.size() > most ? "…\"" : "\"";
  return quoted;
}

}  // namespace portcullis
