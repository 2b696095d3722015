#include "core/token/base64url.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace portcullis {
namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// What a character stands for, shifted to its place in the group of four; outside the alphabet a bit that no sum of
// good ones has, so that bad characters are collected and looked at once, at the end.
constexpr std::uint32_t outside = 1U << 24;
struct Table {
  std::array<std::array<std::uint32_t, 256>, 4> at{};
  std::uint32_t operator()(std::size_t place, char c) const { return at[place][static_cast<unsigned char>(c)]; }
};

constexpr Table table_of(std::string_view alphabet) {
  Table table;
  for (std::size_t place = 0; place < 4; ++place) {
    table.at[place].fill(outside);
    for (std::uint32_t value = 0; value < alphabet.size(); ++value)
      table.at[place][static_cast<unsigned char>(alphabet[value])] = value << (18 - 6 * place);
  }
  return table;
}
constexpr Table url_table = table_of(url_alphabet);
constexpr Table standard_table = table_of(standard_alphabet);

std::size_t decoded_bytes(std::size_t characters) {
  const std::size_t tail = characters % 4;
  return characters / 4 * 3 + (tail == 0 ? 0 : tail - 1);
}

// Text without padding, to where decoded_bytes() have room.
bool decode(std::string_view text, const Table& table, char* out) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return false;
  const auto put = [&out](std::uint32_t word, unsigned shift) { *out++ = static_cast<char>(word >> shift & 0xFF); };
  std::uint32_t seen = 0;
  std::size_t in = 0;
  const auto group = [&] {
    return table(0, text[in]) | table(1, text[in + 1]) | table(2, text[in + 2]) | table(3, text[in + 3]);
  };
  for (; in + 8 <= text.size(); in += 4) {  // three octets by one store of four: the next group overwrites the last
    const std::uint32_t word = group();
    seen |= word;
    const std::uint32_t stored = std::endian::native == std::endian::little ? __builtin_bswap32(word << 8) : word << 8;
    std::memcpy(out, &stored, sizeof stored);
    out += 3;
  }
  for (; in + 4 <= text.size(); in += 4) {
    const std::uint32_t word = group();
    seen |= word;
    put(word, 16);
    put(word, 8);
    put(word, 0);
  }
  if (tail != 0) {
    const std::uint32_t word = table(0, text[in]) | table(1, text[in + 1]) | (tail == 3 ? table(2, text[in + 2]) : 0);
    seen |= word;
    put(word, 16);
    if (tail == 3) put(word, 8);
    const std::uint32_t unused = tail == 2 ? 0xFFFF : 0xFF;
    if ((word & unused) != 0) return false;  // a second spelling of the same value
  }
  return (seen & outside) == 0;
}

std::optional<std::string> decode(std::string_view text, const Table& table) {
  std::string bytes;
  bytes.resize(decoded_bytes(text.size()));
  if (!decode(text, table, bytes.data())) return std::nullopt;
  return bytes;
}

// Sixteen bytes at once, in the vector extension that g++ and clang share: every token and every piece of garbage is
// looked at here first, and garbage must cost next to nothing.
using Block = unsigned char __attribute__((vector_size(16)));

bool all_jws(const char* text) {
  Block bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  const auto letter = (bytes | 0x20) - 'a' < 26;  // unsigned: what lies below 'a' wraps around
  const auto digit = bytes - '0' < 10;
  const auto sign = (bytes == '-') | (bytes == '_') | (bytes == '.');
  const auto fine = letter | digit | sign;  // all ones where it is so
  std::uint64_t halves[2];
  std::memcpy(halves, &fine, sizeof halves);
  return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

}  // namespace

std::size_t jws_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at + sizeof(Block) <= text.size() && all_jws(text.data() + at)) at += sizeof(Block);
  while (at < text.size() && (url_table(3, text[at]) != outside || text[at] == '.')) ++at;
  return at;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode(text, url_table);
}

std::optional<std::string_view> base64url_decode(std::string_view text, std::span<char> place) {
  const std::size_t size = decoded_bytes(text.size());
  if (size > place.size() || !decode(text, url_table, place.data())) return std::nullopt;
  return std::string_view{place.data(), size};
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
