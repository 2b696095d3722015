// The name of a bucket: a keyed hash of what it is about, so that nobody can choose names that meet.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "portcullis/limit.h"

namespace portcullis {

/// What a name is made of: parts, each with its length, so that "a|b"+"c" and "a"+"b|c" differ.
class LimitKeyText {
 public:
  void add(std::string_view part);
  std::string_view text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// SipHash-2-4 with 128 bits (RFC 9018 names it; Aumasson and Bernstein 2012).
class LimitKeyHash {
 public:
  explicit LimitKeyHash(const std::array<unsigned char, 16>& secret) noexcept;
  LimitKey of(std::string_view text) const noexcept;

 private:
  std::array<std::uint64_t, 2> secret_;
};

}  // namespace portcullis
