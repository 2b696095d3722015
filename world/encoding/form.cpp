#include "world/encoding/form.h"

#include <charconv>

namespace portcullis::world {

std::string form_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (text[i] != '%' || digits.size() != 2 || problem != std::errc{} || end != digits.data() + 2) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

std::string form_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved.find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded.append({'%', hex[byte >> 4], hex[byte & 15]});
  }
  return encoded;
}

std::string form_text(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text.append(text.empty() ? "" : "&").append(form_encode(name)).append("=").append(form_encode(value));
  return text;
}

Fields parse_form(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : piece.substr(equals + 1);
    fields.emplace_back(form_decode(piece.substr(0, equals)), form_decode(value));
  }
  return fields;
}

}  // namespace portcullis::world
