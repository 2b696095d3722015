#include "doors/cli/foreign_text.h"

#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t longest_text = 600;
constexpr std::size_t shortest_secret = 32;  // Auth0's opaque tokens; a signature has 43 and more
constexpr std::size_t kept_of_secret = 6;
constexpr std::string_view ellipsis = "…";

bool is_token_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '+' || c == '=';
}

std::size_t run_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_token_character(text[length])) ++length;
  return length;
}

}  // namespace

std::string shown(std::string_view foreign) {
  std::string text;
  while (!foreign.empty()) {
    if (text.size() >= longest_text) return text + std::string{ellipsis};
    if (const std::size_t run = run_length(foreign); run > 0) {
      text += foreign.substr(0, run < shortest_secret ? run : kept_of_secret);
      if (run >= shortest_secret) text += ellipsis;
      foreign.remove_prefix(run);
    } else if (foreign.starts_with(ellipsis)) {
      text += ellipsis;
      foreign.remove_prefix(ellipsis.size());
    } else {
      const char c = foreign.front();
      text += c >= 0x20 && c < 0x7F ? c : '?';
      foreign.remove_prefix(std::max<std::size_t>(utf8_length(foreign), 1));
    }
  }
  return text;
}

}  // namespace portcullis::cli
