// One spelling per value (RFC 4648 §3.5): what decodes encodes to the same text.
#include <cstdlib>

#include "core/token/base64url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto bytes = portcullis::base64url_decode(text))
    if (portcullis::base64url_encode(*bytes) != text) std::abort();
  const auto back = portcullis::base64url_decode(portcullis::base64url_encode(text));
  if (!back || *back != text) std::abort();
  return 0;
}
