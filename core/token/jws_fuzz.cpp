// A token that parses is three strict base64url parts, and parsing it again gives the same reading.
#include <cstdlib>

#include "core/token/base64url.h"
#include "portcullis/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto token = parse_token(text, {});
  if (!token) {
    if (token.error().reason == Reason::ok) std::abort();
    return 0;
  }
  for (const char c : text)
    if (jws_prefix({&c, 1}) != 1) std::abort();
  const std::size_t last = text.rfind('.');
  const auto signature = base64url_decode(text.substr(last + 1));
  if (!signature || base64url_encode(*signature) != text.substr(last + 1)) std::abort();
  return 0;
}
