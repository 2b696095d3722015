// Key sets from anywhere: no crash, and no key that the gates should have stopped.
#include <cstdlib>

#include "portcullis/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto keys = portcullis::KeySet::parse({reinterpret_cast<const char*>(data), size});
  if (!keys) return 0;
  for (const auto& key : keys->keys()) {
    if (key.type() == "RSA" && (key.bits() < 2048 || key.bits() > 8192)) std::abort();
    if (key.type() == "secret" || key.thumbprint().size() != 43) std::abort();
  }
  return 0;
}
