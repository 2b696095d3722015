// Key sets and PEM from anywhere: no crash, and no key that the gates should have stopped.
#include <cstdlib>

#include "portcullis/keys.h"

namespace {

void check(const portcullis::VerificationKey& key) {
  if (key.type() == "RSA" && (key.bits() < 2048 || key.bits() > 8192)) std::abort();
  if (key.thumbprint().size() != 43) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto keys = portcullis::KeySet::parse(text))
    for (const auto& key : keys->keys()) check(key);
  if (const auto key = portcullis::VerificationKey::from_pem(text)) check(*key);
  return 0;
}
