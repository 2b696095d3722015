#include "core/token/base64url.h"

#include <array>
#include <cstdint>

namespace portcullis {
namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t outside = 0xFF;

using Table = std::array<std::uint8_t, 256>;

constexpr Table table_of(std::string_view alphabet) {
  Table table{};
  table.fill(outside);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}
constexpr Table url_table = table_of(url_alphabet);
constexpr Table standard_table = table_of(standard_alphabet);

// Text without padding. Sextets outside the alphabet are 0xFF: their high bits are collected and
// looked at once, at the end.
std::optional<std::string> decode(std::string_view text, const Table& table) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return std::nullopt;
  std::string bytes;
  bytes.resize(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  const auto sextet = [&](std::size_t i) -> std::uint32_t { return table[static_cast<unsigned char>(text[i])]; };
  std::uint32_t seen = 0;
  std::size_t out = 0;
  std::size_t in = 0;
  for (; in + 4 <= text.size(); in += 4) {
    const std::uint32_t a = sextet(in), b = sextet(in + 1), c = sextet(in + 2), d = sextet(in + 3);
    seen |= a | b | c | d;
    const std::uint32_t word = (a << 18) | (b << 12) | (c << 6) | d;
    bytes[out++] = static_cast<char>(word >> 16 & 0xFF);
    bytes[out++] = static_cast<char>(word >> 8 & 0xFF);
    bytes[out++] = static_cast<char>(word & 0xFF);
  }
  if (tail != 0) {
    const std::uint32_t a = sextet(in), b = sextet(in + 1), c = tail == 3 ? sextet(in + 2) : 0;
    seen |= a | b | c;
    const std::uint32_t word = (a << 18) | (b << 12) | (c << 6);
    bytes[out++] = static_cast<char>(word >> 16 & 0xFF);
    if (tail == 3) bytes[out++] = static_cast<char>(word >> 8 & 0xFF);
    const std::uint32_t unused = tail == 2 ? 0xFFFF : 0xFF;
    if ((word & unused) != 0) return std::nullopt;  // a second spelling of the same value
  }
  if (seen > 63) return std::nullopt;
  return bytes;
}

}  // namespace

bool is_base64url(char character) noexcept {
  return url_table[static_cast<unsigned char>(character)] != outside;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode(text, url_table);
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode(text, standard_table);
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += url_alphabet[bits >> held & 63];
    }
  }
  if (held > 0) text += url_alphabet[bits << (6 - held) & 63];
  return text;
}

}  // namespace portcullis
