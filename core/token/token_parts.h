// The inside of a token, for the files of core/token alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/token/algorithm.h"
#include "portcullis/token.h"

namespace portcullis {

struct UnverifiedToken::Parts {
  std::string compact;
  std::size_t signing_input_bytes;  // header-b64 "." payload-b64, as received
  std::string signature;            // decoded
  JsonDocument header;
  JsonDocument payload;
  Algorithm algorithm;
  std::optional<std::string> key_id;

  std::string_view signing_input() const { return std::string_view{compact}.substr(0, signing_input_bytes); }
};

struct TokenAccess {
  static const UnverifiedToken::Parts& parts(const UnverifiedToken& token) { return *token.parts_; }
  static std::shared_ptr<const UnverifiedToken::Parts> take(UnverifiedToken token) { return std::move(token.parts_); }
  static const UnverifiedToken::Parts& parts(const VerifiedToken& token) { return *token.parts_; }
};

}  // namespace portcullis
