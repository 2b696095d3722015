#include "core/limit/limit_key.h"

#include <bit>
#include <cstring>

namespace portcullis {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

std::uint64_t word_at(const void* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  template <int times>
  void rounds() noexcept {
    for (int i = 0; i < times; ++i) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }
  void take_in(std::uint64_t word) noexcept {
    v3 ^= word;
    rounds<2>();
    v0 ^= word;
  }
  std::uint64_t folded() const noexcept { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

void LimitKeyText::add(std::string_view part) {
  const std::uint64_t length = part.size();
  text_.append(reinterpret_cast<const char*>(&length), sizeof length);
  text_.append(part);
}

LimitKeyHash::LimitKeyHash(const std::array<unsigned char, 16>& secret) noexcept
    : secret_{word_at(secret.data()), word_at(secret.data() + 8)} {}

LimitKey LimitKeyHash::of(std::string_view text) const noexcept {
  const auto [k0, k1] = secret_;
  SipState state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261,
                 k1 ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) state.take_in(word_at(text.data() + at));
  std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
  for (std::size_t i = 0; at + i < text.size(); ++i)
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[at + i])) << (8 * i);
  state.take_in(last);

  state.v2 ^= 0xee;
  state.rounds<4>();
  const std::uint64_t low = state.folded();
  state.v1 ^= 0xdd;
  state.rounds<4>();
  const std::uint64_t high = state.folded();
  LimitKey key{};
  std::memcpy(key.data(), &low, sizeof low);
  std::memcpy(key.data() + sizeof low, &high, sizeof high);
  return key;
}

}  // namespace portcullis
